/** The hooks around OAuth 2 requests (dialect 2, 8.2, 14.14), in a real isolate over a real vault. */
import { describe, expect, test } from 'vitest'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, type Reaction, startVendor } from '../support/vendor.ts'

const person = { tenant: 't', connection: 'c', connector: 'acme' }
const tokens = { accessToken: 'old-access', refreshToken: 'old-refresh' }

/** A vendor that rejects the old token, and a connector whose rule then refreshes it. */
async function open(script: string, token: Reaction, auth: Readonly<Record<string, unknown>> = {}) {
  const vendor = await startVendor()
  vendor.on('/token', token)
  vendor.on('/thing', (request, response, signal) => {
    const good = /new-access/.test(request.headers.authorization ?? '')
    const answer = good ? json({ fine: true }) : json({ error: 'dead' }, { status: 401 })
    return answer(request, response, signal)
  })
  const home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      auth: {
        type: 'oauth2',
        authorization_url: `${vendor.origin}/authorize`,
        token_url: `${vendor.origin}/token`,
        client_id: 'our-client',
        ...auth,
      },
      properties: { Region: { in: 'script', default: 'eu' } },
      script: 'main.js',
      errors: [
        {
          type: 'ExpiredToken',
          filter: { path: 'headers.http-code', operator: 'equal', value: 401 },
        },
      ],
      methods: { get: { path: '/thing' } },
    },
    scripts: { 'main.js': script },
  })
  return {
    vendor,
    runtime: home.runtime,
    call: () => home.runtime.call({ ...person, method: 'get' }),
    tokenRequests: () => vendor.requests.filter(({ path }) => path === '/token'),
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]()
      await vendor[Symbol.asyncDispose]()
    },
  }
}

const granted = json({ access_token: 'new-access', refresh_token: 'new-refresh' })
const secrets = ['our-secret', 'old-refresh', 'new-access', 'new-refresh', 'old-access']

describe('dialect 2 before_oauth2_refresh', () => {
  test('changes form and headers; its secrets are placeholders, and arrive as what they are', async () => {
    const script = `function before_oauth2_refresh() {
      console.log(JSON.stringify([method_request, method_request_headers]))
      method_request.tenant = script_parameters.Region
      method_request.copy = 'x-' + method_request.refresh_token
      delete method_request.client_id
      method_request_headers['X-Extra'] = method_request.client_secret
      return true
    }`
    await using acme = await open(script, granted)
    await acme.runtime.connections.import({
      ...person,
      tokens,
      properties: { ClientSecret: 'our-secret' },
    })
    const outcome = await acme.call()
    expect(outcome).toMatchObject({ kind: 'success', content: { fine: true } })
    const [sent] = acme.tokenRequests()
    expect(Object.fromEntries(new URLSearchParams(sent?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'old-refresh',
      client_secret: 'our-secret',
      tenant: 'eu',
      copy: 'x-old-refresh',
    })
    expect(sent?.headers).toMatchObject({ 'x-extra': 'our-secret' })
    const told = JSON.stringify(outcome)
    expect(told).toContain('before_oauth2_refresh')
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([])
  })

  test('conceals the client of an Authorization header too, and may send JSON', async () => {
    const script = `function before_oauth2_refresh() {
      console.log(method_request_headers.authorization)
      method_request_headers['content-type'] = 'application/json'
      method_request = { grant: method_request.grant_type, token: method_request.refresh_token }
      return true
    }`
    await using acme = await open(script, granted, { client_authentication: 'basic' })
    await acme.runtime.connections.import({
      ...person,
      tokens,
      properties: { ClientSecret: 'our-secret' },
    })
    const outcome = await acme.call()
    expect(outcome.kind).toBe('success')
    const [sent] = acme.tokenRequests()
    expect(JSON.parse(sent?.body ?? '')).toEqual({ grant: 'refresh_token', token: 'old-refresh' })
    expect(sent?.headers.authorization).toMatch(/^Basic /)
    expect(JSON.stringify(outcome)).not.toContain(sent?.headers.authorization?.slice(6))
  })

  test.each([
    ['return false', { type: 'ScriptError', reason: 'returned-false' }],
    ['throw new Error("no refresh on Sundays")', { type: 'ScriptError' }],
  ])('%s: the vendor is not asked', async (statement, failure) => {
    await using acme = await open(`function before_oauth2_refresh() { ${statement} }`, granted)
    await acme.runtime.connections.import({ ...person, tokens })
    expect(await acme.call()).toMatchObject({ kind: 'failure', failure })
    expect(acme.tokenRequests()).toHaveLength(0)
    expect(await acme.runtime.connections.get(person)).toMatchObject({ state: 'active' })
  })
})

describe('dialect 2 after_oauth2_refresh', () => {
  test('rewrites the answer; what it passes on as a placeholder is stored as the secret', async () => {
    const script = `function after_oauth2_refresh() {
      console.log(JSON.stringify(method_response))
      method_response = { access_token: method_response.data.authToken, expires_in: 3600 }
      return true
    }`
    const odd = json({ data: { authToken: 'new-access', refresh_token: 'new-refresh' } })
    await using acme = await open(script, odd)
    await acme.runtime.connections.import({ ...person, tokens })
    const outcome = await acme.call()
    expect(outcome).toMatchObject({ kind: 'success', content: { fine: true } })
    expect(acme.vendor.requests.at(-1)?.headers.authorization).toBe('Bearer new-access')
    const told = JSON.stringify(outcome)
    expect(told).toContain('authToken')
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([])
  })

  test('that fails loses no token: the answer was stored before it ran', async () => {
    const script = 'function after_oauth2_refresh() { throw new Error("what is this") }'
    await using acme = await open(script, granted)
    await acme.runtime.connections.import({ ...person, tokens })
    expect(await acme.call()).toMatchObject({ failure: { message: expect.any(String) } })
    expect(await acme.call()).toMatchObject({ kind: 'failure' })
    expect(acme.tokenRequests()).toHaveLength(1)
    expect(await acme.runtime.connections.get(person)).toMatchObject({ state: 'active' })
  })
})

describe('dialect 2 after_oauth2_refresh_error', () => {
  const refused = json({ error: 'invalid_grant', error_description: 'gone' }, { status: 400 })

  test('may make a success of it', async () => {
    const script = `function after_oauth2_refresh_error() {
      if (method_error.statusCode !== 400 || method_error.error !== 'invalid_grant') return true
      method_error.isSuccess = true
      method_error.content = { access_token: 'new-access' }
      return true
    }`
    await using acme = await open(script, refused)
    await acme.runtime.connections.import({ ...person, tokens })
    expect(await acme.call()).toMatchObject({ kind: 'success' })
  })

  test('says in its own words what happened; what that means stays the vendor’s to say', async () => {
    const script =
      'function after_oauth2_refresh_error() { throw "Ask Ann to log in: " + JSON.parse(method_error.content).error_description }'
    await using acme = await open(script, refused)
    await acme.runtime.connections.import({ ...person, tokens })
    expect(await acme.call()).toMatchObject({
      failure: {
        type: 'InvalidCredential',
        reason: 'invalid_grant',
        message: 'Ask Ann to log in: gone',
      },
    })
    expect(await acme.runtime.connections.get(person)).toMatchObject({ state: 'sessionInvalid' })
  })
})

describe('dialect 2 before_oauth2_token and after_oauth2_token', () => {
  test('are those of every grant without a refresh token, and share action_data', async () => {
    const script = `function before_oauth2_token() {
      method_request.audience = 'crm'
      action_data.seen = method_request.grant_type
      return true
    }
    function after_oauth2_token() {
      console.log('granted by ' + action_data.seen)
      method_response.access_token = method_response.inner.token
      return true
    }
    function before_oauth2_refresh() { throw new Error('no refresh') }`
    await using acme = await open(script, json({ inner: { token: 'new-access' } }), {
      grant: 'client_credentials',
      authorization_url: undefined,
    })
    await acme.runtime.connections.create(person)
    const outcome = await acme.call()
    expect(outcome).toMatchObject({ kind: 'success' })
    expect(acme.tokenRequests()[0]?.body).toContain('audience=crm')
  })
})

describe('dialect 2 the hooks of a login', () => {
  const app = 'http://127.0.0.1:4000'
  const script = `function before_oauth2_authorise() {
    method_endpoint += '&prompt=' + script_parameters.Region
    return true
  }
  function before_oauth2_token() {
    method_request.extra = 'x-' + method_request.code
    return true
  }
  function after_oauth2_token() {
    method_response = { access_token: method_response.inner.token }
    return true
  }`

  test('change where the browser goes, what the code is traded with, and what is stored', async () => {
    await using acme = await open(script, json({ inner: { token: 'new-access' } }))
    const login = acme.runtime.connections.mountLogin({ callbackUrl: `${app}/callback` })
    const out = await login.login(new Request(`${app}/login`), person)
    const { searchParams } = new URL(out.headers.get('location') ?? '')
    expect(searchParams.get('prompt')).toBe('eu')

    const cookie = out.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const back = `${app}/callback?code=c0de&state=${searchParams.get('state')}`
    expect((await login.callback(new Request(back, { headers: { cookie } }))).status).toBe(200)
    const form = new URLSearchParams(acme.tokenRequests()[0]?.body)
    expect([form.get('code'), form.get('extra')]).toEqual(['c0de', 'x-c0de'])
    expect(await acme.call()).toMatchObject({ kind: 'success', content: { fine: true } })
  })

  test('end it with their own words', async () => {
    const no = 'function before_oauth2_authorise() { throw new Error("ask your admin first") }'
    await using acme = await open(no, granted)
    const login = acme.runtime.connections.mountLogin({ callbackUrl: `${app}/callback` })
    await expect(login.login(new Request(`${app}/login`), person)).rejects.toMatchObject({
      errorCode: 'genericError',
      message: 'ask your admin first',
    })
    expect(await acme.runtime.connections.get(person)).toBeNull()
  })
})
