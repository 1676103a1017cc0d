import type { CallRequest, Outcome } from '../model/call.ts'
import { CallFailure, type FailureRecord } from '../model/failure.ts'

/**
 * A call to make later. Its `idempotencyKey` has two uses: a second job of the tenant with the same
 * key is the first one, and the vendor gets the key in every attempt, where the method declares one.
 */
export type NewJob = Omit<CallRequest, 'retries' | 'context'> & {
  /** Which workers take it; `default` unless said. */
  readonly queue?: string
  /** Not before then. */
  readonly runAt?: Date
  /** A URL that gets the outcome by POST, signed. */
  readonly deliverTo?: string
}

/**
 * `waiting` for its time; `parked` until its connection is connected again; `doubtful`: it may have
 * happened, and a person decides; `dead`: given up.
 */
export type JobState = 'ready' | 'waiting' | 'running' | 'parked' | 'doubtful' | 'done' | 'dead'

/** A job as people and programs see it. */
export type Job = {
  readonly id: string
  readonly queue: string
  readonly tenant: string
  readonly connector: string
  readonly method: string
  readonly connection: string | null
  readonly state: JobState
  /** How often it was begun. */
  readonly attempt: number
  readonly createdAt: Date
  /** When it may begin, or begin again; null where it does not wait for a time. */
  readonly dueAt: Date | null
  readonly endedAt: Date | null
  /** What its latest attempt came to; null before there was one. */
  readonly outcome: Outcome | null
}

/** What a worker was given to do. */
export type TakenJob = {
  readonly id: string
  readonly queue: string
  readonly request: CallRequest
  /** From 1. Whoever has an older one has lost the job to somebody else. */
  readonly attempt: number
  /** Attempts whose worker vanished. */
  readonly lost: number
  /** What the last attempt came to, if that is known. */
  readonly outcome: Outcome | null
  /** It was given up with that outcome, and its error handlers have had their turn. */
  readonly isRouted: boolean
  readonly trace: string | null
  readonly createdAt: Date
  readonly dueAt: Date
}

/** How a job ends, or goes on. */
export type Settlement = {
  readonly state: Exclude<JobState, 'ready' | 'running'>
  /** For `waiting`: from now, in milliseconds. */
  readonly delayMs: number
  /** Why, for people and metrics: `retry`, `rate-limit`, `attempts-exhausted`, `may-have-happened`, … */
  readonly because: string
}

/** No connection's name begins like this, and it sorts before them all. */
export const noConnection = '-'

type StoredOutcome = Omit<Outcome, 'trail' | 'failure'> & {
  readonly kind: Outcome['kind']
  readonly trail: Omit<Outcome['trail'], 'startedAt'> & { readonly startedAt: string }
  readonly failure?: FailureRecord
}

export function outcomeText(outcome: Outcome): string {
  return JSON.stringify(outcome)
}

export function readOutcome(text: string): Outcome {
  const stored = JSON.parse(text) as StoredOutcome
  const trail = { ...stored.trail, startedAt: new Date(stored.trail.startedAt) }
  const { failure } = stored
  return { ...stored, trail, ...(failure ? { failure: readFailure(failure) } : {}) } as Outcome
}

function readFailure({ type, message, fault: _, retryAt, cause, ...detail }: FailureRecord) {
  return new CallFailure(type, message, {
    ...detail,
    ...(retryAt === undefined ? {} : { retryAt: new Date(retryAt) }),
    ...(cause === undefined ? {} : { cause: readCause(cause) }),
  })
}

function readCause(cause: NonNullable<FailureRecord['cause']>): Error {
  return 'type' in cause ? readFailure(cause) : new Error(cause.message)
}
