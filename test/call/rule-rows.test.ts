/** The rows of the error rules that are about the call around them. */
import { expect, test } from 'vitest'
import { startOAuthServer } from '../support/oauth-server.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { startVendorApi } from '../support/vendor-api.ts'
import { tokens, World, type WorldOptions } from '../support/world.ts'

const rule = (type: string, word: string, message = '{{ data.why }}') =>
  `{ type: ${type}, message: "${message}", filter: { all: [ { path: data.error, operator: equal, value: ${word} } ] } }`

const definition = (...rules: readonly string[]) => `
base_url: https://api.acme.example
auth: { type: oauth2, grant: authorization_code, authorization_url: https://api.acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id }
script: main.js
errors: [ ${rules.join(', ')} ]
methods: { get: { path: /things }, list: { path: /things, paging: { next_url: data.next, items: data.items } } }
`

function world(over: Partial<WorldOptions> & Pick<WorldOptions, 'vendor'>): World {
  return new World({
    definition: definition(rule('ExpiredToken', 'expired')),
    auth: tokens('old'),
    ...over,
  })
}

const isToken = ({ url }: { readonly url: string }) => url.endsWith('/token')
const expired = { json: { error: 'expired', why: 'the token is old' } }
const renewed = { json: { access_token: 'new', refresh_token: 'refresh-2' } }

test('an answer in XML to which no rule could be held in time is no success', async () => {
  const acme = world({
    vendor: () => ({
      text: `<r>${'<a/>'.repeat(600_000)}</r>`,
      headers: { 'content-type': 'text/xml' },
    }),
  })
  expect(await acme.call()).toMatchObject({
    kind: 'failure',
    failure: {
      type: 'ResponseTooLarge',
      reason: 'xml',
      message: expect.stringContaining('response: text'),
    },
  })
})

test('A25 the new token is stored before the replay is sent', async () => {
  const stored: number[] = []
  const acme: World = world({
    vendor: (request) => {
      if (isToken(request)) return renewed
      stored.push(acme.credential.refreshed)
      return stored.length === 1 ? expired : { json: {} }
    },
  })
  await acme.call()
  expect(stored).toEqual([0, 1])
})

test('A27 a second failure of another kind has the type and the text of its own rule', async () => {
  let calls = 0
  const acme = world({
    definition: definition(rule('ExpiredToken', 'expired'), rule('Default', 'broken')),
    vendor: (request) => {
      if (isToken(request)) return renewed
      return ++calls === 1 ? expired : { json: { error: 'broken', why: 'something else' } }
    },
  })
  expect(await acme.call()).toMatchObject({
    failure: { type: 'Default', message: 'something else' },
  })
})

test('A30 an ExpiredToken rule of a session connector looks up, stores and replays', async () => {
  const acme = new World({
    definition: `
base_url: https://api.acme.example
auth: { type: session }
properties: { SessionId: { in: header, as: X-Session, sensitive: true } }
post_install: { method: login, values: { SessionId: data.id } }
errors: [ ${rule('ExpiredToken', 'expired')} ]
methods: { get: { path: /things }, login: { verb: POST, path: /login, ignore_auth: true } }`,
    vendor: ({ url, headers }) => {
      if (url.endsWith('/login')) return { json: { id: 'session-1' } }
      return headers['X-Session'] === 'session-1' ? { json: { fine: true } } : expired
    },
  })
  expect(await acme.call()).toMatchObject({ kind: 'success', content: { fine: true } })
  expect(acme.credential.session.SessionId?.reveal()).toBe('session-1')
})

test('A31 hooks do not run on the attempt that was recovered', async () => {
  let calls = 0
  const acme = world({
    hooks: { after_action: () => true, after_error: () => true },
    vendor: (request) => (isToken(request) ? renewed : ++calls === 1 ? expired : { json: {} }),
  })
  await acme.call()
  expect(acme.jobs.map(({ event }) => event)).toEqual(['after_action'])
})

test('A33 an invalid connection is still called, and active again at its first success', async () => {
  const acme = world({ state: 'sessionInvalid', vendor: () => ({ json: { fine: true } }) })
  expect(await acme.call()).toMatchObject({ kind: 'success' })
  expect(acme.marks.map(({ state }) => state)).toEqual(['active'])
})

test.each([
  ['InvalidCredential', 'InvalidCredential', 'invalid_grant'],
  ['Default', 'AuthRefreshFailed', 'rule'],
])(
  'A38 a rule of the token request, %s, stands on its answer alone: %s',
  async (type, fails, reason) => {
    const broken = {
      json: { error: 'broken', why: 'no to very-secret', refresh_token: 'very-secret' },
    }
    const acme = world({
      definition: definition(rule('ExpiredToken', 'expired'), rule('Default', 'broken')).replace(
        'client_id: id',
        `client_id: id, errors: [ ${rule(type, 'broken')} ]`,
      ),
      vendor: (request) => (isToken(request) ? broken : expired),
      hooks: { after_oauth2_refresh: () => true },
    })
    const outcome = await acme.call()
    const refused = { type: fails, reason, message: 'no to [secret]', httpCode: 200, blockIndex: 0 }
    expect(outcome).toMatchObject({
      failure: type === 'Default' ? { type: fails, cause: refused } : refused,
    })
    expect(acme.jobs).toEqual([])
    expect(acme.requests.length).toBe(2)
  },
)

test('A38 the rules of a connector stand on its lookup and not on its token request', async () => {
  const lookedUp = new World({
    definition: `
base_url: https://api.acme.example
auth: { type: session }
properties: { SessionId: { in: header, as: X-Session, sensitive: true } }
post_install: { method: login, values: { SessionId: data.id } }
errors: [ ${rule('ExpiredToken', 'expired')}, ${rule('Default', 'broken')} ]
methods: { get: { path: /things }, login: { verb: POST, path: /login, ignore_auth: true } }`,
    vendor: ({ url }) =>
      url.endsWith('/login') ? { json: { id: 's', error: 'broken', why: 'no login' } } : expired,
  })
  expect(await lookedUp.call()).toMatchObject({ failure: { cause: { message: /no login/ } } })

  let calls = 0
  const asked = world({
    definition: definition(rule('ExpiredToken', 'expired'), rule('Default', 'broken')),
    vendor: (request) => {
      if (isToken(request)) return { json: { ...renewed.json, error: 'broken' } }
      return ++calls === 1 ? expired : { json: {} }
    },
  })
  expect(await asked.call()).toMatchObject({ kind: 'success' })
})

test('A39 the trail tells the rule, its type and text, and the status; no token is in it', async () => {
  const acme = world({
    definition: definition(rule('Default', 'broken')),
    auth: tokens('very-secret-token'),
    vendor: () => ({
      status: 400,
      json: { error: 'broken', why: 'no to very-secret-token' },
    }),
  })
  const outcome = await acme.call()
  expect(outcome.trail.attempts[0]?.steps).toMatchObject([
    { kind: 'request', status: 400 },
    { kind: 'rule', type: 'Default', level: 'connector', index: 0, message: 'no to [secret]' },
  ])
  expect(outcome).toMatchObject({ failure: { type: 'Default', httpCode: 400, blockIndex: 0 } })
  expect(JSON.stringify(outcome)).not.toContain('very-secret-token')
})

test('A40 ten calls that find the token dead share one refresh, and all replay', async () => {
  await using oauth = await startOAuthServer()
  await using api = await startVendorApi(oauth)
  const client = oauth.clients.basic
  await using home = openTemporaryRuntime({
    definition: {
      name: 'crm',
      base_url: api.origin,
      origins: [oauth.origin],
      auth: {
        type: 'oauth2',
        grant: 'authorization_code',
        authorization_url: oauth.authorizationUrl,
        token_url: oauth.tokenUrl,
        client_authentication: 'basic',
      },
      errors: [
        {
          type: 'ExpiredToken',
          message: 'expired',
          filter: { path: 'data.error', operator: 'equal', value: 'invalid_grant' },
        },
      ],
      methods: { 'contacts.list': { path: '/by-200/contacts' } },
    },
  })
  const ann = { tenant: 't', connection: 'ann', connector: 'crm' }
  const minted = await oauth.mint(client)
  await home.runtime.connections.import({
    ...ann,
    properties: { ClientId: client.id, ClientSecret: client.secret },
    tokens: { accessToken: minted.access_token, refreshToken: minted.refresh_token },
  })
  oauth.expireAccessTokens()
  const call = () => home.runtime.call({ ...ann, method: 'contacts.list' })
  const outcomes = await Promise.all(Array.from({ length: 10 }, call))
  expect(outcomes.map(({ kind }) => kind)).toEqual(Array(10).fill('success'))
  expect(oauth.counts()).toMatchObject({ refreshes: 1, reuseDetections: 0 })
  expect(api.total()).toEqual({ received: 20, good: 10 })
})

test('A43 rules look at each page', async () => {
  let pages = 0
  const acme = world({
    vendor: (request) => {
      if (isToken(request)) return renewed
      pages += 1
      if (pages === 1)
        return { json: { items: [1], next: 'https://api.acme.example/things?page=2' } }
      return pages === 2 ? expired : { json: { items: [2] } }
    },
  })
  expect(await acme.call({ method: 'list' })).toMatchObject({
    kind: 'success',
    content: { items: [1, 2] },
  })
  expect(acme.renewals).toBe(1)
})
