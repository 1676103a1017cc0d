/** One attempt to log in: ten minutes, one use, one browser (RFC 6749 section 10.12). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { LoginSecrets } from '../auth/authorization.ts'
import type { JsonObject } from '../model/json.ts'
import { Secret } from '../model/secret.ts'
import type { AttemptStore } from './attempts.ts'
import { LoginError } from './login-error.ts'

export type LoginAttempt = LoginSecrets & {
  readonly redirectUri: string
  /** What is to be done when the browser comes back. */
  readonly purpose: JsonObject
}

export const attemptMs = 10 * 60 * 1000

type Begun = { readonly attempt: LoginAttempt; readonly ticket: string }

/** Makes up the secrets of a login, and lets it wait. `state` is made up unless given. */
export async function beginAttempt(
  store: AttemptStore,
  login: Pick<LoginAttempt, 'redirectUri' | 'purpose'> & {
    readonly state?: string
    readonly withNonce?: boolean
  },
  now: number,
): Promise<Begun> {
  const attempt: LoginAttempt = {
    state: login.state ?? randomText(),
    verifier: new Secret(randomText()),
    nonce: login.withNonce ? randomText() : null,
    redirectUri: login.redirectUri,
    purpose: login.purpose,
  }
  const ticket = await store.begin(
    JSON.stringify({ ...attempt, verifier: attempt.verifier.reveal(), at: now }),
  )
  return { attempt, ticket }
}

/**
 * The attempt that a browser comes back from. Rejects with `LoginError`: stateMissing, stateInvalid,
 * loginAttemptMissing, loginAttemptExpired, loginAttemptInvalid (used before). A wrong state leaves the
 * attempt alone, so that a stranger's link cannot end somebody's login.
 */
export async function takeAttempt(
  store: AttemptStore,
  back: { readonly state: string | null; readonly ticket: string | null },
  now: number,
): Promise<LoginAttempt> {
  if (!back.state) throw new LoginError('stateMissing', 'The answer to the login has no state.')
  if (!back.ticket) throw missing()
  const found = await store.find(back.ticket)
  if (!found) throw missing()
  if (found.used) throw usedBefore()
  const { at, verifier, ...rest } = JSON.parse(found.content) as Waiting
  if (!isSame(rest.state, back.state)) {
    throw new LoginError('stateInvalid', 'The answer belongs to another login than the one begun.')
  }
  if (now - at > attemptMs) {
    throw new LoginError('loginAttemptExpired', 'The login took longer than ten minutes.')
  }
  if (!(await store.finish(back.ticket))) throw usedBefore()
  return { ...rest, verifier: new Secret(verifier) }
}

type Waiting = Omit<LoginAttempt, 'verifier'> & { readonly verifier: string; readonly at: number }

function missing(): LoginError {
  return new LoginError('loginAttemptMissing', 'No login was begun in this browser.')
}

function usedBefore(): LoginError {
  return new LoginError('loginAttemptInvalid', 'This login was finished before.')
}

/** 256 bits; 43 characters are also what RFC 7636 section 4.1 wants of a verifier. */
function randomText(): string {
  return randomBytes(32).toString('base64url')
}

/** In constant time, whatever the lengths. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one), sha256(other))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
