import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallRequest, Outcome } from '../../runtime/model/call.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import type { Calls } from '../../runtime/worker/performer.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { openWorld } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

const job = { tenant: 'ann', connector: 'acme', method: 'get', app: 'shop' } as const

/** Calls that fail as told, and handlers that are counted. */
function failing(failure: CallFailure, handle: () => Promise<void> = async () => {}) {
  const seen = { calls: 0, routed: 0 }
  const trail = { startedAt: new Date(), ms: 1, attempts: [] }
  const outcome: Outcome = { kind: 'failure', failure, call: asCallId('c'), trail }
  const calls: Calls = {
    call: async () => {
      seen.calls++
      return outcome
    },
    route: async (_request: CallRequest, failed: Outcome) => {
      seen.routed++
      await handle()
      if (failed.kind !== 'failure') return failed
      return { ...failed, handled: { index: 0, componentId: 'c', output: 1 } }
    },
    connectors: { find: async () => null },
    selfTest: async () => [],
  }
  return { seen, calls }
}

describe('error handlers of a job’s app', () => {
  test('take the failure once, when the job is given up, and not before', async () => {
    await using world = await openWorld(await server.database())
    const { seen, calls } = failing(new CallFailure('Timeout', 'late'))
    await world.work({ runtime: calls, attempts: 2 })
    const id = await world.jobs.enqueue(job)
    expect(await world.jobs.result(id)).toMatchObject({ handled: { componentId: 'c' } })
    expect(seen).toEqual({ calls: 2, routed: 1 })
  })

  test('are not run again where their worker vanished in the middle; nor is the call made', async () => {
    await using world = await openWorld(await server.database())
    const stuck = Promise.withResolvers<void>()
    const { seen, calls } = failing(new CallFailure('Default', 'no'), async () => {
      stuck.resolve()
      await new Promise(() => {})
    })
    const worker = await world.work({ runtime: calls, leaseMs: 300 })
    const id = await world.jobs.enqueue(job)
    await stuck.promise
    worker.kill()
    await world.work({ runtime: calls, leaseMs: 300 })
    expect(await world.jobs.result(id)).toMatchObject({ failure: { type: 'Default' } })
    expect(seen).toEqual({ calls: 1, routed: 1 })
  })

  test('a fault of ours leaves what may not be repeated to a person, and tells of itself', async () => {
    await using world = await openWorld(await server.database())
    const { calls } = failing(new CallFailure('Default', 'no'))
    const broken: Calls = {
      ...calls,
      call: async () => {
        throw new TypeError('a fault')
      },
      connectors: world.runtime.connectors,
    }
    await world.work({ runtime: broken })
    const id = await world.jobs.enqueue({ ...job, method: 'post' })
    expect(await world.settled(id)).toMatchObject({ state: 'doubtful' })
    expect(world.events.filter(({ kind }) => kind === 'bug')).toHaveLength(1)
  })
})
