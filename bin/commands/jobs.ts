import { UsageError } from '../../runtime/model/usage-error.ts'
import type { Job, JobState } from '../../runtime/worker/job.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openJobs } from '../open-jobs.ts'
import { jobReport, jobsTable } from '../print/job.ts'
import { outcomeText } from '../print/outcome.ts'
import { paintOut } from '../print/paint.ts'
import { trailText } from '../print/trail.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { print, printJson, say } from '../streams.ts'

const states: readonly JobState[] = [
  ...(['ready', 'waiting', 'running', 'parked', 'doubtful', 'done', 'dead'] as const),
]

type ListOptions = GlobalOptions & {
  readonly state?: readonly string[]
  readonly limit?: number
  readonly before?: string
}

export async function list(options: ListOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const chosen = options.state?.map(asState)
  await using opened = await openJobs(settings)
  const jobs = await opened.jobs.list(settings.tenant, {
    ...(chosen === undefined ? {} : { states: chosen }),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.before === undefined ? {} : { before: options.before }),
  })
  if (settings.json) printJson({ jobs: jobs.map(jobReport) })
  else if (jobs.length > 0) print(jobsTable(jobs))
  else say('There are no such jobs. Make one with `hookline enqueue <connector> <method>`.')
  return exitCodes.success
}

export async function show(options: GlobalOptions & { readonly id: string }): Promise<ExitCode> {
  const settings = readSettings(options)
  await using opened = await openJobs(settings)
  const job = await opened.jobs.find({ tenant: settings.tenant, id: options.id })
  if (!job) throw missing(options.id)
  if (settings.json) printJson(jobReport(job))
  else describe(job)
  return exitCodes.success
}

export async function rerun(
  options: GlobalOptions & { readonly ids: readonly string[] },
): Promise<ExitCode> {
  const settings = readSettings(options)
  await using opened = await openJobs(settings)
  for (const id of options.ids) {
    if (!(await opened.jobs.rerun({ tenant: settings.tenant, id }))) throw missing(id)
  }
  if (settings.json) printJson({ rerun: options.ids })
  else say(`${options.ids.length} to run again.`)
  return exitCodes.success
}

type SettleOptions = GlobalOptions & {
  readonly id: string
  readonly as?: string
  readonly note?: string
}

export async function settle(options: SettleOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const { id, as = '', note = 'Settled by hand' } = options
  if (as !== 'happened' && as !== 'given-up') {
    throw new UsageError('entityInvalid', `A job cannot be settled as \`${as}\``, {
      cure: 'It happened, or is given-up.',
    })
  }
  await using opened = await openJobs(settings)
  if (!(await opened.jobs.settle({ tenant: settings.tenant, id }, as, note))) throw missing(id)
  if (settings.json) printJson({ id, as })
  else say(`${id} is settled.`)
  return exitCodes.success
}

function describe(job: Job): void {
  print(jobsTable([job]))
  if (!job.outcome) return
  print(trailText(job.outcome.trail, paintOut))
  print(outcomeText(job.outcome, paintOut, job))
}

function asState(text: string): JobState {
  const state = states.find((each) => each === text)
  if (state) return state
  throw new UsageError('entityInvalid', `There is no state \`${text}\``, {
    cure: `Known: ${states.join(', ')}.`,
  })
}

function missing(id: string): UsageError {
  return new UsageError('entityMissing', `There is no job ${id} here that this can be done to`, {
    cure: 'Look at it with `hookline jobs show`; mind --tenant.',
  })
}
