import { describe, expect, test } from 'vitest'
import { createJobIds, isJobId } from '../../runtime/worker/job-id.ts'

describe('createJobIds()', () => {
  test('makes ids that sort by when they were made, also within a millisecond', () => {
    let at = 1_767_225_600_000
    const next = createJobIds(() => at)
    const ids = Array.from({ length: 10_000 }, (_, index) => {
      if (index % 5_000 === 4_999) at++
      return next()
    })
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('goes on where the clock goes back', () => {
    let at = 1_767_225_600_000
    const next = createJobIds(() => at)
    const before = next()
    at -= 60_000
    expect(next() > before).toBe(true)
  })

  test('makes UUIDs of version 7 (RFC 9562 section 5.7)', () => {
    const id = createJobIds()()
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(isJobId(id)).toBe(true)
    expect(isJobId(`${id}0`)).toBe(false)
  })
})
