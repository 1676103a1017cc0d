/** The OAuth 2 refresh as a renewal that the vault can run (RFC 6749 section 6). */
import type { RawTokenAnswer } from '../auth/oauth.ts'
import { readTokenAnswer } from '../auth/token-answer.ts'
import { requestToken } from '../auth/token-request.ts'
import type { Step, WireRequest } from '../model/call.ts'
import type { Credential, OAuth2Tokens } from '../model/connection.ts'
import type { OAuth2Scheme } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { withMergefields } from '../model/origins.ts'
import { parsePath, valueAt } from '../model/path.ts'
import type { EgressPolicy, Renewal } from '../model/ports.ts'
import type { Trip } from './attempt.ts'
import { withoutSecrets } from './conclude.ts'
import { type Execution, policyOf } from './execution.ts'
import { hookTrip } from './oauth/hook-trip.ts'
import {
  afterRefreshError,
  afterTokenAnswer,
  beforeTokenRequest,
  type HookedAnswer,
  type TokenRequestKind,
} from './oauth/token-hooks.ts'
import { refusedByRule } from './oauth/token-rules.ts'
import { mentions } from './scripts.ts'

/** A token answer is small; whatever is larger is no token answer. */
const largestAnswer = 1024 * 1024

/**
 * The hooks before the request run in `send`; those after it in `read`, which the vault calls once
 * the raw answer is stored, maybe in another process: no hook can lose a rotated token. `steps`
 * receives what the hooks did, for the trail.
 */
export function refreshRenewal(execution: Execution, steps: Step[]): Renewal {
  const scheme = schemeOf(execution)
  const { requestMs, hookMs } = execution.call.connector.limits
  const timeoutMs = requestMs + (mentions(execution.call, '_oauth2_') ? 2 * hookMs : 0)
  return {
    by: 'refresh',
    repeatable: scheme.grant !== 'authorization_code',
    timeoutMs,
    send: async (current, signal) => {
      const trip = hookTrip(execution, current, signal)
      const asked = () => redacted(trip, () => ask(execution, trip, signal))
      return JSON.stringify(await noted(trip, steps, asked))
    },
    read: async (answer, current) => {
      const trip = hookTrip(execution, current, AbortSignal.timeout(timeoutMs))
      const raw = JSON.parse(answer) as RawTokenAnswer
      const tokens = () => redacted(trip, () => read(trip, raw))
      return { by: 'refresh', auth: await noted(trip, steps, tokens) }
    },
  }
}

/**
 * Why a renewal failed is stored, and told to others who wait for it: no token that the vendor
 * quoted is in it. One that another process asked for has not been concealed here yet.
 */
async function redacted<Result>(trip: Trip, work: () => Promise<Result>): Promise<Result> {
  const { placeholders } = trip.execution
  const { auth, properties } = trip.credential
  const tokens = auth.kind === 'oauth2' ? [auth.accessToken, auth.refreshToken] : []
  for (const secret of [...tokens, properties.ClientSecret])
    if (secret) placeholders.conceal(secret)
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    throw withoutSecrets(error, (text) => placeholders.redact(text))
  }
}

async function noted<Result>(
  { execution: { trail } }: Trip,
  steps: Step[],
  work: () => Promise<Result>,
): Promise<Result> {
  trail.begin('first')
  try {
    return await work()
  } finally {
    trail.end('')
    steps.push(...trail.trail().attempts.flatMap((made) => made.steps))
  }
}

/** The token endpoint is asked under the connector's own policy, and never redirected. */
function ask(execution: Execution, trip: Trip, signal: AbortSignal): Promise<RawTokenAnswer> {
  const { credential } = trip
  const { connector } = execution.call
  const policy: EgressPolicy = {
    ...policyOf(execution, credential),
    responseBytes: largestAnswer,
    redirects: 0,
  }
  const scheme = schemeOf(execution)
  return requestToken(
    scheme,
    withMergefields(connector, credential),
    async (request: WireRequest) => {
      const shaped = await beforeTokenRequest(trip, kindOf(scheme), request)
      try {
        return await execution.ports.send(shaped, policy, signal)
      } catch (error) {
        throw error instanceof CallFailure ? unanswered(error) : error
      }
    },
  )
}

/** Reads an answer by its rules, then as its hooks leave it; a refusal goes to the hook for errors first. */
async function read(trip: Trip, raw: RawTokenAnswer): Promise<OAuth2Tokens> {
  const scheme = schemeOf(trip.execution)
  const kind = kindOf(scheme)
  const tokensIn = (answer: RawTokenAnswer) =>
    readTokenAnswer(answer, scheme, tokensOf(trip.credential), { now: new Date(), pick })
  const good = raw.status >= 200 && raw.status < 300
  const refused = refusedByRule(raw, scheme)
  const isRead = good && refused === null
  const answer = isRead ? await afterTokenAnswer(trip, kind, raw) : { answer: raw, shown: raw }
  try {
    if (refused) throw refused
    return tokensOrWhyNot(answer, tokensIn)
  } catch (error) {
    if (!(error instanceof CallFailure) || kind !== 'refresh') throw error
    const rescued = await afterRefreshError(trip, answer.shown, error)
    if (rescued === null) throw error
    return tokensOrWhyNot(rescued, tokensIn)
  }
}

/** Throws what is wrong with the answer as the script left it: hooks, the store and people hear of it. */
function tokensOrWhyNot(
  { answer, shown }: HookedAnswer,
  read: (answer: RawTokenAnswer) => OAuth2Tokens,
): OAuth2Tokens {
  try {
    return read(answer)
  } catch (error) {
    if (answer !== shown) read(shown)
    throw error
  }
}

/** The machine grants have no refresh token: each of their renewals is a first grant again. */
function kindOf({ grant }: OAuth2Scheme): TokenRequestKind {
  return grant === 'authorization_code' ? 'refresh' : 'token'
}

/** The renewal failed, not the call's own request: its type says so, its cause says how. */
function unanswered(cause: CallFailure): CallFailure {
  return new CallFailure('AuthRefreshFailed', `Asking for a new token failed: ${cause.message}`, {
    reason: cause.reason ?? cause.type,
    cause,
  })
}

function schemeOf({ call }: Execution): OAuth2Scheme {
  if (call.connector.auth.type !== 'oauth2') throw new TypeError('only OAuth 2 has a refresh')
  return call.connector.auth
}

function tokensOf({ auth }: Credential): OAuth2Tokens {
  if (auth.kind === 'oauth2') return auth
  return {
    kind: 'oauth2',
    accessToken: null,
    refreshToken: null,
    expiresAt: null,
    issuedAt: null,
    scope: null,
  }
}

function pick(content: Json, path: string): Json | undefined {
  const segments = parsePath(path)
  return segments === null ? undefined : valueAt(content, segments)
}
