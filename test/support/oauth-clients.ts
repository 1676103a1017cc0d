import { generateKeyPairSync } from 'node:crypto'

/** How a client shows who it is at the token endpoint (RFC 6749 section 2.3.1, RFC 7523 section 2.2). */
export type ClientAuthentication = 'body' | 'basic' | 'private_key_jwt'

/** A client that the OAuth server knows. */
export type OAuthClient = {
  readonly id: string
  readonly authentication: ClientAuthentication
  /** Empty for `private_key_jwt`. */
  readonly secret: string
  /** PKCS#8 in PEM form; empty unless `private_key_jwt`. */
  readonly privateKey: string
}

export type OAuthClients = Readonly<Record<ClientAuthentication, OAuthClient>>

const methods = {
  body: 'client_secret_post',
  basic: 'client_secret_basic',
  private_key_jwt: 'private_key_jwt',
} as const satisfies Record<ClientAuthentication, string>

const grantTypes = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
]

/** Makes one client for each way of authentication, as we know it and as oidc-provider wants it. */
export function makeClients(redirectUris: readonly string[]): {
  readonly clients: OAuthClients
  readonly metadata: readonly Readonly<Record<string, unknown>>[]
} {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const publicKey = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'client-key', use: 'sig' }

  const clients: OAuthClients = {
    body: withSecret('body'),
    basic: withSecret('basic'),
    private_key_jwt: {
      id: 'client-private_key_jwt',
      authentication: 'private_key_jwt',
      secret: '',
      privateKey,
    },
  }
  const metadata = Object.values(clients).map((client) => ({
    client_id: client.id,
    token_endpoint_auth_method: methods[client.authentication],
    ...(client.secret === ''
      ? { jwks: { keys: [publicKey] }, token_endpoint_auth_signing_alg: 'ES256' }
      : { client_secret: client.secret }),
    // A native client may come back on any port of the loopback address (RFC 8252 section 7.3).
    application_type: 'native',
    redirect_uris: redirectUris,
    grant_types: grantTypes,
    response_types: ['code'],
    id_token_signed_response_alg: 'ES256',
  }))
  return { clients, metadata }
}

function withSecret(authentication: 'body' | 'basic'): OAuthClient {
  // Characters that must be percent-encoded on their way, so that nobody gets away with forgetting it.
  const secret = `s3cret-${authentication}+/=&:% of the client`
  return { id: `client-${authentication}`, authentication, secret, privateKey: '' }
}
