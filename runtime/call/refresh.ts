/** The OAuth 2 refresh as a renewal that the vault can run (RFC 6749 section 6). */
import type { RawTokenAnswer } from '../auth/oauth.ts'
import { readTokenAnswer } from '../auth/token-answer.ts'
import { requestToken } from '../auth/token-request.ts'
import type { Credential, OAuth2Tokens } from '../model/connection.ts'
import type { OAuth2Scheme } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { parsePath, valueAt } from '../model/path.ts'
import type { EgressPolicy, Renewal } from '../model/ports.ts'
import { type Execution, policyOf } from './execution.ts'

/** A token answer is small; whatever is larger is no token answer. */
const largestAnswer = 1024 * 1024

export function refreshRenewal(execution: Execution): Renewal {
  const scheme = schemeOf(execution)
  return {
    by: 'refresh',
    repeatable: scheme.grant !== 'authorization_code',
    timeoutMs: execution.call.connector.limits.requestMs,
    send: async (current, signal) => JSON.stringify(await ask(execution, current, signal)),
    read: async (answer, current) => ({
      by: 'refresh',
      auth: readTokenAnswer(JSON.parse(answer) as RawTokenAnswer, scheme, tokensOf(current), {
        now: new Date(),
        pick,
      }),
    }),
  }
}

/** The token endpoint is asked under the connector's own policy, and never redirected. */
function ask(
  execution: Execution,
  current: Credential,
  signal: AbortSignal,
): Promise<RawTokenAnswer> {
  const policy: EgressPolicy = {
    ...policyOf(execution, current),
    responseBytes: largestAnswer,
    redirects: 0,
  }
  return requestToken(schemeOf(execution), current, async (request) => {
    try {
      return await execution.ports.send(request, policy, signal)
    } catch (error) {
      throw error instanceof CallFailure ? unanswered(error) : error
    }
  })
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
