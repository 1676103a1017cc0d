import { createHash, createPrivateKey } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { afterEach, expect, test, vi } from 'vitest'
import { authorizeInBrowser } from './oauth-browser.ts'
import type { OAuthClient } from './oauth-clients.ts'
import { type OAuthServer, startOAuthServer } from './oauth-server.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

function ask(server: OAuthServer, path: string, form: Record<string, string>): Promise<Response> {
  const { id, secret } = server.clients.body
  const body = new URLSearchParams({ client_id: id, client_secret: secret, ...form })
  return fetch(`${server.origin}${path}`, { method: 'POST', body })
}

function refresh(server: OAuthServer, refreshToken: string): Promise<Response> {
  return ask(server, '/token', { grant_type: 'refresh_token', refresh_token: refreshToken })
}

test('startOAuthServer() rotates the refresh token at each refresh', async () => {
  await using server = await startOAuthServer()
  const minted = await server.mint()
  const reply = await refresh(server, minted.refresh_token)
  const renewed = (await reply.json()) as Record<string, string>

  expect(reply.status).toBe(200)
  expect(renewed.expires_in).toBe(3600)
  expect(renewed.refresh_token).not.toBe(minted.refresh_token)
  expect(await server.isLive(renewed.access_token ?? '')).toBe(true)
  expect(server.counts()).toMatchObject({ refreshes: 1, refreshesAnswered200: 1 })
})

test('startOAuthServer() revokes the whole family when a refresh token comes twice', async () => {
  await using server = await startOAuthServer()
  const minted = await server.mint()
  const renewed = (await (await refresh(server, minted.refresh_token)).json()) as {
    access_token: string
    refresh_token: string
  }

  const second = await refresh(server, minted.refresh_token)
  expect(await second.json()).toMatchObject({ error: 'invalid_grant' })
  const newest = await refresh(server, renewed.refresh_token)
  expect(await newest.json()).toMatchObject({ error: 'invalid_grant' })
  expect(await server.isLive(renewed.access_token)).toBe(false)
  expect(server.counts()).toMatchObject({
    tokenRequests: 3,
    refreshes: 3,
    refreshesAnswered200: 1,
    reuseDetections: 1,
  })
})

test('expireAccessTokens() kills access tokens and leaves the refresh token', async () => {
  await using server = await startOAuthServer()
  const minted = await server.mint()
  expect(await server.isLive(minted.access_token)).toBe(true)
  server.expireAccessTokens()
  expect(await server.isLive(minted.access_token)).toBe(false)
  expect((await refresh(server, minted.refresh_token)).status).toBe(200)
})

test('accessTokenSeconds lets tokens die by the clock', async () => {
  await using server = await startOAuthServer({ accessTokenSeconds: 1 })
  const minted = await server.mint()
  await vi.waitUntil(async () => !(await server.isLive(minted.access_token)), { timeout: 5000 })
  expect(minted.expires_in).toBe(1)
})

test('announcesExpiry: false leaves expires_in out of the answers', async () => {
  await using server = await startOAuthServer({ announcesExpiry: false })
  const minted = await server.mint()
  const answer = await (await refresh(server, minted.refresh_token)).json()
  expect(answer).toHaveProperty('access_token')
  expect(answer).not.toHaveProperty('expires_in')
})

test('failNextTokenRequest() answers once in the vendor’s stead, or loses the answer', async () => {
  await using server = await startOAuthServer()
  const minted = await server.mint()
  server.failNextTokenRequest({ kind: 'answer', status: 503, content: { error: 'down' } })
  expect((await refresh(server, minted.refresh_token)).status).toBe(503)
  server.failNextTokenRequest({ kind: 'lose-answer' })
  await expect(refresh(server, minted.refresh_token)).rejects.toThrow('fetch failed')
  expect((await refresh(server, minted.refresh_token)).status).toBe(400)
  expect(server.counts().reuseDetections).toBe(1)
})

test('authorizeInBrowser() comes back with a code that buys tokens, with PKCE', async () => {
  await using server = await startOAuthServer()
  const verifier = 'v'.repeat(43)
  const redirectUri = 'http://127.0.0.1:54321/callback'
  const url = new URL(server.authorizationUrl)
  url.search = new URLSearchParams({
    client_id: server.clients.body.id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'api',
    state: 'some-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()

  const back = await authorizeInBrowser(url.href, redirectUri)
  expect(back.searchParams.get('state')).toBe('some-state')
  const reply = await ask(server, '/token', {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
  expect(await reply.json()).toMatchObject({
    access_token: expect.any(String),
    refresh_token: expect.any(String),
  })
})

test('approveDevice() lets a waiting device in', async () => {
  await using server = await startOAuthServer()
  const asked = (await (await ask(server, '/device/auth', { scope: 'api' })).json()) as {
    device_code: string
    user_code: string
  }
  const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
  const poll = () =>
    ask(server, '/token', { grant_type: grantType, device_code: asked.device_code })
  expect(await (await poll()).json()).toMatchObject({ error: 'authorization_pending' })
  await server.approveDevice(asked.user_code)
  expect(await (await poll()).json()).toMatchObject({ refresh_token: expect.any(String) })
})

test.each(['body', 'basic', 'private_key_jwt'] as const)(
  'the server authenticates a client by %s',
  async (way) => {
    await using server = await startOAuthServer()
    const client = server.clients[way]
    const reply = await oauth.clientCredentialsGrantRequest(
      { issuer: server.origin, token_endpoint: server.tokenUrl },
      { client_id: client.id },
      await authenticationOf(client),
      { scope: 'api' },
      { [oauth.allowInsecureRequests]: true },
    )
    expect(reply.status).toBe(200)
  },
)

async function authenticationOf(client: OAuthClient): Promise<oauth.ClientAuth> {
  if (client.authentication === 'body') return oauth.ClientSecretPost(client.secret)
  if (client.authentication === 'basic') return oauth.ClientSecretBasic(client.secret)
  const pkcs8 = createPrivateKey(client.privateKey).export({ type: 'pkcs8', format: 'der' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return oauth.PrivateKeyJwt(
    await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), algorithm, false, ['sign']),
  )
}

test('the server knows the client credentials grant and token revocation', async () => {
  await using server = await startOAuthServer()
  const granted = (await (
    await ask(server, '/token', { grant_type: 'client_credentials', scope: 'api' })
  ).json()) as { access_token: string }
  expect(await server.isLive(granted.access_token)).toBe(true)

  const minted = await server.mint()
  const revoked = await ask(server, '/token/revocation', { token: minted.refresh_token })
  expect(revoked.status).toBe(200)
  expect((await refresh(server, minted.refresh_token)).status).toBe(400)
  expect(server.counts().revocations).toBe(1)
})

test('the server prints nothing', async () => {
  const spies = (['log', 'info', 'warn', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => {}),
  )
  await using server = await startOAuthServer()
  const minted = await server.mint()
  await refresh(server, minted.refresh_token)
  await refresh(server, 'no such token')
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
})
