import type { Call } from '../model/call.ts'
import { isIdempotent } from '../model/connector.ts'
import { type CallFailure, isOutage } from '../model/failure.ts'
import type { Verdict } from '../model/verdict.ts'

/** The first wait; each later one is twice as long, up to the longest. Milliseconds. */
const firstDelay = 500
const longestDelay = 30_000

/**
 * How long to wait before this verdict's attempt is tried again, in milliseconds; null for not at
 * all. A retry is not a replay: nothing rejected the credential, so whether the vendor acted is
 * unknown, and only what may happen twice is sent twice (RFC 9110 section 9.2.2).
 */
export function retryDelay(call: Call, verdict: Verdict, retried: number): number | null {
  if (verdict.kind !== 'reject' || retried >= call.retries) return null
  if (!mayRepeat(call) || !passes(verdict.failure)) return null
  return Math.min(longestDelay, firstDelay * 2 ** retried)
}

/** Allowed for idempotent verbs, and where a key lets the vendor recognise the repetition. */
export function mayRepeat({ method }: Call): boolean {
  if (method.replay === 'never') return false
  return isIdempotent(method.verb) || method.idempotencyKey !== null
}

/** True for a failure that may be gone the next time, with no change on our side. */
function passes(failure: CallFailure): boolean {
  if (failure.reason === 'call-deadline') return false
  if (failure.type === 'Timeout' || failure.type === 'ConnectionError') return true
  return failure.type === 'HttpError' && isOutage(failure.httpCode ?? 0)
}
