import { describe, expect, test } from 'vitest'
import { parseRetryAfter } from '../../runtime/http/retry-after.ts'

const now = new Date('2026-01-02T03:04:05Z')

describe('parseRetryAfter()', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['1.5', 1500],
    ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
    ['Friday, 02-Jan-26 03:05:05 GMT', 60_000],
    ['Fri Jan  2 03:04:06 2026', 1000],
    ['Fri, 02 Jan 2026 03:04:05 GMT', 0],
    ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
  ])('reads %j as %i ms', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms)
  })

  test.each([
    undefined,
    '',
    '-1',
    '+1',
    '1e3',
    '0x10',
    'soon',
    '5 seconds',
    '2026-01-02',
    '2026-01-02T03:05:05Z',
    'Fri, 99 Jan 2026 03:04:35 GMT',
    '9999999999999',
    'at Fri, 02 Jan 2026 03:04:35 GMT',
    'Fri, 02 Jan 2026 03:04:35 GMT+1',
    'a Friday, 02-Jan-26 03:05:05 GMT',
    'Friday, 02-Jan-26 03:05:05 GMT+1',
    'Fri Jan  2 03:04:06 2026 PST',
    'on Fri Jan  2 03:04:06 2026',
  ])('does not read %j', (value) => {
    expect(parseRetryAfter(value, now)).toBeNull()
  })
})
