/** What every OAuth login has in common, in a browser or on another device: its beginning and end. */
import type { OAuthErrand, RawTokenAnswer } from '../auth/oauth.ts'
import { readRefusal, readTokenAnswer } from '../auth/token-answer.ts'
import type { HookedLogin, LoginHooks } from '../call/oauth/login-hooks.ts'
import { refusedByRule } from '../call/oauth/token-rules.ts'
import type { WireRequest } from '../model/call.ts'
import type { Connection, ConnectionKey, Credential, OAuth2Tokens } from '../model/connection.ts'
import type { Connector, OAuth2Scheme } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { fillOrigins, mergefieldValues, withMergefields } from '../model/origins.ts'
import { parsePath, valueAt } from '../model/path.ts'
import type { Catalogue, Connections, Send, Vault } from '../model/ports.ts'
import type { Secret } from '../model/secret.ts'
import { UsageError } from '../model/usage-error.ts'
import { demandConnector } from './demand-connector.ts'
import { LoginError, withoutSecrets } from './login-error.ts'
import { type ConnectionRef, keyOf, propertiesOf } from './new-connection.ts'
import type { Verification } from './verify.ts'

/** What a login needs from outside. */
export type LoginPorts = {
  readonly catalogue: Catalogue
  readonly vault: Pick<Vault, 'current'> & Connections
  readonly send: Send
  readonly allowPrivate: readonly string[]
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** The hooks of the connector's script around a login; where absent, no script takes part. */
  readonly openHooks?: (login: HookedLogin, signal: AbortSignal) => Promise<LoginHooks>
  /** The lookup, then the test call; says where the connection then stands. */
  readonly verify: (ref: ConnectionRef, signal: AbortSignal) => Promise<Verification>
}

/** Which connection a login is to make. */
export type LoginTarget = ConnectionRef & {
  readonly connector: string
  /** The connector's properties, and `ClientId`, `ClientSecret`. */
  readonly properties?: Readonly<Record<string, string>>
  /** Takes the place of a connection of the same name, once the login has succeeded. */
  readonly replace?: boolean
}

export type Login = {
  readonly target: LoginTarget
  readonly key: ConnectionKey
  readonly connector: Connector
  readonly scheme: OAuth2Scheme
  readonly properties: Readonly<Record<string, Secret>>
}

export type FinishedLogin = {
  readonly connection: Connection
  readonly verification: Verification
}

export const noTokens: OAuth2Tokens = {
  kind: 'oauth2',
  accessToken: null,
  refreshToken: null,
  expiresAt: null,
  issuedAt: null,
  scope: null,
}

/**
 * Reads what a login is for, and changes nothing. Rejects with `UsageError` (connectionMissing,
 * entityInvalid) for a connector that is not there, knows no login, or has no such property.
 */
export async function readTarget(target: LoginTarget, ports: LoginPorts): Promise<Login> {
  const connector = await demandConnector(target.connector, ports.catalogue)
  const { auth } = connector
  if (auth.type !== 'oauth2' || auth.grant !== 'authorization_code') {
    throw new UsageError('entityInvalid', `${connector.name} is not connected by a login`, {
      cure: 'Give what it asks for instead: `hookline connect` does.',
    })
  }
  const properties = propertiesOf(target.properties ?? {}, connector)
  return { target, key: keyOf(target), connector, scheme: auth, properties }
}

/**
 * Enters the connection as one whose login has begun; one that is to be replaced stays as it is until
 * the new login is there. Rejects with `UsageError` (entityInvalid) where its name is taken.
 */
export async function reserve(login: Login, { vault }: LoginPorts): Promise<void> {
  const { key, connector, properties, target } = login
  const existing = await vault.get(key)
  if (existing && !(await isVacant(existing, vault))) {
    if (target.replace) return
    throw new UsageError('entityInvalid', `There is already a connection \`${key.id}\``, {
      cure: 'Take another name, or replace it.',
    })
  }
  await vault.create(
    {
      ...key,
      ...{ connector: connector.name, auth: noTokens, properties },
      ...{ state: 'sessionNotVerified', reason: 'The login has begun, and is not finished' },
    },
    { replace: existing !== null },
  )
}

/** Nothing is left of a login that came to nothing. */
export async function forgo({ key }: Pick<Login, 'key'>, { vault }: LoginPorts): Promise<void> {
  const existing = await vault.get(key)
  if (existing?.state === 'sessionNotVerified' && (await isVacant(existing, vault))) {
    await vault.remove(key)
  }
}

/** Stores the tokens before anything else is tried, then verifies the connection. */
export async function finishLogin(
  login: Login,
  tokens: OAuth2Tokens,
  { ports, signal }: { readonly ports: LoginPorts; readonly signal: AbortSignal },
): Promise<FinishedLogin> {
  const { key, connector, properties, target } = login
  await ports.vault.create(
    {
      ...key,
      ...{ connector: connector.name, auth: tokens, properties },
      ...{ state: 'sessionNotVerified', reason: 'Logged in, and not tried yet' },
    },
    { replace: true },
  )
  const verification = await ports.verify(target, signal)
  const connection = await ports.vault.get(key)
  if (connection) return { connection, verification }
  throw new LoginError('sessionMissing', `${key.id} was removed while it was verified.`)
}

/** Waits for the hooks of a login to be ready; null where there are none. */
export async function hooksOf(
  login: Login,
  ports: LoginPorts,
  signal: AbortSignal,
): Promise<LoginHooks | null> {
  return (await ports.openHooks?.(login, signal)) ?? null
}

/**
 * Asks for tokens by a grant of a login, with its hooks before and after. Rejects as the grant does,
 * or with `CallFailure` of the Script types.
 */
export async function askHooked(
  errand: OAuthErrand,
  hooks: LoginHooks | null,
  grant: (errand: OAuthErrand) => Promise<RawTokenAnswer>,
): Promise<RawTokenAnswer> {
  if (hooks === null) return grant(errand)
  const { transport } = errand
  const hooked = {
    ...errand,
    transport: async (request: WireRequest) => transport(await hooks.beforeToken(request)),
  }
  return hooks.afterToken(await grant(hooked))
}

/** The way to the vendor's OAuth endpoints, under the connector's own policy, never redirected. */
export function errandOf(
  {
    connector,
    scheme,
    ...of
  }: Pick<Login, 'connector' | 'scheme' | 'properties'> & {
    readonly session?: Credential['session']
  },
  ports: Pick<LoginPorts, 'send' | 'allowPrivate'>,
  signal: AbortSignal,
): OAuthErrand {
  const policy = {
    origins: fillOrigins(connector.origins, mergefieldValues(connector, of)),
    allowPrivate: ports.allowPrivate,
    requestMs: connector.limits.requestMs,
    responseBytes: 1024 * 1024,
    redirects: 0,
  }
  const transport: OAuthErrand['transport'] = (request) => ports.send(request, policy, signal)
  return { scheme, credential: withMergefields(connector, of), transport }
}

/** Throws `LoginError` (genericError) where a rule of the connector says that the answer is an error. */
export function heldToRules(
  answer: RawTokenAnswer,
  { scheme, properties }: Pick<Login, 'scheme' | 'properties'>,
  secrets: readonly Secret[],
): RawTokenAnswer {
  const refused = refusedByRule(answer, scheme)
  if (refused === null) return answer
  const known = [...secrets, ...Object.values(properties)]
  throw new LoginError('genericError', withoutSecrets(refused.message, known))
}

/** The tokens of an answer. Throws `LoginError`: the vendor's code, or entityInvalid without a token. */
export function tokensIn(
  answer: RawTokenAnswer,
  { scheme, properties }: Pick<Login, 'scheme' | 'properties'>,
  { now, secrets }: { readonly now: number; readonly secrets: readonly Secret[] },
): OAuth2Tokens {
  try {
    return readTokenAnswer(answer, scheme, noTokens, { now: new Date(now), pick })
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
  }
  const { code, description } = readRefusal(answer, scheme, pick)
  const known = [...secrets, ...Object.values(properties)]
  const said = withoutSecrets(description ?? '', known)
  if (code !== null) throw new LoginError(withoutSecrets(code, known), said)
  if (answer.status >= 200 && answer.status < 300) {
    throw new LoginError('entityInvalid', 'The token answer has no access token.')
  }
  throw new LoginError('genericError', said || `The vendor answered with HTTP ${answer.status}.`)
}

export function pick(content: Json, path: string): Json | undefined {
  return valueAt(content, parsePath(path))
}

/** What keeps a login from the vendor, in session words. Anything but a `CallFailure` stays. */
export function asLoginError(error: unknown): unknown {
  if (!(error instanceof CallFailure)) return error
  const { message, reason, type } = error
  if (type === 'Timeout' || type === 'ConnectionError') {
    return new LoginError('networkError', message, { cause: error })
  }
  const noClient = reason === 'invalid_client' && message.includes('client id')
  return new LoginError(noClient ? 'organizationIdMissing' : 'genericError', message, {
    cause: error,
  })
}

/** A login that never ended, or a connection that was disconnected: nothing is lost with it. */
async function isVacant(
  { tenant, id, state }: Connection,
  vault: Pick<Vault, 'current'>,
): Promise<boolean> {
  if (state === 'active') return false
  const { auth, properties } = await vault.current({ tenant, id })
  if (auth.kind === 'oauth2') return auth.accessToken === null && auth.refreshToken === null
  return auth.kind === 'none' && Object.keys(properties).length === 0
}
