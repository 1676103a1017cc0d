import { describe, expect, test } from 'vitest'
import { takePlace } from '../../runtime/sandbox/host/place.ts'
import { createSchedule } from '../../runtime/sandbox/host/schedule.ts'

type Applicant = { tenant: string; urgent: boolean; id: number }

/** A schedule with a queue in front of it: `next` starts whom it picks. */
function world(slots: number, maxProcesses = slots * 4) {
  let clock = 0
  let id = 0
  const schedule = createSchedule({ slots, maxProcesses, now: () => clock })
  const queue: Applicant[] = []
  return {
    schedule,
    come: (tenant: string, count = 1, urgent = false) => {
      for (let index = 0; index < count; index++) queue.push({ tenant, urgent, id: id++ })
    },
    next: (): Applicant | null => {
      const picked = schedule.pick(queue)
      if (picked === null) return null
      queue.splice(queue.indexOf(picked), 1)
      schedule.start(picked)
      return picked
    },
    pass: (ms: number) => {
      clock += ms
    },
  }
}

/** Serves the queue one after the other, and lists whose turn it was. */
function served({ next, schedule }: ReturnType<typeof world>): string {
  let order = ''
  for (let one = next(); one !== null; one = next()) {
    order += one.tenant
    schedule.end(one)
  }
  return order
}

describe('pick()', () => {
  test('keeps the order in which one tenant’s hooks came', () => {
    const { come, next, schedule } = world(1)
    come('a', 3)
    const ids: number[] = []
    for (let one = next(); one !== null; one = next()) {
      ids.push(one.id)
      schedule.end(one)
    }
    expect(ids).toEqual([0, 1, 2])
  })

  test('lets tenants take turns, however many hooks one has', () => {
    const one = world(1)
    one.come('a', 6)
    one.come('b', 2)
    one.come('c', 2)
    expect(served(one)).toBe('abcabcaaaa')
  })

  test('gives out no more than the slots', () => {
    const { come, next } = world(2)
    come('a', 3)
    expect([next(), next(), next()].map((one) => one?.id)).toEqual([0, 1, undefined])
  })

  test('gives one tenant all slots while nobody else waits', () => {
    const { come, next } = world(4)
    come('a', 4)
    expect([next(), next(), next(), next()]).not.toContain(null)
  })

  test('gives no tenant more than half while others wait', () => {
    const { come, next, schedule } = world(4)
    come('a', 2)
    const held = [next(), next()]
    come('a', 5)
    come('b', 5)
    expect([next(), next()].map((one) => one?.tenant)).toEqual(['b', 'b'])
    // Of the two that have half, the one served longer ago goes on.
    if (held[0]) schedule.end(held[0])
    expect(next()?.tenant).toBe('a')
  })

  test('prefers the urgent, and has one slot more for them', () => {
    const { come, next } = world(1)
    come('a', 2)
    come('b', 2, true)
    expect([next(), next(), next()].map((one) => one?.tenant)).toEqual(['b', 'b', undefined])
    const other = world(1)
    other.come('a')
    other.next()
    other.come('a', 1)
    expect(other.next()).toBeNull()
    other.come('b', 1, true)
    expect(other.next()?.tenant).toBe('b')
  })

  test('lends the slot of a hook that waits for its host, but not its process', () => {
    const { come, next, schedule } = world(1, 2)
    come('a', 3)
    come('b', 1)
    const first = next()
    if (first) schedule.rest(first)
    const second = next()
    expect(second?.tenant).toBe('b')
    if (second) schedule.rest(second)
    expect(next()).toBeNull()
    if (second) schedule.resume(second)
    if (second) schedule.end(second)
  })

  test('leaves processes to others while one tenant’s hooks all wait for their host', () => {
    const { come, next, schedule } = world(2, 8)
    come('a', 10)
    for (let one = next(); one !== null; one = next()) schedule.rest(one)
    come('b')
    expect(next()?.tenant).toBe('b')
  })
})

describe('noteKill()', () => {
  test('leaves a tenant one slot after two kills in a minute, after everybody else', () => {
    const { come, next, schedule, pass } = world(2)
    schedule.noteKill('a')
    schedule.noteKill('a')
    come('a', 2)
    come('b', 1)
    expect(next()?.tenant).toBe('b')
    expect(next()?.tenant).toBe('a')
    pass(60_001)
    const fresh = world(2)
    fresh.schedule.noteKill('a')
    fresh.schedule.noteKill('a')
    fresh.come('a', 2)
    expect([fresh.next()?.tenant, fresh.next()]).toEqual(['a', null])
    fresh.pass(60_001)
    expect(fresh.next()?.tenant).toBe('a')
  })

  test('sets a tenant apart for an hour', () => {
    const { schedule, pass } = world(1)
    expect(schedule.isApart('a')).toBe(false)
    schedule.noteKill('a')
    expect([schedule.isApart('a'), schedule.isApart('b')]).toEqual([true, false])
    pass(3_600_001)
    expect(schedule.isApart('a')).toBe(false)
  })
})

describe('noteOverrun()', () => {
  test('puts a tenant on probation, and apart, for a minute after the second', () => {
    const { schedule, pass } = world(2)
    schedule.noteOverrun('a')
    expect(schedule.isOnProbation('a')).toBe(false)
    schedule.noteOverrun('a')
    expect([schedule.isOnProbation('a'), schedule.isApart('a')]).toEqual([true, true])
    pass(60_001)
    expect([schedule.isOnProbation('a'), schedule.isApart('a')]).toEqual([false, false])
  })

  test('lets those on probation run beside the slots, and take none', () => {
    const { come, next, schedule } = world(1, 4)
    for (const tenant of ['a', 'b', 'c', 'd']) {
      schedule.noteOverrun(tenant)
      schedule.noteOverrun(tenant)
      come(tenant)
    }
    const beside: (string | undefined)[] = []
    for (let one = next(); one !== null; one = next()) {
      schedule.rest(one)
      beside.push(one.tenant)
    }
    // Nobody is told to be busy here, so that only processes bound them.
    expect(beside).toEqual(['a', 'b', 'c'])
    come('good')
    expect(next()?.tenant).toBe('good')
  })
})

describe('isConfined()', () => {
  const a = { tenant: 'a', urgent: false }

  test('is everybody of a tenant for ten seconds after a hook that had to be ended', () => {
    const { schedule, pass } = world(2)
    expect(schedule.isConfined(a)).toBe(false)
    schedule.noteOverrun('a')
    expect(schedule.isConfined(a)).toBe(true)
    expect(schedule.isConfined({ tenant: 'b', urgent: false })).toBe(false)
    pass(10_001)
    expect(schedule.isConfined(a)).toBe(false)
  })

  test('is no renewal after one such hook, and is after two', () => {
    const { schedule } = world(2)
    const renewal = { tenant: 'a', urgent: true }
    schedule.noteKill('a')
    expect(schedule.isConfined(renewal)).toBe(false)
    schedule.noteKill('a')
    expect(schedule.isConfined(renewal)).toBe(true)
  })

  test('lets several of one tenant’s hooks wait for their host at a time, unlike probation', () => {
    const { schedule } = world(2)
    schedule.noteOverrun('a')
    takePlace(schedule, a).wait(true)
    expect(schedule.pick([a])).toBe(a)
    schedule.noteOverrun('a')
    expect(schedule.pick([a])).toBeNull()
  })
})

describe('confine()', () => {
  function onProbation(slots: number, count: number) {
    const one = world(slots)
    for (let index = 0; index < count; index++) {
      one.schedule.noteOverrun(`bad${index}`)
      one.schedule.noteOverrun(`bad${index}`)
      one.come(`bad${index}`)
    }
    return one
  }

  test.each([
    [1, 1],
    [2, 1],
    [4, 2],
    [8, 4],
  ])('with %i slots lets %i on probation be busy at a time', (slots, most) => {
    const { come, next, schedule } = onProbation(slots, 6)
    const began: Applicant[] = []
    for (let one = next(); one !== null; one = next()) {
      schedule.rest(one)
      schedule.confine(true)
      began.push(one)
    }
    expect(began).toHaveLength(most)
    come('good')
    expect(next()?.tenant).toBe('good')
  })

  test('lets the next one begin while one waits for its host, and when it is over', () => {
    const { schedule } = onProbation(2, 2)
    const [one, other] = ['bad0', 'bad1'].map((tenant) => ({ tenant, urgent: false }))
    if (one === undefined || other === undefined) return expect.unreachable()
    const place = takePlace(schedule, one)
    expect(schedule.pick([other])).toBeNull()
    place.wait(true)
    expect(schedule.pick([other])).toBe(other)
    place.wait(false)
    expect(schedule.pick([other])).toBeNull()
    place.leave()
    expect(schedule.pick([other])).toBe(other)
  })
})

describe('mayLend()', () => {
  test('keeps a process for each slot', () => {
    const { come, next, schedule } = world(2, 3)
    come('a', 2)
    expect(schedule.mayLend()).toBe(true)
    const first = next()
    if (first) schedule.rest(first)
    expect(schedule.mayLend()).toBe(false)
  })
})
