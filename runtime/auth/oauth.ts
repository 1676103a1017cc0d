/**
 * The only file that knows oauth4webapi: it posts the forms of OAuth 2 with the client's own
 * authentication. What comes back is kept as it came, as that library's reading is too strict for us.
 */
import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import type { Reply, WireRequest } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import type { OAuth2Scheme } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Secret } from '../model/secret.ts'
import { fillMergefields } from './mergefields.ts'

/** Puts a request to an OAuth endpoint on the wire; bound to the connector's own egress policy. */
export type TokenTransport = (request: WireRequest) => Promise<Reply>

/** A token answer as it came, in a form that can be stored before anybody judges it. */
export type RawTokenAnswer = {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Who asks, and over which way. The client's secrets are properties of the credential. */
export type OAuthErrand = {
  readonly scheme: OAuth2Scheme
  readonly credential: Pick<Credential, 'properties'>
  readonly transport: TokenTransport
}

/**
 * Posts to the token endpoint (RFC 6749 section 3.2). This and the others reject with `CallFailure`
 * AuthRefreshFailed (reason `invalid_client`) where the client is not known, or with whatever the
 * transport rejects with.
 */
export async function askForTokens(
  errand: OAuthErrand,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
): Promise<RawTokenAnswer> {
  const { server, client, authentication, options, answer } = prepare(errand)
  const form = { ...errand.scheme.tokenParameters, ...parameters }
  await oauth.genericTokenEndpointRequest(server, client, authentication, grantType, form, options)
  return answer()
}

/** Posts to the device authorization endpoint (RFC 8628 section 3.1), which the scheme must have. */
export async function askForDeviceCode(
  errand: OAuthErrand,
  parameters: Readonly<Record<string, string>>,
): Promise<RawTokenAnswer> {
  const { server, client, authentication, options, answer } = prepare(errand)
  await oauth.deviceAuthorizationRequest(server, client, authentication, { ...parameters }, options)
  return answer()
}

/** Posts to the revocation endpoint (RFC 7009 section 2.1), which the scheme must have. */
export async function askToRevoke(
  errand: OAuthErrand,
  token: Secret,
  hint: 'access_token' | 'refresh_token',
): Promise<RawTokenAnswer> {
  const { server, client, authentication, options, answer } = prepare(errand)
  const additionalParameters = { token_type_hint: hint }
  await oauth.revocationRequest(server, client, authentication, token.reveal(), {
    ...options,
    additionalParameters,
  })
  return answer()
}

export function clientIdOf(
  scheme: OAuth2Scheme,
  { properties }: Pick<Credential, 'properties'>,
): string {
  const id = scheme.clientId ?? properties.ClientId?.reveal()
  if (id) return id
  throw unknownClient('no client id: set `auth.client_id`, or the property `ClientId`')
}

/** A vendor with a host per customer: `https://{{Dc}}.vendor.example/token`. */
export function endpointOf(
  template: string,
  { properties }: Pick<Credential, 'properties'>,
): string {
  const values = Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, value.reveal()]),
  )
  return fillMergefields(template, values, encodeURIComponent)
}

export function unknownClient(what: string): CallFailure {
  return new CallFailure('AuthRefreshFailed', `Cannot ask for a token: ${what}`, {
    reason: 'invalid_client',
  })
}

function prepare({ scheme, credential, transport }: OAuthErrand) {
  const tokenUrl = endpointOf(scheme.tokenUrl, credential)
  if (!URL.canParse(tokenUrl)) throw unknownClient(`\`${tokenUrl}\` is no address`)
  const { deviceAuthorizationUrl, revocationUrl } = scheme
  const server: oauth.AuthorizationServer = {
    issuer: new URL(tokenUrl).origin,
    token_endpoint: tokenUrl,
    ...(deviceAuthorizationUrl === null
      ? {}
      : { device_authorization_endpoint: endpointOf(deviceAuthorizationUrl, credential) }),
    ...(revocationUrl === null
      ? {}
      : { revocation_endpoint: endpointOf(revocationUrl, credential) }),
  }
  const client: oauth.Client = { client_id: clientIdOf(scheme, credential) }
  const authentication = clientAuthentication(scheme, credential, tokenUrl)
  const { fetch, answer } = captureReply(transport)
  // Whether plain http will do is the egress policy's to say, for every request alike.
  const options = { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true as const }
  return { server, client, authentication, options, answer }
}

/** RFC 6749 section 2.3.1; RFC 7523 section 2.2. The keys are the connection's own properties. */
function clientAuthentication(
  scheme: OAuth2Scheme,
  { properties }: Pick<Credential, 'properties'>,
  tokenUrl: string,
): oauth.ClientAuth {
  const { ClientSecret: secret, ClientKey: key, ClientKeyId: keyId } = properties
  if (scheme.clientAuthentication === 'private_key_jwt') {
    if (!key) throw unknownClient('private_key_jwt needs the property `ClientKey` (PKCS #8, PEM)')
    return signedAssertion(key, keyId, tokenUrl)
  }
  if (!secret) return oauth.None()
  return scheme.clientAuthentication === 'basic'
    ? basicAuthentication(secret)
    : oauth.ClientSecretPost(secret.reveal())
}

/**
 * Form-encoded, then Base64 (RFC 6749 section 2.3.1), with `-`, `.`, `_` and `*` left as they are, as
 * forms have it. oauth4webapi's own encodes them as well: right too, but many vendors never decode, and
 * then a client id that is a UUID is not known.
 */
function basicAuthentication(secret: Secret): oauth.ClientAuth {
  return (_server, { client_id: id }, _body, headers) => {
    const pair = [id, secret.reveal()].map(formEncoded).join(':')
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

/** The audience is the token endpoint: RFC 7523 section 3 allows it, and every server takes it. */
function signedAssertion(key: Secret, keyId: Secret | undefined, audience: string) {
  const cryptoKey = importKey(key)
  const kid = keyId?.reveal()
  return oauth.PrivateKeyJwt(kid ? { key: cryptoKey, kid } : cryptoKey, {
    [oauth.modifyAssertion]: (_header, payload) => {
      payload.aud = audience
    },
  })
}

function importKey(pem: Secret): webcrypto.CryptoKey {
  let key: KeyObject
  try {
    key = createPrivateKey(pem.reveal())
  } catch {
    throw unknownClient('the property `ClientKey` is not a private key in PEM')
  }
  const algorithm =
    key.asymmetricKeyType === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return key.toCryptoKey(algorithm, false, ['sign'])
}

/** oauth4webapi wants a `fetch`, and gets ours. */
function captureReply(transport: TokenTransport) {
  let reply: Reply | null = null
  const fetch = async (
    url: string,
    options: oauth.CustomFetchOptions<'POST', URLSearchParams | undefined | null | string>,
  ): Promise<Response> => {
    reply = await transport({
      verb: 'POST',
      url,
      headers: { ...options.headers, accept: 'application/json' },
      body: Buffer.from(String(options.body ?? ''), 'utf8'),
      credentialHeaders: ['authorization'],
    })
    return new Response(null, { status: 200 })
  }
  const answer = (): RawTokenAnswer => {
    if (!reply) throw new TypeError('the endpoint was not asked')
    return {
      status: reply.status,
      contentType: reply.headers['content-type'] ?? '',
      body: Buffer.from(reply.body).toString('utf8'),
    }
  }
  return { fetch, answer }
}
