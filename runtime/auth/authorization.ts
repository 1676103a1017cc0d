/** The authorization code grant with PKCE: the way out, and the way back (RFC 6749 4.1, RFC 7636). */
import { createHash } from 'node:crypto'
import type { Credential } from '../model/connection.ts'
import type { OAuth2Scheme } from '../model/connector.ts'
import type { Json } from '../model/json.ts'
import type { Secret } from '../model/secret.ts'
import { mergefieldsIn } from './mergefields.ts'
import {
  askForTokens,
  clientIdOf,
  endpointOf,
  type OAuthErrand,
  type RawTokenAnswer,
  unknownClient,
} from './oauth.ts'
import { contentOf } from './token-answer.ts'
import { scopeOf } from './token-request.ts'

type Client = Pick<Credential, 'properties'>

/** What one login needs to remember until its answer comes. */
export type LoginSecrets = {
  /** RFC 6749 section 10.12: what comes back must have been sent by us. */
  readonly state: string
  /** RFC 7636 section 4.1. It goes to the token endpoint only, never into a URL. */
  readonly verifier: Secret
  /** OpenID Connect Core section 3.1.2.1; null where nobody asked for `openid`. */
  readonly nonce: string | null
}

/**
 * Where the browser goes to log in. Parameters that the connector wrote into its address stay. Throws
 * `CallFailure` AuthRefreshFailed (reason `invalid_client`) where the client is not known, or its
 * properties do not make an address.
 */
export function authorizationUrl(
  scheme: OAuth2Scheme,
  client: Client,
  login: LoginSecrets & { readonly redirectUri: string },
): URL {
  if (scheme.authorizationUrl === null) throw new TypeError('the scheme has no login')
  const address = endpointOf(scheme.authorizationUrl, client)
  const url = mergefieldsIn(address).length > 0 ? null : URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw unknownClient(`\`${address}\` is no address; a property may be missing`)
  }
  const parameters = {
    response_type: 'code',
    client_id: clientIdOf(scheme, client),
    redirect_uri: login.redirectUri,
    ...scopeOf(scheme),
    state: login.state,
    ...(login.nonce === null ? {} : { nonce: login.nonce }),
    code_challenge: challengeOf(login.verifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url
}

/** RFC 7636 section 4.2, the one method that hides the verifier. */
export function challengeOf(verifier: Secret): string {
  return createHash('sha256').update(verifier.reveal()).digest('base64url')
}

/** Trades the code for tokens (RFC 6749 section 4.1.3). Rejects as `askForTokens` does. */
export function exchangeCode(
  errand: OAuthErrand,
  login: { readonly code: string; readonly redirectUri: string; readonly verifier: Secret },
): Promise<RawTokenAnswer> {
  return askForTokens(errand, 'authorization_code', {
    code: login.code,
    redirect_uri: login.redirectUri,
    code_verifier: login.verifier.reveal(),
  })
}

/**
 * Whether an answer came from the server that was asked (RFC 9207 section 2.4). A connector that
 * names its `issuer` wants exactly that one; else an `iss` that is there must belong to the origin
 * of one of the scheme's endpoints, and none is as good as any.
 */
export function isFromIssuer(scheme: OAuth2Scheme, client: Client, iss: string | null): boolean {
  if (scheme.issuer !== undefined) return iss === scheme.issuer
  if (iss === null) return true
  const endpoints = [scheme.authorizationUrl, scheme.tokenUrl]
    .filter((template) => template !== null)
    .map((template) => URL.parse(endpointOf(template, client))?.origin)
  const { origin } = URL.parse(iss) ?? {}
  return origin !== undefined && endpoints.includes(origin)
}

/**
 * Whether the id token of an answer, if there is one, is that of this login. It came straight from
 * the token endpoint, whose TLS vouches for it (OpenID Connect Core section 3.1.3.7, 6).
 */
export function hasNonce(answer: RawTokenAnswer, nonce: string | null): boolean {
  if (nonce === null) return true
  const content = contentOf(answer) as { readonly id_token?: Json } | null
  const token = typeof content === 'object' ? content?.id_token : undefined
  return typeof token !== 'string' || claimsOf(token).nonce === nonce
}

function claimsOf(token: string): { readonly nonce?: unknown } {
  const [, payload = ''] = token.split('.')
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return typeof claims === 'object' && claims !== null ? claims : {}
  } catch {
    return {}
  }
}
