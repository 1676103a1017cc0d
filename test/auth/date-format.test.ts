import { expect, test } from 'vitest'
import { formatDate } from '../../runtime/auth/date-format.ts'

const date = new Date('2026-03-09T15:04:05.067Z')

test.each([
  ['', '2026-03-09T15:04:05.067Z'],
  ['yyyy-MM-ddTHH:mm:ssZ', '2026-03-09T15:04:05Z'],
  ['yyyy-MM-ddTHH:mm:ss.fffK', '2026-03-09T15:04:05.067Z'],
  ['d/M/yy h:m tt', '9/3/26 3:4 PM'],
  ['dddd, dd MMMM yyyy', 'Monday, 09 March 2026'],
  ['ddd MMM', 'Mon Mar'],
  ["yyyy'year' zzz", '2026year +00:00'],
  ['"day" d \\d z zz', 'day 9 d +0 +00'],
  ['hh H hhhh t', '03 15 0003 P'],
  ['f ff fffffff F FFFFFFFF', '0 06 0670000 0 06700000'],
  ['yyyyy y', '02026 26'],
  ['unix', '1773068645'],
])('formatDate() writes %s', (format, text) => {
  expect(formatDate(date, format)).toBe(text)
})

test('formatDate() counts the hours of each half of a day from 12', () => {
  const at = (hour: number) => formatDate(new Date(Date.UTC(2026, 0, 1, hour)), 'h tt')
  expect([0, 1, 11, 12, 13, 23].map(at)).toEqual([
    '12 AM',
    '1 AM',
    '11 AM',
    '12 PM',
    '1 PM',
    '11 PM',
  ])
})

test('formatDate() knows the days of the week and the months', () => {
  const days = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' })
  const months = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' })
  for (let month = 0; month < 12; month++) {
    const day = new Date(Date.UTC(2026, month, month + 1))
    expect(formatDate(day, 'dddd MMMM')).toBe(`${days.format(day)} ${months.format(day)}`)
  }
  expect(formatDate(new Date(Date.UTC(2026, 0, 4)), 'ddd dddd')).toBe('Sun Sunday')
  expect(formatDate(new Date(Date.UTC(2026, 0, 3)), 'ddd dddd')).toBe('Sat Saturday')
})
