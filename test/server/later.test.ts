/** Calls that are kept for a worker: over a real socket, Postgres and worker. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { json } from '../support/vendor.ts'
import { openWorld } from '../worker/world.ts'
import { startTestServer } from './support.ts'

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const call = { connector: 'acme', method: 'get', async: true }

test('a call is kept, made by a worker, and its outcome is read by its tenant alone', async () => {
  await using world = await openWorld(await postgres.database())
  world.vendor.answers(json({ id: 7 }))
  const { send, asked } = await startTestServer({ calls: world.runtime, jobs: world.jobs })
  const kept = await send('/api/calls', { verb: 'POST', json: { ...call, source: 'a step' } })
  const { id } = kept.json as { readonly id: string }
  expect([kept.status, kept.headers.location]).toEqual([202, `/api/calls/${id}`])
  expect(world.vendor.requests).toEqual([])

  const path = `/api/calls/${id}`
  expect((await send(path)).json).toMatchObject({ id, state: 'ready', attempt: 0, outcome: null })
  await world.work()
  await world.jobs.result(id)
  const done = await send(path, { token: 'reader' })
  expect([done.status, done.json]).toMatchObject([
    200,
    {
      ...{ id, state: 'done', attempt: 1, connector: 'acme', method: 'get', connection: null },
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      outcome: { kind: 'success', status: 200, content: { id: 7 }, failure: null },
    },
  ])

  const nowhere = await send('/api/calls/none')
  const theirs = await send(path, { token: 'stranger' })
  expect([theirs.status, theirs.text]).toEqual([404, nowhere.text])
  expect(asked).toEqual([])
})

test('an outcome that failed has its failure, as that of a call made at once', async () => {
  await using world = await openWorld(await postgres.database())
  world.vendor.answers(json({ error: 'no' }, { status: 400 }))
  const { send } = await startTestServer({ calls: world.runtime, jobs: world.jobs })
  const { async: _, ...atOnce } = call
  const direct = await send('/api/calls', { verb: 'POST', json: atOnce })
  const { id } = (await send('/api/calls', { verb: 'POST', json: call })).json as { id: string }
  await world.work()
  await world.jobs.result(id)
  const { outcome } = (await send(`/api/calls/${id}`)).json as { outcome: { failure: object } }
  expect(outcome.failure).toEqual((direct.json as { failure: object }).failure)
  expect(outcome).toMatchObject({ kind: 'failure', failure: { httpCode: 400 } })
})

test('an idempotency key keeps one call, for each tenant its own', async () => {
  await using world = await openWorld(await postgres.database())
  const { send } = await startTestServer({ jobs: world.jobs })
  const keep = async (token: string) => {
    const seen = await send('/api/calls', { verb: 'POST', token, json: keyed })
    return (seen.json as { readonly id: string }).id
  }
  const keyed = { ...call, idempotencyKey: 'k' }
  const first = await keep('team')
  expect(await keep('team')).toBe(first)
  expect(await keep('stranger')).not.toBe(first)
})
