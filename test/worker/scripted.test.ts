/** What scripts send is not done twice either, whatever the verb of their method says. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { hang, json } from '../support/vendor.ts'
import { openWorld, type World } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

const job = (method: string) => ({ tenant: 'ann', connector: 'scripted', method })
const acts = ({ vendor }: World) => vendor.requests.filter(({ path }) => path === '/act')

test('a job whose script may have acted is for a person to decide on, once its worker is gone', async () => {
  await using world = await openWorld(await server.database())
  world.vendor.answers(hang())
  const first = await world.work({ leaseMs: 300 })
  const ids = await world.jobs.enqueueAll([job('act'), job('look'), job('plain')])
  await world.vendor.received(3)
  first.kill()
  world.vendor.answers(json({}))
  await world.work({ leaseMs: 300 })
  const ends = await Promise.all(ids.map((id) => world.settled(id)))
  expect(ends.map(({ state }) => state)).toEqual(['doubtful', 'doubtful', 'done'])
  expect(acts(world)).toHaveLength(2)
})

test('a worker that has to stop hands back only what sent nothing of the kind', async () => {
  await using world = await openWorld(await server.database())
  world.vendor.answers(hang())
  const worker = await world.work()
  const ids = await world.jobs.enqueueAll([job('act'), job('plain')])
  await world.vendor.received(2)
  await worker.drain(50)
  const ends = await Promise.all(ids.map((id) => world.settled(id)))
  expect(ends.map(({ state }) => state)).toEqual(['doubtful', 'waiting'])
})

test('a failure that passes is retried, unless a script had acted before it', async () => {
  await using world = await openWorld(await server.database())
  world.vendor.on('/act', json({}))
  world.vendor.on('/seen', json({}))
  world.vendor.on('/look', json({}, { status: 503 }))
  await world.work()
  const ids = await world.jobs.enqueueAll([job('look'), job('plain')])
  const ends = await Promise.all(ids.map((id) => world.settled(id)))
  expect(ends.map(({ state }) => state)).toEqual(['dead', 'waiting'])
  expect(acts(world)).toHaveLength(1)
})

test('a call that ran out of time while its script waited for an answer may have happened', async () => {
  await using world = await openWorld(await server.database())
  world.vendor.on('/act', hang())
  await world.work()
  const id = await world.jobs.enqueue(job('act'))
  expect(await world.settled(id)).toMatchObject({ state: 'doubtful', because: 'may-have-happened' })
  expect(acts(world)).toHaveLength(1)
})
