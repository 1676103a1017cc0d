import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { json } from '../support/vendor.ts'
import { openWorld } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

const acme = { tenant: 'ann', connector: 'acme', method: 'get' } as const

describe('retention', () => {
  test('deletes outcomes after their time, with their keys, and those given up later', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}), json({}, { status: 404 }))
    const first = await world.work({ concurrency: 1 })
    const [done = '', dead = ''] = await world.jobs.enqueueAll([
      { ...acme, idempotencyKey: 'k' },
      acme,
    ])
    await Promise.all([world.jobs.result(done), world.jobs.result(dead)])
    await first.drain(1_000)
    await world.work({ keepDoneMs: 0, keepDeadMs: 60_000 })
    await expect.poll(() => world.jobs.find({ tenant: 'ann', id: done })).toBeNull()
    expect(await world.jobs.find({ tenant: 'ann', id: dead })).toMatchObject({ state: 'dead' })
    expect(await world.jobs.enqueue({ ...acme, idempotencyKey: 'k' })).not.toBe(done)
  })

  test('erase() deletes everything of a tenant, and nothing of another', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    await world.jobs.enqueueAll([acme, { ...acme, idempotencyKey: 'k' }])
    const other = await world.jobs.enqueue({ ...acme, tenant: 'bob' })
    expect(await world.jobs.erase('ann')).toBe(2)
    expect(await world.jobs.list('ann')).toEqual([])
    expect(await world.jobs.count('bob')).toEqual({ ready: 1 })
    expect(await world.jobs.find({ tenant: 'ann', id: other })).toBeNull()
  })
})
