import pg from 'pg'
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

describe('enqueue()', () => {
  test('has a worker make the call, and result() waits for what it came to', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({ id: 7 }))
    const id = await world.jobs.enqueue({ ...acme, input: { a: 1 } })
    const waiting = world.jobs.result({ tenant: 'ann', id })
    await world.work()
    const outcome = await waiting
    expect(outcome).toMatchObject({ kind: 'success', status: 200, content: { id: 7 } })
    expect(outcome.trail.startedAt).toBeInstanceOf(Date)
    expect(outcome.trail.attempts).toHaveLength(1)
    expect(world.vendor.requests).toHaveLength(1)
    expect(await world.jobs.find({ tenant: 'ann', id })).toMatchObject({
      state: 'done',
      attempt: 1,
    })
  })

  test('wakes a worker that has nothing to do', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    await world.work()
    const first = await world.jobs.enqueue(acme)
    await world.jobs.result(first)
    const outcome = await world.jobs.result(await world.jobs.enqueue(acme))
    expect(outcome.kind).toBe('success')
  })

  test('in a caller’s transaction makes the job exactly if that commits', async () => {
    const address = await server.database()
    await using world = await openWorld(address)
    const client = new pg.Client({ connectionString: address })
    await client.connect()
    try {
      const ids: string[] = []
      for (const end of ['ROLLBACK', 'COMMIT']) {
        await client.query('BEGIN')
        ids.push(await world.jobs.enqueue(acme, { transaction: client }))
        await client.query(end)
      }
      const [rolledBack = '', committed = ''] = ids
      expect(await world.jobs.find({ tenant: 'ann', id: rolledBack })).toBeNull()
      expect(await world.jobs.find({ tenant: 'ann', id: committed })).toMatchObject({
        state: 'ready',
      })
    } finally {
      await client.end()
    }
  })

  test('of a key that the tenant has used is the job of that time; another tenant has its own', async () => {
    await using world = await openWorld(await server.database())
    const job = { ...acme, idempotencyKey: 'order-7' }
    const first = await world.jobs.enqueue(job)
    expect(await world.jobs.enqueue(job)).toBe(first)
    expect(await world.jobs.enqueueAll([job, acme, job])).toEqual([
      first,
      expect.not.stringContaining(first),
      first,
    ])
    expect(await world.jobs.enqueue({ ...job, tenant: 'bob' })).not.toBe(first)
    world.vendor.answers(json({}))
    await world.work()
    await world.jobs.result(first)
    expect(await world.jobs.enqueue(job)).toBe(first)
  })

  test('gives the vendor the job’s key in each attempt, or the job’s id', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}, { status: 503 }), json({}))
    await world.work()
    const id = await world.jobs.enqueue({ ...acme, method: 'keyed' })
    expect(await world.jobs.result(id)).toMatchObject({ kind: 'success' })
    expect(world.vendor.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([id, id])
  })

  test('refuses what cannot be a job, before anything is stored', async () => {
    await using world = await openWorld(await server.database())
    const { jobs } = world
    for (const wrong of [
      { ...acme, tenant: '' },
      { ...acme, connector: '' },
      { ...acme, method: '' },
      { ...acme, queue: 'a b' },
      { ...acme, connection: '-' },
      { ...acme, deliverTo: 'ftp://there' },
      { ...acme, deliverTo: 'https://user:word@there' },
    ]) {
      await expect(jobs.enqueueAll([acme, wrong])).rejects.toMatchObject({ name: 'UsageError' })
    }
    expect(await jobs.list('ann')).toEqual([])
  })

  test('waits for the job’s time', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    await world.work()
    const runAt = new Date(Date.now() + 400)
    const id = await world.jobs.enqueue({ ...acme, runAt })
    expect(await world.jobs.find({ tenant: 'ann', id })).toMatchObject({ state: 'waiting' })
    const outcome = await world.jobs.result(id)
    expect(outcome.trail.startedAt.getTime()).toBeGreaterThanOrEqual(runAt.getTime() - 5)
  })
})

describe('a runtime', () => {
  test('enqueues jobs and waits for them itself', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({ id: 3 }))
    await world.work()
    const id = await world.runtime.enqueue(acme)
    expect(await world.runtime.result(id)).toMatchObject({ content: { id: 3 } })
    await expect(world.runtime.result({ tenant: 'bob', id })).rejects.toMatchObject({
      errorCode: 'entityMissing',
    })
  })
})
