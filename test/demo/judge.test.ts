import { expect, test } from 'vitest'
import { type Counters, type Expectations, exitCodeOf, judge, judgeExit } from './judge.ts'

const before: Counters = {
  refreshes: 4,
  reuseDetections: 0,
  logins: 2,
  received: 10,
  accepted: 7,
  ordersCreated: 3,
}

const expected: Expectations = {
  refreshes: 1,
  reuseDetections: 0,
  logins: 0,
  received: { from: 2, to: 3 },
  accepted: 1,
  ordersCreated: 1,
}

const after: Counters = { ...before, refreshes: 5, received: 12, accepted: 8, ordersCreated: 4 }

test('judge() holds where the counters moved as they had to', () => {
  const findings = judge('a scene', expected, { before, after })
  expect(findings).toHaveLength(6)
  expect(findings[0]).toEqual({
    scene: 'a scene',
    what: 'refreshes',
    expected: '1',
    counted: 1,
    holds: true,
  })
  expect(exitCodeOf(findings)).toBe(0)
})

test.each<[string, Partial<Counters>]>([
  ['no refresh', { refreshes: 4 }],
  ['one refresh too many', { refreshes: 6 }],
  ['a reused refresh token', { reuseDetections: 1 }],
  ['a login', { logins: 3 }],
  ['no replay', { received: 11 }],
  ['an endless replay', { received: 14 }],
  ['no accepted call', { accepted: 7 }],
  ['an order twice', { ordersCreated: 5 }],
])('judge() does not hold after %s', (_name, change) => {
  const findings = judge('a scene', expected, { before, after: { ...after, ...change } })
  expect(findings.filter(({ holds }) => !holds)).toHaveLength(1)
  expect(exitCodeOf(findings)).toBe(1)
})

test('judgeExit() holds for 0 only', () => {
  const codes = [0, 1, 70, null]
  expect(codes.map((code) => judgeExit('a scene', 'run', code).holds)).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test('exitCodeOf() is 1 where nothing was judged', () => {
  expect(exitCodeOf([])).toBe(1)
})
