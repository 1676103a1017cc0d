import { expect, test } from 'vitest'
import { CallClock } from '../../runtime/call/call-clock.ts'
import type { Call } from '../../runtime/model/call.ts'

const call = {
  connector: { name: 'acme', limits: { callMs: 60_000 } },
  method: { name: 'list' },
} as unknown as Call

test('CallClock stands still while it is paused', () => {
  let now = 0
  using clock = new CallClock(call, () => now)
  now = 10_000
  expect(clock.left()).toBe(50_000)
  clock.pause()
  now = 500_000
  expect(clock.left()).toBe(50_000)
  clock.resume()
  now = 505_000
  expect(clock.left()).toBe(45_000)
})
