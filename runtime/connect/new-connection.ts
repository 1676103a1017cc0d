/** From what a person gives for a connection to what the vault stores. */
import { connectionKey } from '../call/resolve.ts'
import type { AuthValue, ConnectionKey, ConnectionState } from '../model/connection.ts'
import type { AuthScheme, Connector } from '../model/connector.ts'
import { nearest } from '../model/nearest.ts'
import type { NewConnection } from '../model/ports.ts'
import { Secret } from '../model/secret.ts'
import { UsageError } from '../model/usage-error.ts'

export type ConnectionRef = { readonly tenant: string; readonly connection: string }

/** What a person or an operator gives for a new connection. */
export type ConnectionInput = ConnectionRef & {
  readonly connector: string
  /** Values of the connector's properties, and of `ClientId`, `ClientSecret`, `Username` and such. */
  readonly properties?: Readonly<Record<string, string>>
  /** For `api_key`. */
  readonly key?: string
  /** For `basic`. */
  readonly username?: string
  readonly password?: string
  /** OAuth 2 tokens that were obtained elsewhere. */
  readonly tokens?: ImportedTokens
  /** Takes the place of a connection of the same name. */
  readonly replace?: boolean
  /** Begins as `sessionNotVerified`, until `verify` has found that it works. */
  readonly unverified?: boolean
}

export type ImportedTokens = {
  readonly accessToken?: string
  readonly refreshToken?: string
  /** Seconds, from now. */
  readonly expiresIn?: number
  readonly scope?: string
}

/** What the schemes read from a connection's properties beside those that the connector declares. */
const builtIn = ['ClientId', 'ClientSecret', 'ClientKey', 'ClientKeyId', 'Username', 'Password']

export function keyOf(ref: ConnectionRef): ConnectionKey {
  return connectionKey(ref.tenant, ref.connection)
}

/** Throws `UsageError` (`missingFields`, `entityInvalid`), naming what is missing or unknown. */
export function newConnection(
  input: ConnectionInput,
  connector: Connector,
  state: ConnectionState = input.unverified ? 'sessionNotVerified' : 'active',
): NewConnection {
  return {
    ...keyOf(input),
    connector: connector.name,
    auth: authValue(input, connector),
    properties: propertiesOf(input.properties ?? {}, connector),
    state,
    reason: null,
  }
}

/** Throws `UsageError` (`entityInvalid`) for a name that the connector does not know. */
export function propertiesOf(
  properties: Readonly<Record<string, string>>,
  connector: Connector,
): Readonly<Record<string, Secret>> {
  const known = [...connector.properties.map(({ name }) => name), ...builtIn]
  for (const name of Object.keys(properties)) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    throw new UsageError('entityInvalid', `${connector.name} has no property \`${name}\``, {
      ...(near === null ? {} : { cure: `Did you mean \`${near}\`?` }),
    })
  }
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, new Secret(value)]),
  )
}

function authValue(input: ConnectionInput, connector: Connector): AuthValue {
  const { auth } = connector
  if (auth.type === 'api_key') return { kind: 'api_key', key: new Secret(needed(input, 'key')) }
  if (auth.type === 'basic') {
    const password = new Secret(needed(input, 'password'))
    return { kind: 'basic', username: needed(input, 'username'), password }
  }
  if (auth.type === 'oauth2') return oauth2Value(input, auth)
  return { kind: 'none' }
}

function oauth2Value(
  { connector, tokens = {} }: ConnectionInput,
  scheme: Extract<AuthScheme, { type: 'oauth2' }>,
): AuthValue {
  const { accessToken, refreshToken, expiresIn, scope } = tokens
  const bare = accessToken === undefined && refreshToken === undefined
  if (scheme.grant === 'authorization_code' && bare) {
    throw new UsageError('missingFields', `${connector} is connected by a login, or by tokens`, {
      cure: 'Log in with `connect`, or import `access_token` and `refresh_token`',
    })
  }
  const expires = accessToken !== undefined && expiresIn !== undefined && expiresIn > 0
  return {
    kind: 'oauth2',
    accessToken: accessToken === undefined ? null : new Secret(accessToken),
    refreshToken: refreshToken === undefined ? null : new Secret(refreshToken),
    // Obtained elsewhere: nobody here knows how long ago.
    issuedAt: null,
    expiresAt: expires ? new Date(Date.now() + expiresIn * 1000) : null,
    scope: scope ?? null,
  }
}

function needed(input: ConnectionInput, field: 'key' | 'username' | 'password'): string {
  const value = input[field]
  if (value !== undefined && value !== '') return value
  throw new UsageError('missingFields', `A connection to ${input.connector} needs \`${field}\``)
}
