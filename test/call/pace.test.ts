import { describe, expect, test } from 'vitest'
import { createPace } from '../../runtime/call/pace.ts'

const ages = Number.POSITIVE_INFINITY

describe('createPace()', () => {
  test('lets so many through at once, and each further one when its window has passed', () => {
    const pace = createPace(() => 0)
    const limit = { requests: 2, windowMs: 1_000 }
    const waits = Array.from({ length: 6 }, () => pace.reserve('q', limit, ages))
    expect(waits).toEqual([0, 0, 1_000, 1_000, 2_000, 2_000])
  })

  test('counts any window, not that of the clock', () => {
    let now = 900
    const pace = createPace(() => now)
    const limit = { requests: 2, windowMs: 1_000 }
    pace.reserve('q', limit, ages)
    now = 1_100
    expect([pace.reserve('q', limit, ages), pace.reserve('q', limit, ages)]).toEqual([0, 800])
  })

  test('keeps queues apart', () => {
    const pace = createPace(() => 0)
    const limit = { requests: 1, windowMs: 500 }
    expect(['a', 'b', 'a'].map((queue) => pace.reserve(queue, limit, ages))).toEqual([0, 0, 500])
  })

  test('gives no turn past the limit of waiting, and takes none', () => {
    const pace = createPace(() => 0)
    const limit = { requests: 1, windowMs: 500 }
    pace.reserve('q', limit, ages)
    expect(pace.reserve('q', limit, 499)).toBeNull()
    expect(pace.reserve('q', limit, 500)).toBe(500)
  })
  test('forgets no queue that still holds a turn, however many others there are', () => {
    let now = 0
    const pace = createPace(() => now)
    pace.reserve('kept', { requests: 1, windowMs: 500 }, ages)
    const others = { requests: 1, windowMs: 10 }
    for (let other = 0; other < 2_500; other++) pace.reserve(`q${other}`, others, ages)
    now = 100
    for (let other = 2_500; other < 5_000; other++) pace.reserve(`q${other}`, others, ages)
    expect(pace.reserve('kept', { requests: 1, windowMs: 500 }, ages)).toBe(400)
  })
})
