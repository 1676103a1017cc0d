import type { ConnectionId, ConnectorName, Tenant } from './ids.ts'
import type { Secret } from './secret.ts'

/**
 * Where a connection stands, in the session words (error-code catalogue, spec section 5.5):
 * `active`; `sessionNotVerified`, login begun or lookup not done; `sessionExpired`, past its expiry
 * with no way to renew; `sessionInactive`, disabled; `sessionInvalid`, only a new login helps.
 */
export type ConnectionState =
  | 'active'
  | 'sessionNotVerified'
  | 'sessionExpired'
  | 'sessionInactive'
  | 'sessionInvalid'

/** Names a connection, for the vault. The tenant comes from the caller, never from a script. */
export type ConnectionKey = { readonly tenant: Tenant; readonly id: ConnectionId }

/** One user's authorised use of one connector. Holds no secret: those are in the credential. */
export type Connection = ConnectionKey & {
  readonly connector: ConnectorName
  readonly state: ConnectionState
  /** Why it is not active, for a person. */
  readonly reason: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly renewal: RenewalState
}

/** How the connection's renewals fare; shown by `connections show`. */
export type RenewalState = {
  readonly count: number
  readonly lastAt: Date | null
  /** Failures in a row; a success makes it 0. */
  readonly failures: number
  readonly lastFailure: string | null
  /** Until then a renewal fails at once, without asking the vendor. */
  readonly coolingUntil: Date | null
}

/**
 * What a connection authenticates with. Each renewal stores a new version; `generation` counts
 * them. The two kinds of renewal are counted apart, so that one who needs a refresh does not take
 * a sibling's session lookup for it.
 */
export type Credential = {
  readonly generation: number
  readonly refreshed: number
  readonly lookedUp: number
  readonly auth: AuthValue
  /** Install-time values of the connector's properties: given once, by a person. */
  readonly properties: Readonly<Record<string, Secret>>
  /** Values that the post-install lookup found. A new session replaces them all. */
  readonly session: Readonly<Record<string, Secret>>
}

export type AuthValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'api_key'; readonly key: Secret }
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | OAuth2Tokens

/** RFC 6749 section 5.1, read tolerantly. */
export type OAuth2Tokens = {
  readonly kind: 'oauth2'
  /** Null before the first grant: a machine grant is asked for at the first call. */
  readonly accessToken: Secret | null
  readonly refreshToken: Secret | null
  /** By our clock at the time of the answer; null where the vendor did not say. */
  readonly expiresAt: Date | null
  readonly issuedAt: Date | null
  readonly scope: string | null
}

/** What one renewal changes; the rest of the credential stays. */
export type Renewed =
  | { readonly by: 'refresh'; readonly auth: OAuth2Tokens }
  | { readonly by: 'session'; readonly session: Readonly<Record<string, Secret>> }
