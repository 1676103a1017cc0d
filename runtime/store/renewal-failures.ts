/** The failures that a renewal ends with, and what each says of the request. */
import { CallFailure, type FailureType } from '../model/failure.ts'
import type { Renewal } from '../model/ports.ts'
import type { Recovery } from '../model/verdict.ts'
import type { Fate } from './protocol.ts'
import type { StoreFailure } from './store-failure.ts'

function failureTypeOf(by: Recovery): FailureType {
  return by === 'refresh' ? 'AuthRefreshFailed' : 'AuthSessionFailed'
}

const words = { refresh: 'refresh of the access token', session: 'session lookup' } as const

export function coolingDown(
  by: Recovery,
  { retryAt, last }: { retryAt: Date; last: string | null },
): CallFailure {
  return new CallFailure(
    failureTypeOf(by),
    `The ${words[by]} failed a short while ago${last ? ` (${last})` : ''}; it is tried again after ${retryAt.toISOString()}`,
    { reason: 'cooling-down', retryAt },
  )
}

export function leaseTimeout(by: Recovery, waitedMs: number): CallFailure {
  return new CallFailure(
    failureTypeOf(by),
    `Another process has been at the ${words[by]} for ${Math.round(waitedMs / 1000)} s and has not finished; the credential itself may be good`,
    { reason: 'lease-timeout' },
  )
}

export function storeUnavailable(by: Recovery, cause: StoreFailure): CallFailure {
  return new CallFailure(
    failureTypeOf(by),
    `No ${words[by]} without the store: ${cause.message}${cause.cure ? `. ${cause.cure}` : ''}`,
    { reason: 'store-unavailable', cause },
  )
}

/** Only a new login helps, and the vendor need not be asked to know it. */
export function loginNeeded(reason: string | null): CallFailure {
  return new CallFailure('InvalidCredential', reason ?? 'The connection needs a new login', {
    reason: 'login-needed',
  })
}

export function doubtfulTwice(): CallFailure {
  return new CallFailure(
    'InvalidCredential',
    'The token endpoint was asked twice with the same refresh token and no answer arrived either time; it is not sent again, as the vendor may have replaced it. Connect again',
    { reason: 'in-doubt' },
  )
}

export function lostInDoubt(cause: CallFailure): CallFailure {
  return new CallFailure(
    'InvalidCredential',
    'The answer to an earlier refresh never arrived, and the vendor now refuses that refresh token: it had probably replaced it. Connect again',
    { ...(cause.reason === undefined ? {} : { reason: cause.reason }), cause },
  )
}

export function unanswered({ by, timeoutMs }: Renewal): CallFailure {
  return new CallFailure(
    failureTypeOf(by),
    `The ${words[by]} got no answer within ${timeoutMs / 1000} s`,
    { reason: 'unanswered' },
  )
}

/** A failure of the network or the vendor, told as what it is to the call: its renewal failed. */
export function asRenewalFailure(by: Recovery, failure: CallFailure): CallFailure {
  const { fault, reason, httpCode, retryAt } = failure
  if (fault !== 'network' && fault !== 'vendor') return failure
  return new CallFailure(failureTypeOf(by), `The ${words[by]} failed: ${failure.message}`, {
    reason: reason ?? (failure.type === 'Timeout' ? 'unanswered' : 'unreachable'),
    ...(httpCode === undefined ? {} : { httpCode }),
    ...(retryAt === undefined ? {} : { retryAt }),
    cause: failure,
  })
}

/** The same failure, saying when the renewal is tried again; a worker comes back then. */
export function withRetryAt(failure: CallFailure, retryAt: Date): CallFailure {
  if (failure.fault !== 'renewal') return failure
  const { type, message, reason, httpCode, cause } = failure
  return new CallFailure(type, message, {
    ...(reason === undefined ? {} : { reason }),
    ...(httpCode === undefined ? {} : { httpCode }),
    ...{ retryAt, cause },
  })
}

/** What a failed sending says of the request: unless something else is certain, it may have arrived. */
export function fateOfSending(error: unknown): Fate {
  if (!(error instanceof CallFailure) || error.reason === 'unanswered') return 'unanswered'
  const onTheWay = failuresIn(error).find(({ fault }) => fault === 'network' || fault === 'vendor')
  if (!onTheWay || neverConnected(onTheWay)) return 'unsent'
  return onTheWay.type === 'RateLimited' ? 'answered' : 'unanswered'
}

/** A failure and the failures that caused it, outermost first. */
function failuresIn(error: unknown, depth = 0): readonly CallFailure[] {
  if (!(error instanceof CallFailure) || depth > 8) return []
  return [error, ...failuresIn(error.cause, depth + 1)]
}

const noConnection: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // The handshake ended at the certificate: no request follows one.
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Without a connection nothing was sent; the system says so at the end of the chain of causes. */
function neverConnected(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 8) return false
  if ('code' in error && noConnection.has(error.code)) return true
  return neverConnected(error.cause, depth + 1)
}

/**
 * What a failed reading says of the answer. A vendor's refusal is an answer; a good answer in which
 * no token was found is one that we failed to read, maybe for want of a path in the definition.
 */
export function fateOfReading(error: unknown): Fate {
  if (!(error instanceof CallFailure) || error.httpCode === undefined) return 'unread'
  return error.httpCode < 300 && error.reason === 'no-token' ? 'unread' : 'answered'
}
