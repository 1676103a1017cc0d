import { expect, test } from 'vitest'
import { weakenedBy } from '../../runtime/call/weakened.ts'

const nothing = { jit: false, allowPrivate: [], revealing: [] }

test('weakenedBy() is silent where nothing was allowed', () => {
  expect(weakenedBy(nothing)).toEqual([])
})

test('weakenedBy() names each allowance, and what it concerns', () => {
  expect(weakenedBy({ ...nothing, jit: true })).toEqual([expect.stringContaining('JIT')])
  expect(weakenedBy({ ...nothing, allowPrivate: ['10.0.0.0/8', '::1/128'] })).toEqual([
    expect.stringContaining('10.0.0.0/8, ::1/128'),
  ])
  expect(weakenedBy({ ...nothing, revealing: ['acme', 'globex'] })).toEqual([
    expect.stringMatching(/acme.*reveal_secrets/),
    expect.stringMatching(/globex.*reveal_secrets/),
  ])
})
