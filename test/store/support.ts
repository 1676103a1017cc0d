import { randomBytes } from 'node:crypto'
import type { ConnectionKey, OAuth2Tokens } from '../../runtime/model/connection.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { asConnectionId, asConnectorName, asTenant } from '../../runtime/model/ids.ts'
import type { NewConnection, Renewal } from '../../runtime/model/ports.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { type KeyProvider, localKeys } from '../../runtime/store/keys.ts'

export const acme: ConnectionKey = { tenant: asTenant('acme'), id: asConnectionId('crm') }
export const other: ConnectionKey = { tenant: asTenant('other'), id: asConnectionId('crm') }

export function someKeys(): KeyProvider {
  return localKeys([randomBytes(32)], 'the test')
}

export function tokens(number: number): OAuth2Tokens {
  return {
    kind: 'oauth2',
    accessToken: new Secret(`access-${number}`),
    refreshToken: new Secret(`refresh-${number}`),
    expiresAt: null,
    issuedAt: null,
    scope: 'all',
  }
}

export function newConnection(key: ConnectionKey = acme): NewConnection {
  return {
    ...key,
    connector: asConnectorName('crm'),
    auth: tokens(0),
    properties: { ClientSecret: new Secret('client-secret') },
    state: 'active',
    reason: null,
  }
}

export function never(): AbortSignal {
  return new AbortController().signal
}

export function accessTokenOf({ auth }: { auth: unknown }): string | undefined {
  return (auth as OAuth2Tokens).accessToken?.reveal()
}

/**
 * A renewal that counts what it sends. `send` says what the vendor answers: the number of the new
 * token, or an OAuth error code, or a status.
 */
export type CountedRenewal = Renewal & { sent: number }

type Answering = (number: number, signal: AbortSignal) => Promise<string> | string

export function refresh(answering: Answering, timeoutMs = 1_000): CountedRenewal {
  const renewal: CountedRenewal = {
    by: 'refresh',
    repeatable: false,
    timeoutMs,
    sent: 0,
    send: async (_current, signal) => answering(++renewal.sent, signal),
    read: async (answer) => ({ by: 'refresh', auth: readAnswer(answer) }),
  }
  return renewal
}

export function lookup(answering: Answering, timeoutMs = 1_000): CountedRenewal {
  const renewal: CountedRenewal = {
    by: 'session',
    repeatable: true,
    timeoutMs,
    sent: 0,
    send: async (_current, signal) => answering(++renewal.sent, signal),
    read: async (answer) => ({ by: 'session', session: { SessionId: new Secret(answer) } }),
  }
  return renewal
}

/** Reads what the tests' vendors answer: the number of the new token, an error, or a status. */
export function readAnswer(answer: string): OAuth2Tokens {
  if (/^\d+$/.test(answer)) return tokens(Number(answer))
  if (answer === 'invalid_grant') {
    throw new CallFailure('InvalidCredential', 'the refresh token is dead', {
      reason: 'invalid_grant',
      httpCode: 400,
    })
  }
  const httpCode = Number(answer.slice('status '.length))
  throw new CallFailure('AuthRefreshFailed', `the token endpoint said ${httpCode}`, {
    reason: httpCode < 300 ? 'no-token' : `http-${httpCode}`,
    httpCode,
  })
}
