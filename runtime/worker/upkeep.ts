import { setTimeout as delay } from 'node:timers/promises'
import { StoreFailure } from '../store/store-failure.ts'
import type { Database } from './database.ts'
import type { Observer, QueueDepth } from './events.ts'
import { statements } from './statements.ts'

export type UpkeepOptions = {
  readonly database: Database
  /** What the worker says of itself, its id first. */
  readonly hello: readonly unknown[]
  readonly queues: readonly string[]
  /** A worker that was not heard of for so long counts as lost. */
  readonly leaseMs: number
  readonly keepDoneMs: number
  readonly keepDeadMs: number
  /** Ids of the jobs at work. */
  readonly running: () => readonly string[]
  readonly observe: Observer
  readonly signal: AbortSignal
}

/**
 * What a worker does beside its jobs, until its signal aborts: says that it is alive, frees the jobs
 * of those that are not, deletes old outcomes, measures the queues. All of them do all of it.
 */
export async function keepUp(options: UpkeepOptions): Promise<void> {
  const beat = options.leaseMs / 3
  await Promise.all([
    repeat(options, beat, () => sayAlive(options)),
    repeat(options, beat, () => freeJobs(options)),
    repeat(options, 5_000, () => measure(options)),
    repeat(options, 60_000, () => forget(options)),
  ])
}

async function repeat(
  { signal, observe }: UpkeepOptions,
  everyMs: number,
  task: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await task()
    } catch (error) {
      const passes = error instanceof StoreFailure && error.passing
      observe(passes ? { kind: 'store-failed', error } : { kind: 'bug', job: null, error })
    }
    await delay(everyMs * (0.8 + 0.2 * Math.random()), undefined, { signal }).catch(() => {})
  }
}

async function sayAlive({ database, hello, running, observe }: UpkeepOptions): Promise<void> {
  const { count } = await database.run(statements.heartbeat, [hello[0], running().length])
  if (count > 0) return
  observe({ kind: 'revived' })
  await database.run(statements.hello, hello)
}

async function freeJobs(options: UpkeepOptions): Promise<void> {
  const { database, leaseMs, hello, running, observe } = options
  for (const [text, values] of [
    [statements.reap, [leaseMs]],
    [statements.reclaim, [hello[0], running()]],
  ] as const) {
    const { rows } = await database.run<{ count: number }>(text, values)
    const count = rows[0]?.count ?? 0
    if (count > 0) observe({ kind: 'reaped', count })
  }
  await database.run(statements.releaseMissed)
}

async function measure({ database, queues, observe }: UpkeepOptions): Promise<void> {
  const { rows } = await database.run<QueueDepth>(statements.depth, [queues])
  observe({ kind: 'depth', depths: rows })
}

/** In bites: a statement that deletes a million rows holds all others up. */
async function forget(options: UpkeepOptions): Promise<void> {
  const { database, keepDoneMs, keepDeadMs, observe, signal } = options
  await database.run(statements.forgetStarts)
  for (const [state, ms] of [
    ['done', keepDoneMs],
    ['dead', keepDeadMs],
  ] as const) {
    for (let count = 1_000; count >= 1_000 && !signal.aborted; ) {
      count = (await database.run(statements.forget, [state, ms])).count
      if (count > 0) observe({ kind: 'forgotten', count })
    }
  }
}
