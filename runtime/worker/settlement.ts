/** What becomes of a job: the table of failures decides, and what may happen twice. */
import type { Outcome } from '../model/call.ts'
import { type CallFailure, failureTypes, isOutage } from '../model/failure.ts'
import type { Settlement } from './job.ts'

export type Circumstances = {
  /** From 1. */
  readonly attempt: number
  readonly mostAttempts: number
  readonly repeats: Repeats
  /** Milliseconds of the wall clock, which `retryAt` is measured by. */
  readonly now: number
  /** From 0 to 1. */
  readonly random: () => number
}

/**
 * How often a method may reach its vendor. `freely`: an idempotent verb (RFC 9110 section 9.2.2), or
 * one with an idempotency key. `if-refused`: again only where the vendor certainly did not act.
 * `never`: its author says `replay: never`.
 */
export type Repeats = 'freely' | 'if-refused' | 'never'

const done: Settlement = { state: 'done', delayMs: 0, because: 'done' }

export function settle(outcome: Outcome, circumstances: Circumstances): Settlement {
  if (outcome.kind !== 'failure') return done
  const { failure } = outcome
  const sent = wasSent(outcome)
  switch (failureTypes[failure.type].worker) {
    case 'give-up':
      return ended('dead', 'given-up')
    case 'park':
      return again(ended('parked', 'connection'), sent, circumstances)
    case 'retry-later':
      if (failure.reason === 'rejected-again') {
        return again(ended('parked', 'connection'), sent, circumstances)
      }
      return again(retry(failure, circumstances), sent, circumstances)
    case 'retry-if-idempotent':
      return retryIfRepeatable(failure, sent, circumstances)
  }
}

/** Something was thrown that is no outcome: a bug of ours, or a store that went away in the middle. */
export function settleThrown(circumstances: Circumstances): Settlement {
  if (circumstances.repeats !== 'freely') return ended('doubtful', 'may-have-happened')
  return backOff('fault', circumstances)
}

/** Nobody knows how far the last attempt of a job came: its worker is gone. */
export function mayBegin(job: { readonly lost: number }, repeats: Repeats): boolean {
  return job.lost === 0 || repeats === 'freely'
}

function retryIfRepeatable(
  failure: CallFailure,
  sent: boolean,
  circumstances: Circumstances,
): Settlement {
  const { repeats } = circumstances
  if (failure.type === 'HttpError') {
    const passes = isOutage(failure.httpCode ?? 0) && repeats === 'freely'
    return passes ? backOff('retry', circumstances) : ended('dead', 'given-up')
  }
  if (repeats === 'freely') return backOff('retry', circumstances)
  return sent ? ended('doubtful', 'may-have-happened') : ended('dead', 'given-up')
}

/** A call that its author lets out only once is for a person to decide on, once it was out. */
function again(settlement: Settlement, sent: boolean, { repeats }: Circumstances): Settlement {
  if (repeats === 'never' && sent) return ended('doubtful', 'may-have-happened')
  return settlement
}

function retry(failure: CallFailure, circumstances: Circumstances): Settlement {
  if (failure.retryAt === undefined) return backOff('retry', circumstances)
  const { attempt, mostAttempts, now, random } = circumstances
  if (attempt >= mostAttempts) return ended('dead', 'attempts-exhausted')
  const wait = Math.max(0, failure.retryAt.getTime() - now)
  // Never before that time, and not all of them in the same moment after it.
  const delayMs = Math.min(longestDelay, wait) + random() * Math.min(1_000, wait / 10 + 100)
  return { state: 'waiting', delayMs: Math.round(delayMs), because: 'retry-at' }
}

const firstDelay = 1_000
const longestBackOff = 15 * 60_000
/** What one statement can say; a vendor who wants more is asked again then. */
const longestDelay = 24 * 3_600_000

/** Twice as long each time, and anywhere in the upper half of that. */
function backOff(because: string, circumstances: Circumstances): Settlement {
  const { attempt, mostAttempts, random } = circumstances
  if (attempt >= mostAttempts) return ended('dead', 'attempts-exhausted')
  const longest = Math.min(longestBackOff, firstDelay * 2 ** Math.min(attempt - 1, 20))
  return { state: 'waiting', delayMs: Math.round(longest * (0.5 + 0.5 * random())), because }
}

function ended(state: Settlement['state'], because: string): Settlement {
  return { state, delayMs: 0, because }
}

/** True unless the trail shows that no request went out, or that none reached anybody. */
function wasSent({ trail }: Outcome): boolean {
  return trail.attempts.some(({ steps }) => steps.some(({ kind }) => kind === 'request'))
}
