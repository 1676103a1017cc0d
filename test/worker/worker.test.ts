import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { after, hang, json, tooManyRequests } from '../support/vendor.ts'
import { openWorld, type World } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

const acme = { tenant: 'ann', connector: 'acme', method: 'get' } as const
const locked = { tenant: 'ann', connector: 'locked', method: 'get', connection: 'c1' } as const

describe('createWorker()', () => {
  test('takes nothing where an attack on the sandbox gets through', async () => {
    await using world = await openWorld(await server.database())
    const id = await world.jobs.enqueue(acme)
    const selfTest = () => Promise.reject(new UsageError('genericError', 'it does not hold'))
    const runtime = { ...world.runtime, selfTest }
    await expect(world.work({ runtime })).rejects.toThrow('it does not hold')
    expect(await world.jobs.find({ tenant: 'ann', id })).toMatchObject({ state: 'ready' })
    expect((await world.database.run('SELECT id FROM hookline.workers')).rows).toEqual([])
  })

  test('says what is weaker than it could be before it begins', async () => {
    await using world = await openWorld(await server.database())
    await world.work({ runtime: world.runtime })
    expect(world.events[0]).toMatchObject({
      kind: 'weakness',
      message: expect.stringContaining('127.0.0.0/8'),
    })
  })

  test('retries what may pass, gives up what does not, and keeps what it came to', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.on('/get', json({}, { status: 404 }))
    world.vendor.on('/put', tooManyRequests('1'))
    await world.work({ attempts: 2 })
    const id = await world.jobs.enqueue(acme)
    expect(await world.jobs.result(id)).toMatchObject({
      kind: 'failure',
      failure: { type: 'HttpError', httpCode: 404 },
    })
    expect(await world.jobs.find({ tenant: 'ann', id })).toMatchObject({ state: 'dead' })
    expect(world.vendor.requests).toHaveLength(1)
  })

  test('parks a job until its connection is connected anew, which releases it', async () => {
    await using world = await openWorld(await server.database())
    const connection = { tenant: 'ann', connection: 'c1', connector: 'locked' }
    await world.runtime.connections.create({ ...connection, key: 'old' })
    world.vendor.answers(json({}, { status: 401 }), json({ id: 1 }))
    await world.work()
    const id = await world.jobs.enqueue(locked)
    expect(await world.settled(id)).toMatchObject({ state: 'parked' })
    expect(await world.jobs.find({ tenant: 'ann', id })).toMatchObject({
      state: 'parked',
      outcome: { failure: { type: 'InvalidCredential' } },
    })
    const ended = world.jobs.result(id)
    await world.runtime.connections.create({ ...connection, key: 'new', replace: true })
    expect(await ended).toMatchObject({ kind: 'success', content: { id: 1 } })
  })

  test('parks a job of a connection that is not there, which its making releases', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({ id: 1 }))
    await world.work()
    const id = await world.jobs.enqueue(locked)
    expect(await world.settled(id)).toMatchObject({ state: 'parked' })
    const ended = world.jobs.result(id)
    await world.runtime.connections.create({ ...locked, key: 'new' })
    expect(await ended).toMatchObject({ kind: 'success' })
  })

  test('does not park what was connected anew while it ran', async () => {
    await using world = await openWorld(await server.database())
    const connection = { tenant: 'ann', connection: 'c1', connector: 'locked' }
    await world.runtime.connections.create({ ...connection, key: 'old' })
    const reconnected = Promise.withResolvers<void>()
    world.vendor.answers(after(reconnected.promise, json({}, { status: 401 })), json({ id: 1 }))
    await world.work({ leaseMs: 300 })
    const id = await world.jobs.enqueue(locked)
    await world.vendor.received(1)
    await world.runtime.connections.create({ ...connection, key: 'new', replace: true })
    reconnected.resolve()
    expect(await world.jobs.result(id)).toMatchObject({ kind: 'success' })
  })

  test('leaves to a person what may have happened; rerun() and settle() decide', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}), json({ id: 1 }))
    world.vendor.on('/post', async (_request, response) => {
      response.socket?.resetAndDestroy()
    })
    await world.work()
    const ids = await world.jobs.enqueueAll([
      { ...acme, method: 'post' },
      { ...acme, method: 'post' },
    ])
    for (const id of ids) expect(await world.settled(id)).toMatchObject({ state: 'doubtful' })
    const [first = '', second = ''] = ids
    expect(await world.jobs.settle({ tenant: 'bob', id: first }, 'happened', 'seen')).toBe(false)
    expect(await world.jobs.settle({ tenant: 'ann', id: first }, 'happened', 'seen')).toBe(true)
    expect(await world.jobs.result(first)).toMatchObject({ kind: 'warning', message: 'seen' })
    world.vendor.on('/post', json({ id: 2 }))
    expect(await world.jobs.rerun({ tenant: 'ann', id: second })).toBe(true)
    expect(await world.jobs.result(second)).toMatchObject({ content: { id: 2 } })
  })

  test('runs a dead job again by rerun(), and no other tenant’s', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}, { status: 404 }), json({ id: 2 }))
    await world.work()
    const id = await world.jobs.enqueue(acme)
    await world.jobs.result(id)
    expect(await world.jobs.rerun({ tenant: 'bob', id })).toBe(false)
    expect(await world.jobs.rerun({ tenant: 'ann', id })).toBe(true)
    expect(await world.jobs.result(id)).toMatchObject({ content: { id: 2 } })
  })

  test('takes only the queues it was told', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    await world.work({ queues: ['bulk', 'slow'] })
    const [other = ''] = await world.jobs.enqueueAll([
      acme,
      { ...acme, queue: 'bulk' },
      { ...acme, queue: 'slow' },
    ])
    await world.vendor.received(2)
    await world.work({ queues: ['default'] })
    await world.jobs.result(other)
    expect(world.vendor.requests).toHaveLength(3)
  })
})

describe('drain()', () => {
  test('lets what runs end, and leaves what was not begun', async () => {
    await using world = await openWorld(await server.database())
    const release = Promise.withResolvers<void>()
    world.vendor.answers(after(release.promise, json({})))
    const worker = await world.work({ concurrency: 2 })
    const ids = await world.jobs.enqueueAll([acme, acme, acme])
    await world.vendor.received(2)
    const drained = worker.drain(10_000)
    release.resolve()
    await drained
    expect(await statesOf(world, ids)).toEqual(['done', 'done', 'ready'])
    const { rows } = await world.database.run('SELECT id FROM hookline.workers')
    expect(rows).toEqual([])
  })

  test('at its deadline hands back what may be repeated, and leaves the rest to a person', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(hang())
    const worker = await world.work()
    const ids = await world.jobs.enqueueAll([acme, { ...acme, method: 'once' }])
    await world.vendor.received(2)
    await worker.drain(50)
    expect(await statesOf(world, ids)).toEqual(['waiting', 'doubtful'])
  })
})

describe('kill()', () => {
  test('has another worker run what may be repeated, and a person decide on the rest', async () => {
    await using world = await openWorld(await server.database())
    const worker = await world.work({ leaseMs: 300 })
    world.vendor.answers(hang())
    const ids = await world.jobs.enqueueAll([
      acme,
      { ...acme, method: 'keyed' },
      { ...acme, method: 'post' },
      { ...acme, method: 'once' },
    ])
    await world.vendor.received(4)
    worker.kill()
    world.vendor.answers(json({}))
    await world.work({ leaseMs: 300 })
    for (const id of ids) await world.settled(id)
    expect(await statesOf(world, ids)).toEqual(['done', 'done', 'doubtful', 'doubtful'])
    expect(world.vendor.requests.filter(({ path }) => path === '/once')).toHaveLength(1)
  })
})

async function statesOf({ jobs }: World, ids: readonly string[]) {
  const found = await Promise.all(ids.map((id) => jobs.find({ tenant: 'ann', id })))
  return found.map((job) => job?.state)
}

describe('what was given to a worker that does not know of it', () => {
  test('is given to somebody again: the answer to its taking may have been lost', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    const worker = await world.work({ leaseMs: 300 })
    const runAt = new Date(Date.now() + 3_600_000)
    const ids = await world.jobs.enqueueAll([
      { ...acme, runAt },
      { ...acme, method: 'once', runAt },
    ])
    await world.database.run(
      `UPDATE hookline.jobs SET state = 'running', worker = $1, attempt = 1,
        taken_at = now() - interval '13 seconds'`,
      [worker.id],
    )
    for (const id of ids) await world.settled(id)
    expect(await statesOf(world, ids)).toEqual(['done', 'doubtful'])
  })
})
