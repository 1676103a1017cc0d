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
  ['unix', '1773068645'],
])('formatDate() writes %s', (format, text) => {
  expect(formatDate(date, format)).toBe(text)
})
