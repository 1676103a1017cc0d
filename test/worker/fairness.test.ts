import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import type { Reaction } from '../support/vendor.ts'
import { openWorld, type World } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Answers after a while, and knows how many it was answering at once, by what the query says. */
function busyVendor(ms: number) {
  const open = new Map<string, number>()
  const peaks = new Map<string, number>()
  const served: string[] = []
  const reaction: Reaction = async ({ path }, response) => {
    const who = new URL(path, 'http://vendor').searchParams.get('who') ?? ''
    open.set(who, (open.get(who) ?? 0) + 1)
    peaks.set(who, Math.max(peaks.get(who) ?? 0, open.get(who) ?? 0))
    await delay(ms)
    open.set(who, (open.get(who) ?? 1) - 1)
    served.push(who)
    response.end('{}')
  }
  return { reaction, peaks, served }
}

const jobOf = (tenant: string, connection?: string) => ({
  ...{ tenant, connector: 'acme', method: 'get' },
  ...(connection === undefined ? {} : { connection }),
  input: { who: connection === undefined ? tenant : `${tenant}/${connection}` },
})
const many = <Item>(count: number, item: Item) => Array.from({ length: count }, () => item)

async function connect({ runtime }: World, tenant: string, connections: readonly string[]) {
  for (const connection of connections) {
    await runtime.connections.create({ tenant, connection, connector: 'acme' })
  }
}

describe('take_jobs()', () => {
  test('gives a tenant half of the slots, however many jobs another has', async () => {
    await using world = await openWorld(await server.database())
    const { reaction, served } = busyVendor(15)
    world.vendor.on('/get', reaction)
    await world.jobs.enqueueAll(many(10_000, jobOf('ann')))
    await world.work({ concurrency: 10 })
    await world.vendor.received(30)
    const before = served.length
    const ids = await world.jobs.enqueueAll(many(20, jobOf('bob')))
    await Promise.all(ids.map((id) => world.jobs.result(id)))
    const meanwhile = served.slice(before, served.lastIndexOf('bob'))
    const others = meanwhile.filter((who) => who === 'ann').length
    // Alone, bob's would take two rounds of ten. Four rounds of ten, and what ran already, are twice that.
    expect(others).toBeLessThanOrEqual(30)
  })

  test('lets the connections of a tenant take turns', async () => {
    await using world = await openWorld(await server.database())
    const { reaction, served } = busyVendor(5)
    world.vendor.on('/get', reaction)
    await connect(world, 'ann', ['c1', 'c2'])
    await world.jobs.enqueueAll(many(300, jobOf('ann', 'c1')))
    const ids = await world.jobs.enqueueAll(many(10, jobOf('ann', 'c2')))
    await world.work({ concurrency: 4 })
    await Promise.all(ids.map((id) => world.jobs.result(id)))
    expect(served.slice(0, served.lastIndexOf('ann/c2')).length).toBeLessThan(150)
  })

  test('keeps hard limits of tenants and connections over all workers', async () => {
    await using world = await openWorld(await server.database())
    const { reaction, peaks } = busyVendor(10)
    world.vendor.on('/get', reaction)
    await connect(world, 'ann', ['c1', 'c2', 'c3'])
    const { limits } = world.jobs
    await limits.set({ tenant: 'ann', connection: '*' }, { concurrency: 3 })
    await limits.set({ tenant: 'ann', connection: 'c2' }, { concurrency: 1 })
    await limits.set({ tenant: 'bob' }, { concurrency: 2 })
    await Promise.all([1, 2, 3].map(() => world.work({ concurrency: 20 })))
    const jobs = [
      ...many(60, jobOf('ann', 'c1')),
      ...many(20, jobOf('ann', 'c2')),
      ...many(40, jobOf('bob')),
      ...many(100, jobOf('cid')),
    ]
    const ids = await world.jobs.enqueueAll(jobs)
    await Promise.all(ids.map((id) => world.jobs.result(id)))
    expect(peaks.get('ann/c1')).toBe(3)
    expect(peaks.get('ann/c2')).toBe(1)
    expect(peaks.get('bob')).toBe(2)
    expect(peaks.get('cid')).toBeGreaterThan(3)
  })

  test('begins no more than the rate allows, in any span of its length', async () => {
    await using world = await openWorld(await server.database())
    const { reaction } = busyVendor(1)
    world.vendor.on('/get', reaction)
    await world.jobs.limits.set({ tenant: '*' }, { rate: { starts: 5, perMs: 400 } })
    await Promise.all([1, 2].map(() => world.work({ concurrency: 20 })))
    const ids = await world.jobs.enqueueAll(many(16, jobOf('ann')))
    await Promise.all(ids.map((id) => world.jobs.result(id)))
    const { rows } = await world.database.run<{ at: Date }>(
      'SELECT at FROM hookline.starts ORDER BY at',
    )
    const times = rows.map(({ at }) => at.getTime())
    expect(times).toHaveLength(16)
    const spans = times.slice(5).map((at, index) => at - (times[index] ?? 0))
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(399)
  })

  test('takes no more than fits, and leaves the rest to others', async () => {
    await using world = await openWorld(await server.database())
    const { reaction, peaks } = busyVendor(20)
    world.vendor.on('/get', reaction)
    const worker = await world.work({ concurrency: 3 })
    const ids = await world.jobs.enqueueAll(many(12, jobOf('ann')))
    await world.vendor.received(3)
    expect(worker.running).toBe(3)
    expect(await world.jobs.count('ann')).toMatchObject({ running: 3 })
    await Promise.all(ids.map((id) => world.jobs.result(id)))
    expect(peaks.get('ann')).toBe(3)
  })
})
