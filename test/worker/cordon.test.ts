/** Whose scripts share a process with whose, as a worker runs them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { openWorld } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

/** A worker whose sandbox has one slot; how many processes it has begun so far, and ended. */
async function openCordoned(cordon: 'shared' | 'tenant') {
  const seen = { started: 0, ended: 0, replaced: 0 }
  const world = await openWorld(await server.database(), {
    sandbox: { cordon, slots: 1, maxProcesses: 8, log: ({ kind }) => void seen[kind]++ },
  })
  await world.work({ concurrency: 1 })
  return {
    seen,
    async run(tenant: string, method = 'count') {
      const id = await world.jobs.enqueue({ tenant, connector: 'scripted', method })
      const outcome = await world.jobs.result({ tenant, id })
      return outcome.kind === 'failure' ? outcome.failure.type : outcome.kind
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

describe('cordon', () => {
  test('shared: the jobs of all tenants run in one process', async () => {
    await using worker = await openCordoned('shared')
    for (const tenant of ['ann', 'bob', 'ann', 'cid']) await worker.run(tenant)
    expect(worker.seen).toMatchObject({ started: 1, ended: 0 })
  })

  test('tenant: each has a process of its own, which no other tenant’s job enters', async () => {
    await using worker = await openCordoned('tenant')
    await worker.run('ann')
    const { started } = worker.seen
    for (const tenant of ['bob', 'ann', 'cid', 'bob']) await worker.run(tenant)
    expect(worker.seen).toMatchObject({ started: started + 2, ended: 0 })
  })

  test('a tenant whose script had to be killed has a process of its own from then on', async () => {
    await using worker = await openCordoned('shared')
    await worker.run('ann')
    await worker.run('bob')
    expect(worker.seen.started).toBe(1)
    expect(await worker.run('ann', 'hang')).toBe('ScriptTimeout')
    await worker.run('bob')
    const { started } = worker.seen
    expect(await worker.run('ann')).toBe('success')
    expect(worker.seen.started).toBe(started + 1)
    for (const tenant of ['bob', 'ann', 'cid']) await worker.run(tenant)
    expect(worker.seen.started).toBe(started + 1)
  })
})
