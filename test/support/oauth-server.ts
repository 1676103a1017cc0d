import { generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Context, Provider } from 'oidc-provider'
import { listenOnLoopback, sendJson } from './loopback.ts'
import { makeClients, type OAuthClient, type OAuthClients } from './oauth-clients.ts'
import { OAuthStore } from './oauth-store.ts'

/** What the token endpoint has seen so far. */
export type OAuthCounts = {
  readonly tokenRequests: number
  readonly refreshes: number
  readonly refreshesAnswered200: number
  /** How often a consumed refresh token came again, upon which its whole family was revoked. */
  readonly reuseDetections: number
  readonly revocations: number
}

/** A token answer (RFC 6749 section 5.1). */
export type MintedTokens = {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly token_type: 'Bearer'
  readonly scope: string
}

/** What becomes of the next token request instead of its usual answer. */
export type TokenFault =
  | { readonly kind: 'answer'; readonly status: number; readonly content: unknown }
  /** The request is served, so the refresh token rotates, but the answer never arrives. */
  | { readonly kind: 'lose-answer' }
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }

export type OAuthServerOptions = {
  /** Access tokens live that long; 3,600 s unless said. */
  readonly accessTokenSeconds?: number
  /** False: token answers do not say when the token expires, as with many vendors. */
  readonly announcesExpiry?: boolean
  readonly redirectUris?: readonly string[]
  /** True: a person logs in and agrees on oidc-provider's own pages. Nobody needs to unless said. */
  readonly pages?: boolean
}

/** A real OAuth 2.0 server with rotating refresh tokens, whose reuse revokes the family. */
export interface OAuthServer extends AsyncDisposable {
  readonly origin: string
  readonly authorizationUrl: string
  readonly tokenUrl: string
  readonly deviceAuthorizationUrl: string
  readonly revocationUrl: string
  /** One for each way of client authentication. */
  readonly clients: OAuthClients
  counts(): OAuthCounts
  /** Tokens of a new grant, as if a person had just agreed in a browser. */
  mint(client?: OAuthClient): Promise<MintedTokens>
  /** Introspection without a request: is this access token good now? */
  isLive(accessToken: string): Promise<boolean>
  expireAccessTokens(): void
  revokeRefreshTokens(): void
  /** Plays the person who types the code of a device in (RFC 8628 section 3.3). */
  approveDevice(userCode: string): Promise<void>
  /** Queues a fault for one token request. */
  failNextTokenRequest(fault: TokenFault): void
}

const scope = 'api'
const accountId = 'a-person'

export async function startOAuthServer(options: OAuthServerOptions = {}): Promise<OAuthServer> {
  const store = new OAuthStore()
  const redirectUris = options.redirectUris ?? ['http://127.0.0.1/callback']
  const { clients, metadata } = makeClients(redirectUris)
  const faults: TokenFault[] = []
  // The issuer needs the port, so the server listens first and gets its provider afterwards.
  const listening = await listenOnLoopback((request, response) => {
    void serve(request, response)
  })
  const { origin } = listening
  const seconds = options.accessTokenSeconds ?? 3600
  const { pages = false } = options
  const { features, interactions, ...rest } = configuration(store, metadata, seconds)
  const provider = new Provider(origin, {
    ...rest,
    ...(pages ? {} : { interactions }),
    features: { ...features, devInteractions: { enabled: pages } },
  })
  const counts = countRequests(provider)
  if (options.announcesExpiry === false) hideExpiry(provider)
  const serve = serving(provider, faults, pages)

  return {
    origin,
    authorizationUrl: `${origin}/auth`,
    tokenUrl: `${origin}/token`,
    deviceAuthorizationUrl: `${origin}/device/auth`,
    revocationUrl: `${origin}/token/revocation`,
    clients,
    counts: () => ({ ...counts }),
    mint: (client = clients.body) => mint(provider, client, seconds),
    async isLive(accessToken) {
      const token =
        (await provider.AccessToken.find(accessToken)) ??
        (await provider.ClientCredentials.find(accessToken))
      return token !== undefined && !token.isExpired
    },
    expireAccessTokens() {
      store.forgetAll('AccessToken')
      store.forgetAll('ClientCredentials')
    },
    revokeRefreshTokens: () => store.forgetAll('RefreshToken'),
    approveDevice: (userCode) => approveDevice(provider, userCode),
    failNextTokenRequest: (fault) => faults.push(fault),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}

function serving(provider: Provider, faults: TokenFault[], pages: boolean) {
  const serveProvider = provider.callback()
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asksPerson = request.url?.startsWith('/interaction/')
    if (asksPerson && !pages) return agree(provider, request, response)
    if (request.url === '/token') {
      const fault = faults.shift()
      if (fault?.kind === 'answer') {
        request.resume()
        sendJson(response, fault.status, fault.content)
        return
      }
      if (fault?.kind === 'hold') await fault.until
      if (fault?.kind === 'lose-answer') response.end = () => response.destroy()
    }
    await serveProvider(request, response)
  }
}

function configuration(store: OAuthStore, clients: readonly unknown[], accessTokenSeconds: number) {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const day = 24 * 60 * 60
  return {
    adapter: store.adapterFor,
    clients,
    // Keys, lifetimes and policies of our own: for each default it falls back to, the provider prints a notice.
    jwks: { keys: [{ ...key.export({ format: 'jwk' }), kid: 'server-key', use: 'sig' }] },
    cookies: { keys: ['a key for the cookies of a test server'] },
    ttl: {
      AccessToken: accessTokenSeconds,
      ClientCredentials: accessTokenSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      IdToken: 3600,
      RefreshToken: 14 * day,
      Interaction: 3600,
      Session: 14 * day,
      Grant: 14 * day,
    },
    clockTolerance: 0,
    scopes: ['openid', 'offline_access', scope],
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    expiresWithSession: async () => false,
    findAccount: async (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({ sub: id }),
    }),
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    clientBasedCORS: () => false,
    renderError: async (context: Context, error: unknown) => {
      context.body = error
    },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****' },
      revocation: { enabled: true, allowedPolicy: async () => true },
    },
  }
}

function countRequests(provider: Provider): { -readonly [Name in keyof OAuthCounts]: number } {
  const counts = {
    tokenRequests: 0,
    refreshes: 0,
    refreshesAnswered200: 0,
    reuseDetections: 0,
    revocations: 0,
  }
  provider.use(async (context, next) => {
    if (context.path === '/token/revocation') counts.revocations += 1
    if (context.path !== '/token') return next()
    counts.tokenRequests += 1
    await next()
    if (context.oidc?.params?.grant_type !== 'refresh_token') return
    counts.refreshes += 1
    if (context.status === 200) counts.refreshesAnswered200 += 1
  })
  provider.on('grant.error', (_context, error) => {
    const detail = (error as { error_detail?: string }).error_detail
    if (detail === 'refresh token already used') counts.reuseDetections += 1
  })
  return counts
}

function hideExpiry(provider: Provider): void {
  provider.use(async (context, next) => {
    await next()
    if (context.path !== '/token' || typeof context.body !== 'object') return
    const { expires_in: _hidden, ...rest } = context.body as Record<string, unknown>
    context.body = rest
  })
}

async function mint(
  provider: Provider,
  client: OAuthClient,
  seconds: number,
): Promise<MintedTokens> {
  const registered = await provider.Client.find(client.id)
  const grantId = await grantTo(provider, client.id)
  const common = { accountId, client: registered, grantId, gty: 'authorization_code', scope }
  return {
    access_token: await new provider.AccessToken(common).save(),
    refresh_token: await new provider.RefreshToken(common).save(),
    expires_in: seconds,
    token_type: 'Bearer',
    scope,
  }
}

async function grantTo(provider: Provider, clientId: string): Promise<string> {
  const grant = new provider.Grant({ clientId, accountId })
  grant.addOIDCScope(`openid offline_access ${scope}`)
  return grant.save()
}

/** Plays the person in the browser, who logs in and agrees to everything. */
async function agree(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { params } = await provider.interactionDetails(request, response)
  const grantId = await grantTo(provider, String(params.client_id))
  await provider.interactionFinished(request, response, {
    login: { accountId },
    consent: { grantId },
  })
}

async function approveDevice(provider: Provider, userCode: string): Promise<void> {
  const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll('-', ''))
  if (!code) throw new Error(`no device waits for the code ${userCode}`)
  const grantId = await grantTo(provider, code.clientId)
  await Object.assign(code, { accountId, grantId, scope }).save()
}
