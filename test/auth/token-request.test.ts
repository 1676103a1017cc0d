import { describe, expect, test } from 'vitest'
import { canRefresh, requestToken } from '../../runtime/auth/token-request.ts'
import { createSend } from '../../runtime/http/send.ts'
import type { Credential } from '../../runtime/model/connection.ts'
import type { OAuth2Scheme } from '../../runtime/model/connector.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts'
import { json, startVendor } from '../support/vendor.ts'

function schemeFor(tokenUrl: string, over: Partial<OAuth2Scheme> = {}): OAuth2Scheme {
  return {
    type: 'oauth2',
    grant: 'authorization_code',
    authorizationUrl: null,
    tokenUrl,
    deviceAuthorizationUrl: null,
    revocationUrl: null,
    clientAuthentication: 'basic',
    clientId: null,
    scopes: [],
    tokenParameters: {},
    header: 'Authorization',
    prefix: 'Bearer ',
    answer: {},
    deadCodes: [],
    errors: [],
    ...over,
  }
}

function credentialOf(
  properties: Readonly<Record<string, string | undefined>>,
  refreshToken: string | null = null,
): Credential {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined)
  return {
    generation: 1,
    refreshed: 0,
    lookedUp: 0,
    auth: {
      kind: 'oauth2',
      accessToken: null,
      refreshToken: refreshToken === null ? null : new Secret(refreshToken),
      expiresAt: null,
      issuedAt: null,
      scope: null,
    },
    properties: Object.fromEntries(given.map(([name, value]) => [name, new Secret(value ?? '')])),
    session: {},
  }
}

/** Asks over a real socket. */
async function ask(scheme: OAuth2Scheme, credential: Credential) {
  await using way = createSend()
  const { origin } = new URL(scheme.tokenUrl)
  const policy = {
    origins: [{ origin, pathPrefix: '/' }],
    allowPrivate: ['127.0.0.0/8'],
    requestMs: 5000,
    responseBytes: 1e6,
  }
  return requestToken(scheme, credential, (request) =>
    way.send(request, policy, new AbortController().signal),
  )
}

const clientOf = (server: OAuthServer, how: 'basic' | 'body') => ({
  ClientId: server.clients[how].id,
  ClientSecret: server.clients[how].secret,
})

describe('requestToken() against a real server', () => {
  test.each(['basic', 'body'] as const)(
    'refreshes with client authentication by %s',
    async (how) => {
      await using server = await startOAuthServer()
      const minted = await server.mint(server.clients[how])
      const answer = await ask(
        schemeFor(server.tokenUrl, { clientAuthentication: how }),
        credentialOf(clientOf(server, how), minted.refresh_token),
      )
      expect(answer).toMatchObject({ status: 200, contentType: expect.stringContaining('json') })
      expect(JSON.parse(answer.body).refresh_token).not.toBe(minted.refresh_token)
    },
  )

  test('refreshes with private_key_jwt', async () => {
    await using server = await startOAuthServer()
    const client = server.clients.private_key_jwt
    const minted = await server.mint(client)
    const answer = await ask(
      schemeFor(server.tokenUrl, { clientAuthentication: 'private_key_jwt' }),
      credentialOf(
        { ClientId: client.id, ClientKey: client.privateKey ?? undefined },
        minted.refresh_token,
      ),
    )
    expect(answer.status).toBe(200)
  })

  test('asks by client credentials, needing no refresh token', async () => {
    await using server = await startOAuthServer()
    const scheme = schemeFor(server.tokenUrl, { grant: 'client_credentials' })
    const answer = await ask(scheme, credentialOf(clientOf(server, 'basic')))
    expect(JSON.parse(answer.body)).toHaveProperty('access_token')
  })

  test('brings back a refusal as it came, for somebody else to judge', async () => {
    await using server = await startOAuthServer()
    const answer = await ask(
      schemeFor(server.tokenUrl),
      credentialOf(clientOf(server, 'basic'), 'no such token'),
    )
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('invalid_grant') })
  })
})

describe('requestToken() sends', () => {
  const sent = async (scheme: Partial<OAuth2Scheme>, credential: Credential) => {
    await using vendor = await startVendor()
    vendor.answers(json({ access_token: 'x' }))
    await ask(schemeFor(`${vendor.origin}/token`, scheme), credential)
    const [request] = vendor.requests
    return { ...request, form: Object.fromEntries(new URLSearchParams(String(request?.body))) }
  }

  test('user name and password with the password grant, and the scopes', async () => {
    const { form } = await sent(
      { grant: 'password', scopes: ['a', 'b'] },
      credentialOf({ ClientId: 'id', Username: 'ann', Password: 'pw' }),
    )
    expect(form).toMatchObject({
      grant_type: 'password',
      username: 'ann',
      password: 'pw',
      scope: 'a b',
    })
  })

  test('the parameters that the connector adds, and asks for JSON', async () => {
    const { form, headers } = await sent(
      { tokenParameters: { audience: 'api' }, clientId: 'fixed' },
      credentialOf({}, 'r1'),
    )
    expect(form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r1',
      audience: 'api',
      client_id: 'fixed',
    })
    expect(headers?.accept).toBe('application/json')
  })

  test('no scope where none is declared', async () => {
    const { form } = await sent({ grant: 'client_credentials' }, credentialOf({ ClientId: 'id' }))
    expect(form).not.toHaveProperty('scope')
  })

  test('to the address that the connection names', async () => {
    await using vendor = await startVendor()
    vendor.answers(json({}))
    const scheme = schemeFor(`${vendor.origin}/{{Region}}/token`)
    await ask(scheme, credentialOf({ ClientId: 'id', Region: 'eu 1' }, 'r'))
    expect(vendor.requests[0]?.path).toBe('/eu%201/token')
  })
})

describe('requestToken() says what is missing, and sends nothing', () => {
  const failure = async (scheme: Partial<OAuth2Scheme>, properties: Record<string, string>) => {
    await using vendor = await startVendor()
    vendor.answers(json({}))
    const asked = ask(schemeFor(`${vendor.origin}/token`, scheme), credentialOf(properties, 'r'))
    const error = await asked.catch((thrown: unknown) => thrown)
    expect(vendor.requests).toEqual([])
    if (!(error instanceof CallFailure)) throw error
    return [error.type, error.reason, error.message] as const
  }

  test.each([
    [{}, {}, 'client id'],
    [{ grant: 'password' as const }, { ClientId: 'id' }, '`Username` and `Password`'],
    [
      { grant: 'password' as const },
      { ClientId: 'id', Username: 'ann' },
      '`Username` and `Password`',
    ],
    [{ clientAuthentication: 'private_key_jwt' as const }, { ClientId: 'id' }, '`ClientKey`'],
    [
      { clientAuthentication: 'private_key_jwt' as const },
      { ClientId: 'id', ClientKey: 'not a key' },
      'not a private key',
    ],
  ])('%j with %j', async (scheme, properties, words) => {
    const [type, reason, message] = await failure(scheme, properties)
    expect([type, reason]).toEqual(['AuthRefreshFailed', 'invalid_client'])
    expect(message).toContain(words)
    expect(message).not.toContain('not a key')
  })
})

test('canRefresh() wants a refresh token only where a person has to log in', () => {
  const scheme = schemeFor('https://x.example/token')
  expect(canRefresh(scheme, credentialOf({}))).toBe(false)
  expect(canRefresh(scheme, credentialOf({}, 'r'))).toBe(true)
  expect(canRefresh(scheme, { ...credentialOf({}), auth: { kind: 'none' } })).toBe(false)
  expect(canRefresh({ ...scheme, grant: 'password' }, credentialOf({}))).toBe(true)
  expect(canRefresh({ ...scheme, grant: 'client_credentials' }, credentialOf({}))).toBe(true)
})
