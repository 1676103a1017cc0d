import { type Jobs, openJobs as openOver } from '../runtime/worker/jobs.ts'
import { openJobsDatabase } from '../runtime/worker/open-jobs.ts'
import type { Settings } from './settings.ts'

/** The jobs of the settings' store. What it opened closes with its disposal. */
export async function openJobs({
  store,
}: Settings): Promise<{ readonly jobs: Jobs } & AsyncDisposable> {
  const stack = new AsyncDisposableStack()
  try {
    const jobs = stack.use(await openOver(stack.use(await openJobsDatabase(store))))
    return { jobs, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}
