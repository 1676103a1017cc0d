/** Dates in the custom format strings of .NET, in UTC: `format=` of `LastSuccessfulRunDate`. */

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** A quoted text, an escaped character, or a run of one letter. */
const tokens = /'([^']*)'|"([^"]*)"|\\(.)|y+|M+|d+|H+|h+|m+|s+|f{1,7}|F{1,7}|t{1,2}|z{1,3}|K/g

/**
 * The date by a custom format, as `yyyy-MM-ddTHH:mm:ssZ`; letters that mean nothing stand for
 * themselves. Without a format ISO 8601, and `unix` is seconds since 1970.
 */
export function formatDate(date: Date, format: string): string {
  if (format === '') return date.toISOString()
  if (format === 'unix') return String(Math.floor(date.getTime() / 1000))
  return format.replace(tokens, (token, single, double, escaped) => {
    return single ?? double ?? escaped ?? part(date, token)
  })
}

function part(date: Date, token: string): string {
  const { length } = token
  const hour = date.getUTCHours()
  switch (token[0]) {
    case 'y':
      return length <= 2
        ? padded(date.getUTCFullYear() % 100, length)
        : padded(date.getUTCFullYear(), length)
    case 'M':
      return length <= 2
        ? padded(date.getUTCMonth() + 1, length)
        : named(months[date.getUTCMonth()], length)
    case 'd':
      return length <= 2
        ? padded(date.getUTCDate(), length)
        : named(weekdays[date.getUTCDay()], length)
    case 'H':
      return padded(hour, length)
    case 'h':
      return padded(hour % 12 === 0 ? 12 : hour % 12, length)
    case 'm':
      return padded(date.getUTCMinutes(), length)
    case 's':
      return padded(date.getUTCSeconds(), length)
    case 'f':
    case 'F':
      return padded(date.getUTCMilliseconds(), 3).padEnd(7, '0').slice(0, length)
    case 't':
      return (hour < 12 ? 'AM' : 'PM').slice(0, length)
    case 'z':
      return ['+0', '+00', '+00:00'][length - 1] ?? '+00:00'
    default:
      return 'Z'
  }
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, '0')
}

function named(name = '', length: number): string {
  return length === 3 ? name.slice(0, 3) : name
}
