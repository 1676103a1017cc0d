/**
 * Reads a `Retry-After` header: how many milliseconds from `now` to wait, never less than 0. Null
 * where it is neither seconds nor an HTTP date (RFC 9110 section 10.2.3). Seconds with a fraction,
 * which some vendors send, are read too.
 */
export function parseRetryAfter(value: string | undefined, now: Date): number | null {
  const text = value?.trim() ?? ''
  if (/^\d{1,12}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const at = parseHttpDate(text)
  return at === null ? null : Math.max(0, at - now.getTime())
}

/** The three forms of RFC 9110 section 5.6.7; a general date parser would accept far more. */
function parseHttpDate(text: string): number | null {
  const zoned = fixdate.test(text) || rfc850.test(text) ? text : null
  const date = zoned ?? (asctime.test(text) ? `${text} GMT` : null)
  const at = date === null ? Number.NaN : Date.parse(date)
  return Number.isNaN(at) ? null : at
}

const fixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const rfc850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/
