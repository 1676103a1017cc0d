/** The end of a connection: the vendor is told where it can be, and here nothing secret is left. */
import { revokeTokens } from '../auth/revocation.ts'
import { readRefusal } from '../auth/token-answer.ts'
import type { ConnectionKey, Credential } from '../model/connection.ts'
import type { Connector } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { UsageError } from '../model/usage-error.ts'
import { errandOf, type LoginPorts, noTokens, pick } from './login.ts'
import { LoginError, withoutSecrets } from './login-error.ts'

/** `unsupported`: the connector names no `revocation_url`. `nothing`: there was no token to revoke. */
export type Disconnection = {
  readonly revocation: 'revoked' | 'failed' | 'unsupported' | 'nothing'
  /** Why the vendor could not be told; null unless `failed`. */
  readonly failure: LoginError | null
}

/**
 * Revokes the tokens where the vendor can, and removes every secret whether it could or not. The
 * connection stays, as `sessionInactive`. Rejects with `UsageError` (sessionMissing).
 */
export async function disconnect(
  key: ConnectionKey,
  ports: LoginPorts,
  signal: AbortSignal,
): Promise<Disconnection> {
  const existing = await ports.vault.get(key)
  if (!existing) throw new UsageError('sessionMissing', `There is no connection \`${key.id}\``)
  const connector = await ports.catalogue.find(existing.connector).catch(() => null)
  const credential = await ports.vault.current(key)
  const ended = await revoke(connector, credential, { ports, signal })
  const why = ended.failure ? `; the vendor was not told: ${ended.failure.message}` : ''
  await ports.vault.create(
    {
      ...key,
      connector: existing.connector,
      auth: credential.auth.kind === 'oauth2' ? noTokens : { kind: 'none' },
      properties: {},
      state: 'sessionInactive',
      reason: `Disconnected${why}`,
    },
    { replace: true },
  )
  return ended
}

async function revoke(
  connector: Connector | null,
  { auth, properties, session }: Credential,
  { ports, signal }: { readonly ports: LoginPorts; readonly signal: AbortSignal },
): Promise<Disconnection> {
  if (auth.kind !== 'oauth2' || (!auth.accessToken && !auth.refreshToken)) {
    return { revocation: 'nothing', failure: null }
  }
  if (connector?.auth.type !== 'oauth2' || connector.auth.revocationUrl === null) {
    return { revocation: 'unsupported', failure: null }
  }
  const scheme = connector.auth
  try {
    const errand = errandOf({ connector, scheme, properties, session }, ports, signal)
    const [refused] = await revokeTokens(errand, auth)
    if (!refused) return { revocation: 'revoked', failure: null }
    const { code, description } = readRefusal(refused, scheme, pick)
    const secrets = [auth.accessToken, auth.refreshToken, ...Object.values(properties)]
    const said = description ?? `HTTP ${refused.status}`
    const known = secrets.filter((secret) => secret !== null)
    return failed(new LoginError(code ?? 'genericError', withoutSecrets(said, known)))
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    return failed(new LoginError('networkError', error.message, { cause: error }))
  }
}

function failed(failure: LoginError): Disconnection {
  return { revocation: 'failed', failure }
}
