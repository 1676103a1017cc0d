import { UsageError } from '../model/usage-error.ts'
import type { PostgresServer } from '../store/postgres-server.ts'
import { type Jobs, openJobs } from './jobs.ts'

/** The jobs' database as it is opened; disposing of it closes its connections. */
export type JobsDatabase = PostgresServer & AsyncDisposable

/**
 * Opens the Postgres that holds the store and the jobs. Rejects with `UsageError` (`entityInvalid`)
 * where the store is none, with `StoreFailure` where it cannot be used.
 */
export async function openJobsDatabase(store: string): Promise<JobsDatabase> {
  if (!/^postgres(ql)?:\/\//.test(store)) {
    throw new UsageError('entityInvalid', 'Jobs need a store on Postgres', {
      cure: 'Name one as postgres://…, on the command line best in HOOKLINE_STORE.',
    })
  }
  const { PostgresServer } = await import('../store/postgres-server.ts').catch(demandDriver)
  const database = new PostgresServer(store)
  try {
    await database.prepare()
  } catch (error) {
    await database.close()
    throw error
  }
  return Object.assign(database, { [Symbol.asyncDispose]: () => database.close() })
}

/** What whoever makes calls needs of jobs: calls for later, which workers make. */
export type CallersJobs = Pick<Jobs, 'enqueue' | 'enqueueAll' | 'result'>

/** Opens the jobs of a store when they are first needed; tries again where that failed. */
export function lazyJobs(store: string): CallersJobs & AsyncDisposable {
  const opened = new AsyncDisposableStack()
  let jobs: Promise<Jobs> | null = null
  const open = () => {
    jobs ??= openIn(store, opened)
    jobs.catch(() => {
      jobs = null
    })
    return jobs
  }
  return {
    enqueue: async (job, options) => (await open()).enqueue(job, options),
    enqueueAll: async (all, options) => (await open()).enqueueAll(all, options),
    result: async (job, options) => (await open()).result(job, options),
    async [Symbol.asyncDispose]() {
      await jobs?.catch(() => {})
      await opened.disposeAsync()
    },
  }
}

async function openIn(store: string, opened: AsyncDisposableStack): Promise<Jobs> {
  const database = opened.use(await openJobsDatabase(store))
  return opened.use(await openJobs(database))
}

function demandDriver(cause: NodeJS.ErrnoException): never {
  if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause
  throw new UsageError('genericError', 'Jobs on Postgres need the package `pg`', {
    cure: 'Install it beside Hookline: npm install pg',
    cause,
  })
}
