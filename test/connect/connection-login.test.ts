import { expect, onTestFinished, test } from 'vitest'
import {
  type ConnectionLogin,
  type ConnectionLoginOptions,
  failurePage,
  failureResponse,
  LoginError,
  memoryAttempts,
  sealedAttempts,
  UsageError,
} from '../../runtime/index.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { Browser } from './browser.ts'
import { type LoginWorld, openLoginWorld, ref, type WorldOptions } from './login-world.ts'

const app = 'http://127.0.0.1:4000'
const callbackUrl = `${app}/connect/callback`
const loginUrl = `${app}/connect/login`

type Mounted = LoginWorld & {
  readonly browser: Browser
  readonly mount: (options?: Partial<ConnectionLoginOptions>) => ConnectionLogin
}

async function mounted(options: WorldOptions = {}): Promise<Mounted> {
  const world = await openLoginWorld({ redirectUris: [callbackUrl], ...options })
  onTestFinished(() => world[Symbol.asyncDispose]())
  const mount = (over: Partial<ConnectionLoginOptions> = {}) =>
    world.runtime.connections.mountLogin({ callbackUrl, ...over })
  return { ...world, browser: new Browser(), mount }
}

/** Out to the vendor and back; resolves to the address of the callback, which is not opened. */
async function authorise(
  { browser, target }: Mounted,
  login: ConnectionLogin,
  url = loginUrl,
): Promise<URL> {
  const response = await login.login(browser.request(url), target)
  browser.keep(url, response)
  return (await browser.follow(response.headers.get('location') ?? '', callbackUrl)).url
}

async function codeOf(doing: Promise<unknown>): Promise<string> {
  const error = await doing.catch((thrown: unknown) => thrown)
  if (error instanceof LoginError || error instanceof UsageError) return error.errorCode
  throw error
}

test('C30 login() and callback() make a connection, and send the browser on', async () => {
  const world = await mounted()
  const login = world.mount()
  const back = await authorise(world, login, `${loginUrl}?return_to=/settings`)
  expect(await world.runtime.connections.get(ref)).toMatchObject({ state: 'sessionNotVerified' })
  const response = await login.callback(world.browser.request(back))
  expect([response.status, response.headers.get('location')]).toEqual([302, `${app}/settings`])
  expect(response.headers.getSetCookie()[0]).toMatch(/^hookline_login=; .*Max-Age=0/)
  expect(await world.runtime.connections.get(ref)).toMatchObject({ state: 'active' })
})

test('callback() shows a page where there is no place to return to', async () => {
  const world = await mounted()
  const login = world.mount()
  const back = await authorise(world, login)
  const response = await login.callback(world.browser.request(back))
  expect(await response.text()).toContain('You are connected')
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none';/)
})

test('callback() lets onAfterCallback answer, and tells it of the connection', async () => {
  const world = await mounted()
  const login = world.mount()
  const back = await authorise(world, login)
  const response = await login.callback(world.browser.request(back), {
    onAfterCallback: (_request, _response, { connection }) => Response.json(connection.id),
  })
  expect(await response.json()).toBe(ref.connection)
})

test.each([
  ['sealed in a cookie', () => sealedAttempts(new Secret('shared by all processes'))],
  [
    'in a store they share',
    () => {
      const store = memoryAttempts()
      return () => store
    },
  ],
])('another process finishes the login, %s', async (_name, attempts) => {
  const world = await mounted()
  const made = attempts()
  const next =
    typeof made === 'function' ? made : () => attempts() as ReturnType<typeof sealedAttempts>
  const back = await authorise(world, world.mount({ attempts: next() }))
  const elsewhere = world.mount({ attempts: next() })
  await elsewhere.callback(world.browser.request(back))
  expect(await world.runtime.connections.get(ref)).toMatchObject({ state: 'active' })
})

test('C31 callback() throws what the vendor said, and stores nothing', async () => {
  const world = await mounted()
  const login = world.mount()
  const back = await authorise(world, login)
  back.searchParams.delete('code')
  back.searchParams.set('error', 'access_denied')
  back.searchParams.set('error_description', 'No.')
  await expect(login.callback(world.browser.request(back))).rejects.toMatchObject({
    errorCode: 'access_denied',
    message: 'No.',
  })
  expect(await world.runtime.connections.get(ref)).toBeNull()
})

test('C33 C34 callback() takes one answer to one login of one browser', async () => {
  const world = await mounted()
  const login = world.mount()
  const back = await authorise(world, login)
  const without = new URL(back)
  without.searchParams.delete('state')
  const other = new URL(back)
  other.searchParams.set('state', 'x')
  const twice = new URL(back)
  twice.searchParams.append('state', 'x')
  const request = world.browser.request(back)
  expect(await codeOf(login.callback(world.browser.request(without)))).toBe('stateMissing')
  expect(await codeOf(login.callback(world.browser.request(other)))).toBe('stateInvalid')
  expect(await codeOf(login.callback(world.browser.request(twice)))).toBe('entityInvalid')
  expect(await codeOf(login.callback(new Request(back)))).toBe('loginAttemptMissing')
  expect((await login.callback(request)).status).toBe(200)
  expect(await codeOf(login.callback(request))).toBe('loginAttemptInvalid')
})

test('C37 callback() throws sessionNotVerified where the connection does not work', async () => {
  const world = await mounted({ testCall: 'nowhere' })
  const login = world.mount()
  const back = await authorise(world, login)
  expect(await codeOf(login.callback(world.browser.request(back)))).toBe('sessionNotVerified')
  expect(await world.runtime.connections.get(ref)).toMatchObject({ state: 'sessionNotVerified' })
})

test('C38 user() answers with what the test call says, or with null', async () => {
  const world = await mounted()
  const login = world.mount()
  await login.callback(world.browser.request(await authorise(world, login)))
  const user = await login.user(new Request(`${app}/connect/user`), ref)
  expect([user.status, await user.json()]).toEqual([200, { resource: 'me', asked: 2 }])

  world.server.expireAccessTokens()
  world.server.revokeRefreshTokens()
  const gone = await login.user(new Request(`${app}/connect/user`), ref)
  expect([gone.status, await gone.json()]).toEqual([200, null])
  const nobody = login.user(new Request(`${app}/x`), { ...ref, connection: 'nobody' })
  expect(await codeOf(nobody)).toBe('sessionMissing')
})

test('C39 logout() revokes, forgets, and goes where it may', async () => {
  const world = await mounted()
  const login = world.mount()
  await login.callback(world.browser.request(await authorise(world, login)))
  const evil = new Request(`${app}/connect/logout?return_to=https://evil.example`)
  expect(await codeOf(login.logout(evil, ref))).toBe('domainInvalid')
  expect(world.server.counts().revocations).toBe(0)

  const response = await login.logout(new Request(`${app}/logout`), ref, { returnTo: '/bye' })
  expect([response.status, response.headers.get('location')]).toEqual([302, `${app}/bye`])
  expect(world.server.counts().revocations).toBe(2)
  const again = await login.logout(new Request(`${app}/logout`), ref)
  expect(await again.json()).toEqual({ revocation: 'nothing' })
})

test.each([
  'https://evil.example/',
  '//evil.example/x',
  'javascript:alert(1)',
  'http://127.0.0.1:4000@evil.example/',
  'http://user@127.0.0.1:4000/',
  '/\\evil.example',
])('C40 login() refuses to return to %s', async (place) => {
  const world = await mounted()
  const url = `${loginUrl}?return_to=${encodeURIComponent(place)}`
  expect(await codeOf(world.mount().login(new Request(url), world.target))).toBe('domainInvalid')
  expect(await world.runtime.connections.get(ref)).toBeNull()
})

test('login() refuses what cannot be connected, before anybody is sent anywhere', async () => {
  const world = await mounted()
  const { ClientSecret = '' } = world.target.properties ?? {}
  const attempt = (over: object) =>
    codeOf(world.mount().login(new Request(loginUrl), { ...world.target, ...over }))
  expect(await attempt({ connector: 'acne' })).toBe('connectionMissing')
  expect(await attempt({ properties: { Nonsense: 'x' } })).toBe('entityInvalid')
  expect(await attempt({ properties: { ClientSecret } })).toBe('organizationIdMissing')
  expect(await attempt({ tenant: '' })).toBe('missingFields')
  expect(await world.runtime.connections.list(ref.tenant)).toEqual([])
})

test('mountLogin() refuses an address that is none', async () => {
  const world = await mounted()
  for (const address of ['/callback', 'javascript:x', 'https://a.example/#x']) {
    expect(() => world.mount({ callbackUrl: address })).toThrow('callbackUrl')
  }
})

test('C41 failureResponse() answers {errorCode, message} with the status of the code', async () => {
  const answer = async (error: unknown) => {
    const response = failureResponse(error)
    return [response.status, await response.json()]
  }
  expect(await answer(new LoginError('tokenInvalid'))).toEqual([
    401,
    { errorCode: 'tokenInvalid', message: 'An access token is missing in this request.' },
  ])
  expect(await answer(new UsageError('sessionMissing', 'No such thing'))).toEqual([
    404,
    { errorCode: 'sessionMissing', message: 'No such thing' },
  ])
  expect(await answer(new TypeError('/home/ann/secret'))).toEqual([
    500,
    { errorCode: 'genericError', message: 'An error without any context available.' },
  ])
})

test('C31 failurePage() escapes what it shows, and links to another try', async () => {
  const error = new LoginError('"><script>', '</p><script>alert(1)</script>')
  const page = await failurePage(error, '/login?a=1').text()
  expect(page).not.toContain('<script')
  expect(page).toContain('href="/login?a=1&#38;error_message=%3C%2Fp%3E%3Cscript%3E')
  const expired = await failurePage(new LoginError('loginAttemptExpired'), null).text()
  expect(expired).toContain('<h1>This login has expired</h1>')
  expect(expired).not.toContain('href')
})

test('login() says so where the address of the login lacks a property', async () => {
  await using world = openTemporaryRuntime({
    definition: `
name: acme
base_url: https://api.acme.example
auth:
  type: oauth2
  client_id: us
  authorization_url: https://{{Region}}.acme.example/authorise
  token_url: https://api.acme.example/token
properties: { Region: { in: mergefield } }
methods: { me: { path: /me } }
`,
  })
  const login = world.runtime.connections.mountLogin({ callbackUrl })
  const target = { ...ref, connector: 'acme' }
  await expect(login.login(new Request(loginUrl), target)).rejects.toThrow('is no address')
  const properties = { Region: 'eu' }
  const response = await login.login(new Request(loginUrl), { ...target, properties })
  expect(response.headers.get('location')).toMatch(/^https:\/\/eu\.acme\.example\/authorise\?/)
})
