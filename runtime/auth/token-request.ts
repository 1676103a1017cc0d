/** The request half of the token endpoint (RFC 6749 section 3.2). Its answer is read elsewhere. */
import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import type { Reply, WireRequest } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import type { OAuth2Scheme } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Secret } from '../model/secret.ts'
import { fillMergefields } from './mergefields.ts'

/** Puts a token request on the wire; bound to the connector's own egress policy. */
export type TokenTransport = (request: WireRequest) => Promise<Reply>

/** A token answer as it came, in a form that can be stored before anybody judges it. */
export type RawTokenAnswer = {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * Asks for a new access token: by the refresh token (RFC 6749 section 6), or for the machine grants
 * (sections 4.3 and 4.4) by asking again, as their own credential never went away. Rejects with
 * `CallFailure` AuthRefreshFailed (reason `invalid_client`) where the client is not known, or with
 * whatever the transport rejects with.
 */
export async function requestToken(
  scheme: OAuth2Scheme,
  credential: Credential,
  transport: TokenTransport,
): Promise<RawTokenAnswer> {
  const tokenUrl = endpointOf(scheme.tokenUrl, credential)
  const server: oauth.AuthorizationServer = {
    issuer: new URL(tokenUrl).origin,
    token_endpoint: tokenUrl,
  }
  const client: oauth.Client = { client_id: clientIdOf(scheme, credential) }
  const capture = captureReply(transport)
  const authentication = clientAuthentication(scheme, credential, tokenUrl)
  const options = { [oauth.customFetch]: capture.fetch, [oauth.allowInsecureRequests]: true }
  const extra = new URLSearchParams({ ...scheme.tokenParameters })

  if (scheme.grant === 'client_credentials') {
    addScope(extra, scheme)
    await oauth.clientCredentialsGrantRequest(server, client, authentication, extra, options)
  } else if (scheme.grant === 'password') {
    addScope(extra, scheme)
    addPassword(extra, credential)
    await oauth.genericTokenEndpointRequest(
      server,
      client,
      authentication,
      'password',
      extra,
      options,
    )
  } else {
    await oauth.refreshTokenGrantRequest(
      server,
      client,
      authentication,
      refreshTokenOf(credential),
      {
        ...options,
        additionalParameters: extra,
      },
    )
  }
  return capture.answer()
}

/** True where a renewal has something to ask with; without it only a new login helps. */
export function canRefresh(scheme: OAuth2Scheme, credential: Credential): boolean {
  if (scheme.grant !== 'authorization_code') return true
  return credential.auth.kind === 'oauth2' && credential.auth.refreshToken !== null
}

function refreshTokenOf(credential: Credential): string {
  const token = credential.auth.kind === 'oauth2' ? credential.auth.refreshToken : null
  if (!token) throw new TypeError('a refresh was asked for without a refresh token')
  return token.reveal()
}

/** A vendor with a host per customer: `https://{{Dc}}.vendor.example/token`. */
function endpointOf(template: string, credential: Credential): string {
  const values = Object.fromEntries(
    Object.entries(credential.properties).map(([name, value]) => [name, value.reveal()]),
  )
  return fillMergefields(template, values, encodeURIComponent)
}

export function clientIdOf(scheme: OAuth2Scheme, credential: Credential): string {
  const id = scheme.clientId ?? credential.properties.ClientId?.reveal()
  if (id) return id
  throw unknownClient('no client id: set `auth.client_id`, or the property `ClientId`')
}

/** RFC 6749 section 2.3.1; RFC 7523 section 2.2. The keys are the connection's own properties. */
function clientAuthentication(
  scheme: OAuth2Scheme,
  credential: Credential,
  tokenUrl: string,
): oauth.ClientAuth {
  const { ClientSecret: secret, ClientKey: key, ClientKeyId: keyId } = credential.properties
  if (scheme.clientAuthentication === 'private_key_jwt') {
    if (!key) throw unknownClient('private_key_jwt needs the property `ClientKey` (PKCS #8, PEM)')
    return signedAssertion(key, keyId, tokenUrl)
  }
  if (!secret) return oauth.None()
  return scheme.clientAuthentication === 'basic'
    ? oauth.ClientSecretBasic(secret.reveal())
    : oauth.ClientSecretPost(secret.reveal())
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

function addScope(parameters: URLSearchParams, scheme: OAuth2Scheme): void {
  if (scheme.scopes.length > 0) parameters.set('scope', scheme.scopes.join(' '))
}

function addPassword(parameters: URLSearchParams, credential: Credential): void {
  const { Username: username, Password: password } = credential.properties
  if (!username || !password) {
    throw unknownClient('the password grant needs the properties `Username` and `Password`')
  }
  parameters.set('username', username.reveal())
  parameters.set('password', password.reveal())
}

function unknownClient(what: string): CallFailure {
  return new CallFailure('AuthRefreshFailed', `Cannot ask for a token: ${what}`, {
    reason: 'invalid_client',
  })
}

/** oauth4webapi wants a `fetch`. We keep what came back, as its own reading is too strict for us. */
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
    if (!reply) throw new TypeError('the token endpoint was not asked')
    return {
      status: reply.status,
      contentType: reply.headers['content-type'] ?? '',
      body: Buffer.from(reply.body).toString('utf8'),
    }
  }
  return { fetch, answer }
}
