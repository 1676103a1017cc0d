import { UsageError } from '../../runtime/model/usage-error.ts'
import type { NewJob } from '../../runtime/worker/job.ts'
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts'
import { readObject, readParameters } from '../input.ts'
import { interruption } from '../interrupt.ts'
import { openJobs } from '../open-jobs.ts'
import { outcomeText } from '../print/outcome.ts'
import { paintErr } from '../print/paint.ts'
import { outcomeReport } from '../print/report.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { print, printJson, say } from '../streams.ts'

export type EnqueueOptions = GlobalOptions & {
  readonly connector: string
  readonly method: string
  readonly connection?: string
  readonly parameter?: readonly string[]
  readonly input?: string
  readonly queue?: string
  readonly idempotencyKey?: string
  readonly at?: string
  readonly deliverTo?: string
  readonly app?: string
  readonly source?: string
  readonly wait?: boolean
}

/** Stores a job. Whether its names exist is found out by who makes the call. */
export async function enqueue(options: EnqueueOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  const { connector, method } = options
  const below = options.input === undefined ? {} : await readObject(options.input)
  const job: NewJob = {
    ...{ tenant: settings.tenant, connector, method },
    input: { ...below, ...readParameters(options.parameter) },
    ...chosen(options),
  }
  await using opened = await openJobs(settings)
  const id = await opened.jobs.enqueue(job)
  if (!options.wait) {
    if (settings.json) printJson({ id })
    else print(id)
    return exitCodes.success
  }
  using interrupted = interruption()
  say(`hookline: job ${id}`)
  const { signal } = interrupted
  const outcome = await opened.jobs.result({ tenant: settings.tenant, id }, { signal })
  const connection = options.connection ?? null
  if (settings.json) printJson(outcomeReport(outcome, { connector, method, connection }))
  else {
    if ('content' in outcome && outcome.content !== null) {
      print(JSON.stringify(outcome.content, null, 2))
    }
    say(outcomeText(outcome, paintErr, { connector, connection }))
  }
  return exitCodeOf(outcome)
}

function chosen(options: EnqueueOptions) {
  const { connection, queue, idempotencyKey, at, deliverTo, app, source } = options
  return {
    ...(connection === undefined ? {} : { connection }),
    ...(queue === undefined ? {} : { queue }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(at === undefined ? {} : { runAt: timeOf(at) }),
    ...(deliverTo === undefined ? {} : { deliverTo }),
    ...(app === undefined ? {} : { app }),
    ...(source === undefined ? {} : { source }),
  }
}

function timeOf(text: string): Date {
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return time
  throw new UsageError('entityInvalid', `\`${text}\` is no time`, {
    cure: 'Write it as in --at 2026-01-31T08:00:00Z.',
  })
}
