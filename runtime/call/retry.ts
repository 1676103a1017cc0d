import type { Attempt, Call } from '../model/call.ts'
import { type CallFailure, isOutage } from '../model/failure.ts'
import type { Verdict } from '../model/verdict.ts'
import { mayRepeat, scriptsActed } from './repeats.ts'

/** The first wait; each later one is twice as long, up to the longest. Milliseconds. */
const firstDelay = 500
const longestDelay = 30_000

/** What an attempt came to, what it did on its way, and how many were retries already. */
export type Tried = {
  readonly verdict: Verdict
  readonly attempt: Pick<Attempt, 'steps'>
  readonly retried: number
}

/**
 * How long to wait before this verdict's attempt is tried again, in milliseconds; null for not at
 * all. A retry is not a replay: nothing rejected the credential, so whether the vendor acted is
 * unknown, and only what may happen twice is sent twice (RFC 9110 section 9.2.2).
 */
export function retryDelay(call: Call, { verdict, attempt, retried }: Tried): number | null {
  if (verdict.kind !== 'reject' || retried >= call.retries) return null
  if (!mayRepeat(call) || !passes(verdict.failure)) return null
  if (scriptsActed(call, [attempt])) return null
  return Math.min(longestDelay, firstDelay * 2 ** retried)
}

/** True for a failure that may be gone the next time, with no change on our side. */
function passes(failure: CallFailure): boolean {
  if (failure.reason === 'call-deadline') return false
  if (failure.type === 'Timeout' || failure.type === 'ConnectionError') return true
  return failure.type === 'HttpError' && isOutage(failure.httpCode ?? 0)
}
