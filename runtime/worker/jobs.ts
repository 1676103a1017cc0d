/** Jobs as their callers and operators use them. */
import type { Outcome } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import { asCallId } from '../model/ids.ts'
import { UsageError } from '../model/usage-error.ts'
import type { Database, Transaction } from './database.ts'
import { enqueueJobs, type MintedJob, type RunRows } from './enqueue.ts'
import { type Job, type JobState, type NewJob, outcomeText } from './job.ts'
import { createJobIds, isJobId } from './job-id.ts'
import { type Limit, type LimitScope, limitsOver } from './limits.ts'
import { prepareJobs } from './migrate.ts'
import { Results } from './results.ts'
import { type JobRow, jobOf } from './rows.ts'
import { statements } from './statements.ts'
import { openTelemetry } from './telemetry.ts'

export type EnqueueOptions = {
  /** The job then exists exactly if that transaction commits. */
  readonly transaction?: Transaction
}

export type JobKey = { readonly tenant: string; readonly id: string }

export type JobFilter = {
  readonly states?: readonly JobState[]
  /** Only older ones than this id: the last of the page before. */
  readonly before?: string
  /** 50 unless said. */
  readonly limit?: number
}

/** The life of jobs, but for their being done. */
export interface Jobs extends AsyncDisposable {
  /** Resolves to the job's id. Rejects with `UsageError` (`missingFields`, `entityInvalid`). */
  enqueue(job: NewJob, options?: EnqueueOptions): Promise<string>
  /** All or none, in one statement; their ids in the same order. */
  enqueueAll(jobs: readonly NewJob[], options?: EnqueueOptions): Promise<readonly string[]>
  /**
   * Waits until a job was done or given up. Rejects with `UsageError` (`entityMissing`) where the
   * tenant has none, or with the reason of the signal, which stops only the waiting. A bare id asks
   * for nobody: it is for who was given it by `enqueue`, never for one that a visitor names.
   */
  result(job: JobKey | string, options?: { readonly signal?: AbortSignal }): Promise<Outcome>
  /** Null where this tenant has no such job. */
  find(key: JobKey): Promise<Job | null>
  /** Newest first. */
  list(tenant: string, filter?: JobFilter): Promise<readonly Job[]>
  count(tenant: string): Promise<Partial<Record<JobState, number>>>
  /** Runs again what was given up, is held, or waits. False where there is no such job to run. */
  rerun(key: JobKey): Promise<boolean>
  /** Ends a job that is not at work, as a person found it to be. False where there is none. */
  settle(key: JobKey, as: 'happened' | 'given-up', note: string): Promise<boolean>
  /** Deletes everything of a tenant's jobs. Counts them. */
  erase(tenant: string): Promise<number>
  readonly limits: {
    set(scope: LimitScope, limit: Limit): Promise<void>
    drop(scope: LimitScope): Promise<void>
    list(): Promise<readonly (LimitScope & Limit)[]>
  }
}

/** Rejects with `StoreFailure` where the database cannot be used. */
export async function openJobs(database: Database): Promise<Jobs> {
  await prepareJobs(database)
  const telemetry = await openTelemetry()
  const nextId = createJobIds()
  const results = new Results(database)
  const enqueueAll = (jobs: readonly NewJob[], { transaction }: EnqueueOptions = {}) => {
    const trace = telemetry.currentTrace()
    const minted: readonly MintedJob[] = jobs.map((job) => ({ id: nextId(), job, trace }))
    return enqueueJobs(minted, runnerOf(database, transaction))
  }
  const findOne = async (id: string, tenant: string | null) => {
    if (!isJobId(id)) return null
    const { rows } = await database.run<JobRow>(statements.find, [id, tenant])
    return rows[0] ? jobOf(rows[0]) : null
  }
  return {
    enqueueAll,
    enqueue: async (job, options) => {
      const [id] = await enqueueAll([job], options)
      if (id === undefined) throw new TypeError('a job has an id')
      return id
    },
    result: async (which, { signal } = {}) => {
      const { id, tenant } = typeof which === 'string' ? { id: which, tenant: null } : which
      const job = await findOne(id, tenant)
      if (!job) throw new UsageError('entityMissing', `There is no job \`${id.slice(0, 100)}\``)
      return job.endedAt && job.outcome ? job.outcome : results.wait(job.id, signal)
    },
    find: ({ tenant, id }) => findOne(id, tenant),
    ...administrationOver(database),
    limits: limitsOver(database),
    [Symbol.asyncDispose]: () => results[Symbol.asyncDispose](),
  }
}

function administrationOver(
  database: Database,
): Pick<Jobs, 'list' | 'count' | 'rerun' | 'settle' | 'erase'> {
  return {
    list: async (tenant, { states, before, limit = 50 } = {}) => {
      const values = [tenant, states ?? null, before ?? null, limit]
      return (await database.run<JobRow>(statements.list, values)).rows.map(jobOf)
    },
    count: async (tenant) => {
      const { rows } = await database.run<{ state: JobState; count: number }>(statements.count, [
        tenant,
      ])
      return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
    },
    rerun: async ({ tenant, id }) => {
      if (!isJobId(id)) return false
      for (const text of [statements.rerunHeld, statements.rerunDead]) {
        if ((await database.run(text, [id, tenant])).count > 0) return true
      }
      return false
    },
    settle: async ({ tenant, id }, as, note) => {
      if (!isJobId(id)) return false
      const state = as === 'happened' ? 'done' : 'dead'
      const values = [id, tenant, state, outcomeText(decided(as, note))]
      return (await database.run(statements.endByHand, values)).count > 0
    },
    erase: async (tenant) => {
      const { rows } = await database.run<{ count: number }>(statements.erase, [tenant])
      return rows[0]?.count ?? 0
    },
  }
}

function runnerOf(database: Database, transaction: Transaction | undefined): RunRows {
  if (transaction) return async (text, values) => (await transaction.query(text, values)).rows
  return async (text, values) => (await database.run(text, values)).rows
}

/** What a person found out, in the form of an outcome. */
function decided(as: 'happened' | 'given-up', message: string): Outcome {
  const trail = { startedAt: new Date(), ms: 0, attempts: [] }
  const common = { call: asCallId(''), trail }
  if (as === 'happened') return { ...common, kind: 'warning', content: null, message, status: null }
  const failure = new CallFailure('Default', message, { reason: 'settled-by-hand' })
  return { ...common, kind: 'failure', failure }
}
