import { connectionKey } from '../call/resolve.ts'
import type { CallRequest } from '../model/call.ts'
import { isName } from '../model/ids.ts'
import { UsageError } from '../model/usage-error.ts'
import { type NewJob, noConnection } from './job.ts'
import { statements } from './statements.ts'

/** Runs a statement, in the caller's transaction or in one of its own. */
export type RunRows = (text: string, values: unknown[]) => Promise<readonly unknown[]>

/** A job with its id, and the span that it was enqueued in (`traceparent`, W3C Trace Context). */
export type MintedJob = { readonly id: string; readonly job: NewJob; readonly trace: string | null }

/**
 * Stores jobs, all in one statement. Resolves to their ids in the same order: where a tenant has a
 * job of that idempotency key already, to the id of that one. Rejects with `UsageError`
 * (`missingFields`, `entityInvalid`) before anything is stored.
 */
export async function enqueueJobs(
  minted: readonly MintedJob[],
  run: RunRows,
): Promise<readonly string[]> {
  if (minted.length === 0) return []
  for (const { job } of minted) checkJob(job)
  const columns = columnsOf(minted)
  if (minted.every(({ job }) => job.idempotencyKey === undefined)) {
    await run(statements.enqueue, columns)
    return minted.map(({ id }) => id)
  }
  const keys = minted.map(({ job }) => job.idempotencyKey ?? null)
  const keyless = minted.filter(({ job }) => job.idempotencyKey === undefined).map(({ id }) => id)
  const rows = await run(statements.enqueueWithKeys, [...columns, keys, keyless])
  const added = new Set((rows as readonly { id: string }[]).map(({ id }) => id))
  return Promise.all(minted.map(({ id, job }) => (added.has(id) ? id : idOfKey(job, run))))
}

async function idOfKey({ tenant, idempotencyKey }: NewJob, run: RunRows): Promise<string> {
  const [row] = await run(statements.idOfKey, [tenant, idempotencyKey])
  if (row) return (row as { id: string }).id
  throw new Error('a key was taken, and is of no job')
}

function checkJob(job: NewJob): void {
  connectionKey(job.tenant, job.connection ?? 'none')
  for (const field of ['connector', 'method'] as const) {
    if (typeof job[field] === 'string' && job[field] !== '') continue
    throw new UsageError('missingFields', `A job needs its ${field}`)
  }
  if (job.queue !== undefined && !isName(job.queue)) {
    throw new UsageError('entityInvalid', `\`${job.queue}\` cannot name a queue`)
  }
  if (job.deliverTo !== undefined) checkTarget(job.deliverTo)
}

function checkTarget(target: string): void {
  const url = URL.parse(target)
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return
  throw new UsageError('entityInvalid', 'An outcome can be delivered to no such place', {
    cure: 'Name a URL with https, without a user and a password in it',
  })
}

/** In the order of the statement's parameters. */
function columnsOf(minted: readonly MintedJob[]): unknown[][] {
  const column = (value: (one: MintedJob) => unknown) => minted.map(value)
  return [
    column(({ id }) => id),
    column(({ job }) => job.queue ?? 'default'),
    column(({ job }) => job.tenant),
    column(({ job }) => job.connection ?? noConnection),
    column(({ job }) => job.connector),
    column(({ job }) => job.method),
    column((one) => JSON.stringify(requestOf(one))),
    column(({ job }) => job.deliverTo ?? null),
    column(({ trace }) => trace),
    column(({ job }) => job.runAt ?? null),
  ]
}

/** The job's own id is the vendor's key where there is no other: the same in every attempt. */
function requestOf({ id, job }: MintedJob): Omit<CallRequest, 'retries'> {
  const { queue: _queue, runAt: _runAt, deliverTo: _deliverTo, ...request } = job
  return { ...request, idempotencyKey: job.idempotencyKey ?? id }
}
