import { UsageError } from '../runtime/model/usage-error.ts'
import type { PostgresServer } from '../runtime/store/postgres-server.ts'
import type { Jobs } from '../runtime/worker/jobs.ts'
import type { Settings } from './settings.ts'

/** The jobs' database, brought up to this version. Closes with its disposal. */
export async function openJobsDatabase(
  settings: Settings,
): Promise<{ readonly database: PostgresServer } & AsyncDisposable> {
  if (!/^postgres(ql)?:\/\//.test(settings.store)) {
    throw new UsageError('entityInvalid', 'Jobs need a store on Postgres', {
      cure: 'Name it with --store postgres://…, or in HOOKLINE_STORE, where other users do not see it.',
    })
  }
  const { PostgresServer } = await import('../runtime/store/postgres-server.ts')
  const database = new PostgresServer(settings.store)
  try {
    await database.prepare()
  } catch (error) {
    await database.close()
    throw error
  }
  return { database, [Symbol.asyncDispose]: () => database.close() }
}

export async function openJobs(
  settings: Settings,
): Promise<{ readonly jobs: Jobs; readonly database: PostgresServer } & AsyncDisposable> {
  const { openJobs: open } = await import('../runtime/worker/jobs.ts')
  const opened = await openJobsDatabase(settings)
  const { database } = opened
  try {
    const jobs = await open(database)
    return {
      jobs,
      database,
      async [Symbol.asyncDispose]() {
        await jobs[Symbol.asyncDispose]()
        await opened[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await opened[Symbol.asyncDispose]()
    throw error
  }
}
