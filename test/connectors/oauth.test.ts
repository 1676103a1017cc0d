import { expect, test } from 'vitest'
import { json, text } from '../support/vendor.ts'
import { type AtVendor, atVendor, ref } from './at-vendor.ts'

const slack = { api: 'https://slack.com' }
const github = { api: 'https://api.github.com', login: 'https://github.com' }
const salesforce = {
  api: 'https://{{Domain}}.my.salesforce.com',
  login: 'https://login.salesforce.com',
}

/** Imports a connection with tokens `old-access` and `old-refresh`. */
async function connect(
  world: AtVendor,
  connector: string,
  properties: Record<string, string> = {},
): Promise<void> {
  await world.runtime.connections.import({
    ...ref,
    connector,
    properties: { ClientId: 'a client', ClientSecret: 'its secret', ...properties },
    tokens: { accessToken: 'old-access', refreshToken: 'old-refresh' },
  })
}

const authorisations = (world: AtVendor, path: string) =>
  world.vendor.requests
    .filter((request) => request.path.startsWith(path))
    .map((request) => request.headers.authorization)

test('slack refreshes on ok: false, token_expired, and posts once more', async () => {
  await using world = await atVendor('slack', slack)
  world.vendor.answers(json({ ok: false, error: 'token_expired' }), json({ ok: true, ts: '1.2' }))
  world.vendor.on(
    '/api/oauth.v2.access',
    json({ ok: true, access_token: 'new-access', refresh_token: 'new-refresh', expires_in: 43200 }),
  )
  await connect(world, 'slack')
  const outcome = await world.call('chat.post_message', { channel: 'C1', text: 'Hello' })
  expect(outcome).toMatchObject({ kind: 'success', content: { ts: '1.2' } })
  expect(authorisations(world, '/api/chat')).toEqual(['Bearer old-access', 'Bearer new-access'])
  expect(world.vendor.requests.at(-1)).toMatchObject({
    body: '{"channel":"C1","text":"Hello"}',
    headers: { 'content-type': 'application/json; charset=utf-8' },
  })
})

test('slack knows a dead refresh token by its own code', async () => {
  await using world = await atVendor('slack', slack)
  world.vendor.answers(json({ ok: false, error: 'token_expired' }))
  world.vendor.on('/api/oauth.v2.access', json({ ok: false, error: 'invalid_refresh_token' }))
  await connect(world, 'slack')
  expect(await world.call('auth.test')).toMatchObject({
    kind: 'failure',
    failure: { type: 'InvalidCredential' },
  })
})

test('slack tells a failure by its code', async () => {
  await using world = await atVendor('slack', slack)
  world.vendor.answers(json({ ok: false, error: 'channel_not_found' }))
  await connect(world, 'slack')
  expect(await world.call('chat.post_message', { channel: 'C1', text: 'Hello' })).toMatchObject({
    kind: 'failure',
    failure: { type: 'Default', message: 'Slack: channel_not_found' },
  })
})

test('salesforce refreshes on INVALID_SESSION_ID and keeps the refresh token it has', async () => {
  await using world = await atVendor('salesforce', salesforce)
  const expired = json(
    [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }],
    {
      status: 401,
    },
  )
  world.vendor.answers(expired, json({ records: [] }), expired, json({ records: [] }))
  world.login.on('/services/oauth2/token', json({ access_token: 'new-access' }))
  await connect(world, 'salesforce', { Domain: 'acme' })
  for (let calls = 0; calls < 2; calls++) {
    expect(await world.call('query', { q: 'SELECT Id FROM Account' })).toMatchObject({
      kind: 'success',
      content: { records: [] },
    })
  }
  const refreshes = world.login.requests
  expect(refreshes).toHaveLength(2)
  for (const { body } of refreshes) {
    expect(new URLSearchParams(body).get('refresh_token')).toBe('old-refresh')
  }
})

test('github reads a form answer, and refreshes a token that has ended', async () => {
  await using world = await atVendor('github', github)
  world.vendor.answers(
    json({ message: 'Bad credentials' }, { status: 401 }),
    json({ login: 'ada' }),
  )
  world.login.on(
    '/login/oauth/access_token',
    text(
      'access_token=new-access&expires_in=28800&refresh_token=new-refresh&token_type=bearer',
      'application/x-www-form-urlencoded; charset=utf-8',
    ),
  )
  await connect(world, 'github')
  expect(await world.call('user.get')).toMatchObject({ kind: 'success', content: { login: 'ada' } })
  expect(authorisations(world, '/user')).toEqual(['Bearer old-access', 'Bearer new-access'])
  expect(world.vendor.requests[0]?.headers).toMatchObject({
    accept: 'application/vnd.github+json',
    'user-agent': 'hookline',
    'x-github-api-version': '2022-11-28',
  })
})

test('github says when the rate limit ends', async () => {
  await using world = await atVendor('github', github)
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1800000000' }
  world.vendor.answers(json({ message: 'API rate limit exceeded' }, { status: 403, headers }))
  await connect(world, 'github')
  expect(await world.call('user.get')).toMatchObject({
    kind: 'failure',
    failure: { type: 'Default', message: expect.stringContaining('1800000000') },
  })
})
