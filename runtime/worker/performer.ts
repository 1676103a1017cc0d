import type { CallRequest, Outcome } from '../model/call.ts'
import type { Connector } from '../model/connector.ts'
import { CallFailure, type FailureType } from '../model/failure.ts'
import { asCallId } from '../model/ids.ts'
import { UsageError } from '../model/usage-error.ts'
import { StoreFailure } from '../store/store-failure.ts'
import { type Allowance, allowanceOf, always } from './allowance.ts'
import type { Ending } from './ending.ts'
import type { Settlement, TakenJob } from './job.ts'
import { type Circumstances, mayBegin, type Repeats, settle, settleThrown } from './settlement.ts'

/** What a worker makes calls with: a runtime. */
export interface Calls {
  call(
    request: CallRequest,
    options: { readonly signal?: AbortSignal; readonly route?: boolean },
  ): Promise<Outcome>
  route(
    request: CallRequest,
    outcome: Outcome,
    options: { readonly signal?: AbortSignal },
  ): Promise<Outcome>
  readonly connectors: { find(name: string): Promise<Connector | null> }
  /** Rejects where calls are not safe to make here; resolves to what is weaker than it could be. */
  selfTest(): Promise<readonly string[]>
}

export type PerformerOptions = {
  readonly calls: Calls
  readonly mostAttempts: number
  /** Writes down what a job came to before its handlers run. False: the job is somebody else's. */
  readonly note: (job: TakenJob, outcome: Outcome) => Promise<boolean>
  readonly bug: (job: TakenJob, error: unknown) => void
}

/** Makes the call of a job, and says what becomes of it. Rejects only for an aborted signal. */
export async function perform(
  job: TakenJob,
  options: PerformerOptions,
  signal: AbortSignal,
): Promise<Ending | 'lost'> {
  const allowance = await allowanceFor(job, options)
  const circumstances: Circumstances = {
    attempt: job.attempt,
    mostAttempts: options.mostAttempts,
    repeats: allowance.blindly,
    now: Date.now(),
    random: Math.random,
  }
  if (job.isRouted) return { job, settlement: givenUp, outcome: job.outcome }
  if (!mayBegin(job, allowance.blindly)) return doubtful(job)
  let outcome: Outcome
  try {
    outcome = await options.calls.call({ ...job.request, retries: 0 }, { signal, route: false })
  } catch (error) {
    if (signal.aborted) return interrupted(job, allowance.blindly)
    return thrown(job, error, { options, circumstances })
  }
  const repeats = allowance.after(outcome.trail)
  const settlement = settle(outcome, { ...circumstances, repeats, now: Date.now() })
  if (settlement.state !== 'dead' || job.request.app === undefined) {
    return { job, settlement, outcome }
  }
  return routed(job, { outcome, settlement }, { options, signal })
}

type Final = { readonly outcome: Outcome; readonly settlement: Settlement }
type Means = { readonly options: PerformerOptions; readonly signal: AbortSignal }

/** The handlers run once: it is written down before that they are about to. */
async function routed(job: TakenJob, { outcome, settlement }: Final, means: Means) {
  const { options, signal } = means
  if (!(await options.note(job, outcome))) return 'lost'
  try {
    const handled = await options.calls.route(job.request, outcome, { signal })
    return { job, settlement, outcome: handled }
  } catch (error) {
    if (!signal.aborted) options.bug(job, error)
    return { job, settlement, outcome }
  }
}

const givenUp: Settlement = { state: 'dead', delayMs: 0, because: 'given-up' }

async function allowanceFor(job: TakenJob, { calls }: PerformerOptions): Promise<Allowance> {
  const connector = await calls.connectors.find(job.request.connector).catch(() => null)
  // What cannot be found cannot be called, so it may well be asked again.
  return allowanceOf(connector, job.request) ?? always(job.lost > 0 ? 'if-refused' : 'freely')
}

function doubtful(job: TakenJob): Ending {
  const message =
    'The worker that made this call vanished before it could say what came of it, and the method must not be repeated. It may have happened: look at the vendor’s, then run it again or settle it'
  const failure = new CallFailure('Timeout', message, { reason: 'may-have-happened' })
  return {
    job,
    settlement: { state: 'doubtful', delayMs: 0, because: 'may-have-happened' },
    outcome: failureOutcome(failure),
  }
}

/** The worker had to stop in the middle of the call. */
function interrupted(job: TakenJob, repeats: Repeats): Ending {
  if (repeats !== 'freely') return doubtful(job)
  return {
    job,
    settlement: { state: 'waiting', delayMs: 0, because: 'handed-back' },
    outcome: null,
  }
}

function thrown(
  job: TakenJob,
  error: unknown,
  { options, circumstances }: { options: PerformerOptions; circumstances: Circumstances },
): Ending {
  // Names what is not there, before anything was sent.
  if (error instanceof UsageError && !(error instanceof StoreFailure)) {
    const outcome = failureOutcome(failureOf('DefinitionInvalid', error.message, error.errorCode))
    return { job, settlement: givenUp, outcome }
  }
  const passes = error instanceof StoreFailure && error.passing
  if (!passes) options.bug(job, error)
  const message = passes ? error.message : 'A fault in Hookline; its log has the details'
  const settlement = settleThrown(circumstances)
  return {
    job,
    settlement,
    outcome: failureOutcome(failureOf('ConnectionError', message, 'fault')),
  }
}

function failureOf(type: FailureType, message: string, reason: string): CallFailure {
  return new CallFailure(type, message, { reason })
}

function failureOutcome(failure: CallFailure): Outcome {
  const trail = { startedAt: new Date(), ms: 0, attempts: [] }
  return { kind: 'failure', failure, call: asCallId(''), trail }
}
