/** Many processes that all need the next credential at the same moment, again and again. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { keysFromEnvironment } from '../../runtime/store/keys.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { newConnection } from '../store/support.ts'
import { openTokenEndpoint } from '../store/token-endpoint.ts'
import { startPlainLock } from './plain-lock.ts'
import type { StormOrders, StormReport } from './renewal-child.ts'

export type StormShape = {
  readonly processes: number
  readonly callers: number
  readonly generations: number
  readonly endpointMs: number
}

export type StormResult = {
  /** Token requests for each generation: 1 where nobody asks in vain. */
  readonly perGeneration: number
  /** Refresh tokens that were sent more than once: a vendor that watches for it ends them all. */
  readonly reuse: number
  /** Of all callers' waits, in milliseconds. */
  readonly p99: number
  readonly failures: number
}

const childFile = new URL('renewal-child.ts', import.meta.url).pathname

export async function stormOverStore(store: string, shape: StormShape): Promise<StormResult> {
  const environment = { HOOKLINE_KEY: randomBytes(32).toString('base64') }
  {
    await using vault = await openVault({ store, keys: keysFromEnvironment(environment) })
    await vault.create(newConnection())
  }
  return storm({ store }, shape, environment)
}

/** The same over a lock with a lease and nothing else, to see what that is worth. */
export async function stormOverLock(leaseMs: number, shape: StormShape): Promise<StormResult> {
  using lock = await startPlainLock()
  return await storm({ lockPort: lock.port, leaseMs }, shape, {})
}

async function storm(
  over: StormOrders['over'],
  shape: StormShape,
  environment: Readonly<Record<string, string>>,
): Promise<StormResult> {
  await using endpoint = await openTokenEndpoint({ delayMs: shape.endpointMs })
  const orders: StormOrders = { over, endpoint: endpoint.url, callers: shape.callers }
  const env = { ...process.env, ...environment }
  const children = Array.from({ length: shape.processes }, () =>
    fork(childFile, [JSON.stringify(orders)], { env }),
  )
  await Promise.all(children.map((child) => once(child, 'message')))
  const reports: StormReport[] = []
  for (let generation = 0; generation < shape.generations; generation++) {
    await ordered(children, 'hold')
    reports.push(...((await ordered(children, 'go')) as StormReport[]))
  }
  const ends = children.map((child) => once(child, 'exit'))
  for (const child of children) child.send('end')
  await Promise.all(ends)
  const waits = reports.flatMap((report) => report.waits).toSorted((a, b) => a - b)
  return {
    perGeneration: endpoint.asked.length / shape.generations,
    reuse: endpoint.asked.length - new Set(endpoint.asked).size,
    p99: waits[Math.ceil(waits.length * 0.99) - 1] ?? Number.NaN,
    failures: reports.reduce((sum, { failures }) => sum + failures, 0),
  }
}

/** Says a word to all of them, and resolves to what each answers. */
async function ordered(children: readonly ChildProcess[], word: string): Promise<unknown[]> {
  const answers = children.map(async (child) => (await once(child, 'message'))[0] as unknown)
  for (const child of children) child.send(word)
  return Promise.all(answers)
}
