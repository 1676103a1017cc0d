/** A login in a browser, in three steps: out to the vendor, back, and to the end. */
import { exchangeCode, hasNonce, isFromIssuer } from '../auth/authorization.ts'
import type { OAuthErrand, RawTokenAnswer } from '../auth/oauth.ts'
import type { JsonObject } from '../model/json.ts'
import { withMergefields } from '../model/origins.ts'
import { Secret } from '../model/secret.ts'
import type { AttemptStore } from './attempts.ts'
import { authorizationRequest } from './authorization-request.ts'
import { type Callback, demandCode } from './callback.ts'
import {
  askHooked,
  asLoginError,
  errandOf,
  type FinishedLogin,
  finishLogin,
  forgo,
  heldToRules,
  hooksOf,
  type Login,
  type LoginPorts,
  type LoginTarget,
  readTarget,
  reserve,
  tokensIn,
} from './login.ts'
import { beginAttempt, type LoginAttempt, takeAttempt } from './login-attempt.ts'
import { LoginError } from './login-error.ts'

export type Beginning = {
  readonly attempts: AttemptStore
  readonly redirectUri: string
  /** Where the browser goes when all is done; kept for whoever finishes the login. */
  readonly returnTo?: string
  /** Why the last attempt failed; a vendor may show it (RFC 6749 section 3.1: or ignore it). */
  readonly errorMessage?: string
}

/**
 * Begins a login. Resolves to where the browser is to go, and to the ticket that it must bring back.
 * Rejects with `UsageError` as `readTarget` and `reserve` do, or with `LoginError`.
 */
export async function beginLogin(
  target: LoginTarget,
  beginning: Beginning,
  ports: LoginPorts,
): Promise<{ readonly location: URL; readonly ticket: string }> {
  const login = await readTarget(target, ports)
  const { attempts, redirectUri, returnTo, errorMessage } = beginning
  const { tenant, connection, connector, properties = {}, replace = false } = target
  const purpose: JsonObject = {
    ...{ tenant, connection, connector, properties, replace },
    returnTo: returnTo ?? null,
  }
  const withNonce = login.scheme.scopes.includes('openid')
  const begun = await beginAttempt(attempts, { redirectUri, purpose, withNonce }, ports.now())
  try {
    const location = await authorizationRequest(login, begun.attempt, ports)
    if (errorMessage) location.searchParams.set('error_message', errorMessage)
    await reserve(login, ports)
    return { location, ticket: begun.ticket }
  } catch (error) {
    throw asLoginError(error)
  }
}

/** A browser that has come back to the login that it began. */
export type Arrival = {
  readonly attempt: LoginAttempt
  readonly callback: Callback
  readonly login: Login
  readonly returnTo: string | null
}

/** Rejects with `LoginError` where the answer is to no login, or not to one that is open. */
export async function arrive(
  { callback, ticket }: { readonly callback: Callback; readonly ticket: string | null },
  attempts: AttemptStore,
  ports: LoginPorts,
): Promise<Arrival> {
  const { state } = callback
  const attempt = await takeAttempt(attempts, { state, ticket }, ports.now())
  const { returnTo, ...target } = attempt.purpose
  const login = await readTarget(target as LoginTarget, ports)
  return { attempt, callback, login, returnTo: typeof returnTo === 'string' ? returnTo : null }
}

/**
 * Trades the code for tokens, stores and verifies them. Rejects with `LoginError`, and then nothing
 * is stored; a connection that does not work is stored all the same, and its verification says so.
 */
export async function settle(
  { attempt, callback, login }: Arrival,
  ports: LoginPorts,
  signal: AbortSignal,
): Promise<FinishedLogin> {
  try {
    const { connector, scheme, properties } = login
    const client = withMergefields(connector, { properties })
    if (!isFromIssuer(scheme, client, callback.issuer)) {
      throw new LoginError('stateInvalid', 'The answer comes from another server than was asked.')
    }
    const code = demandCode(callback)
    const secrets = [new Secret(code), attempt.verifier]
    using hooks = await hooksOf(login, ports, signal)
    const answer = await askHooked(errandOf(login, ports, signal), hooks, (errand) =>
      redeem(errand, { ...attempt, code }).then((raw) => heldToRules(raw, login, secrets)),
    )
    const tokens = tokensIn(answer, login, { now: ports.now(), secrets })
    return await finishLogin(login, tokens, { ports, signal })
  } catch (error) {
    await forgo(login, ports)
    throw asLoginError(error)
  }
}

/** Whose login it was is read from what the vendor sent, before a script may change it. */
async function redeem(
  errand: OAuthErrand,
  attempt: LoginAttempt & { readonly code: string },
): Promise<RawTokenAnswer> {
  const answer = await exchangeCode(errand, attempt)
  if (hasNonce(answer, attempt.nonce)) return answer
  throw new LoginError('stateInvalid', 'The id token belongs to another login.')
}
