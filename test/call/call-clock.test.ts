import { describe, expect, test } from 'vitest'
import { CallClock } from '../../runtime/call/call-clock.ts'
import type { Call } from '../../runtime/model/call.ts'

const callOf = (callMs: number) =>
  ({
    connector: { name: 'acme', limits: { callMs } },
    method: { name: 'list' },
  }) as unknown as Call

/** A timer that is due after those of a millisecond which are set already. */
const afterTheDeadline = () => new Promise((resolve) => setTimeout(resolve, 20))

describe('CallClock', () => {
  test('stands still while it is paused', () => {
    let now = 0
    using clock = new CallClock(callOf(60_000), () => now)
    now = 10_000
    expect(clock.left()).toBe(50_000)
    clock.pause()
    now = 500_000
    expect(clock.left()).toBe(50_000)
    clock.resume()
    now = 505_000
    expect(clock.left()).toBe(45_000)
  })

  test('aborts at the deadline, and says whose it was and how long', async () => {
    using clock = new CallClock(callOf(1), () => 0)
    await afterTheDeadline()
    expect(clock.signal.reason).toMatchObject({
      type: 'Timeout',
      reason: 'call-deadline',
      message: expect.stringMatching(/acme list .* 1 ms/),
    })
  })

  test('aborts nothing while it is paused, and does once it goes on', async () => {
    using clock = new CallClock(callOf(1), () => 0)
    clock.pause()
    await afterTheDeadline()
    expect(clock.signal.aborted).toBe(false)
    clock.resume()
    await afterTheDeadline()
    expect(clock.signal.aborted).toBe(true)
  })

  test('aborts nothing when it is disposed of', async () => {
    const clock = new CallClock(callOf(1), () => 0)
    clock[Symbol.dispose]()
    await afterTheDeadline()
    expect(clock.signal.aborted).toBe(false)
  })
})
