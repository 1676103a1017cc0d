import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  CentralAuthClass,
  type CentralAuthOptions,
  LoginError,
  memoryAttempts,
} from '../../runtime/index.ts'
import { Browser } from './browser.ts'
import { type CentralAuthServer, startCentralAuth, theUser } from './central-auth-server.ts'

const app = 'https://app.example'
const callbackUrl = `${app}/api/auth/callback`
let server: CentralAuthServer
let browser: Browser

beforeAll(async () => {
  server = await startCentralAuth()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  browser = new Browser()
})

function client(over: Partial<CentralAuthOptions> = {}): CentralAuthClass {
  const { clientId, secret, origin: authBaseUrl } = server
  return new CentralAuthClass({ clientId, secret, authBaseUrl, callbackUrl, ...over })
}

async function failure(doing: Promise<unknown> | (() => unknown)): Promise<[string, string]> {
  try {
    await (typeof doing === 'function' ? doing() : doing)
  } catch (error) {
    if (!(error instanceof LoginError)) throw error
    return [error.errorCode, error.message]
  }
  throw new Error('nothing went wrong')
}

/** Logs in as a browser does, up to the address of the callback, which is not opened. */
async function comeBack(auth: CentralAuthClass, url = `${app}/api/auth/login`): Promise<URL> {
  const response = await auth.login(browser.request(url))
  browser.keep(url, response)
  return (await browser.follow(response.headers.get('location') ?? '', callbackUrl)).url
}

async function loggedIn(auth: CentralAuthClass): Promise<Response> {
  const back = await comeBack(auth)
  const response = await auth.callback(browser.request(back))
  browser.keep(back, response)
  return response
}

const locationOf = (response: Response) => new URL(response.headers.get('location') ?? '')

describe('login()', () => {
  test('C1 sends the browser to the login page, with state, PKCE and a cookie', async () => {
    const response = await client().login(new Request(`${app}/api/auth/login`))
    expect(response.status).toBe(302)
    const { origin, pathname, searchParams } = locationOf(response)
    expect(`${origin}${pathname}`).toBe(`${server.origin}/login`)
    expect(Object.fromEntries(searchParams)).toEqual({
      redirect_uri: `${callbackUrl}?return_to=${encodeURIComponent(app)}`,
      client_id: 'org1',
      response_type: 'code',
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    const [cookie = ''] = response.headers.getSetCookie()
    expect(cookie).toMatch(/; Path=\/; HttpOnly; Max-Age=\d+; SameSite=Lax; Secure$/)
    expect(cookie).not.toContain(searchParams.get('state'))
  })

  test.each([
    ['the option', { returnTo: `${app}/a` }, '?return_to=/b', `${app}/c`, `${app}/a`],
    ['the query', {}, '?return_to=/b', `${app}/c`, `${app}/b`],
    ['the page it came from', {}, '', `${app}/c`, `${app}/c`],
    ['not a page about:', {}, '', 'about:blank', app],
    ['not a stranger’s page', {}, '', 'https://other.example/c', app],
  ])('C2 returns to %s', async (_name, options, query, referer, expected) => {
    const request = new Request(`${app}/api/auth/login${query}`, { headers: { referer } })
    const response = await client().login(request, options)
    const redirectUri = new URL(locationOf(response).searchParams.get('redirect_uri') ?? '')
    expect(redirectUri.searchParams.get('return_to')).toBe(expected)
  })

  test('C2 does not return to the login page itself', async () => {
    const headers = { referer: `${server.origin}/login` }
    const auth = client({ allowedOrigins: [server.origin] })
    const response = await auth.login(new Request(`${app}/login`, { headers }))
    expect(locationOf(response).searchParams.get('redirect_uri')).toContain(encodeURIComponent(app))
  })

  test('C3 passes on the error, the address and a state of one’s own, encoded', async () => {
    const options = { errorMessage: 'a&b=é\n', email: 'ada+1@example.com', state: 'my state' }
    const response = await client().login(new Request(`${app}/login`), options)
    expect(Object.fromEntries(locationOf(response).searchParams)).toMatchObject({
      error_message: options.errorMessage,
      email: options.email,
      state: options.state,
    })
    expect(response.headers.get('location')).toContain('error_message=a%26b%3D')
  })

  test.each(['https://evil.example/', '//evil.example', 'javascript:alert(1)', '\\\\evil.example'])(
    'C40 refuses to return to %s',
    async (place) => {
      const request = new Request(`${app}/login?return_to=${encodeURIComponent(place)}`)
      expect((await failure(client().login(request)))[0]).toBe('domainInvalid')
    },
  )

  test('C40 returns to an origin that is on the list', async () => {
    const auth = client({ allowedOrigins: ['https://two.example'] })
    const request = new Request(`${app}/login?return_to=https://two.example/x`)
    expect((await auth.login(request)).status).toBe(302)
  })
})

describe('CentralAuthClass()', () => {
  const nothing = { clientId: undefined, secret: undefined, callbackUrl: undefined }
  test.each([
    [{ clientId: undefined }, 'organizationIdMissing'],
    [{ ...nothing, callbackUrl }, 'secretMissing'],
    [nothing, 'callbackUrlMissing'],
    [{ ...nothing, authBaseUrl: undefined }, 'authBaseUrlMissing'],
  ])('C4 names the last of the options that are missing: %j', async (over, code) => {
    expect((await failure(() => client(over)))[0]).toBe(code)
  })

  test('C5 leaves the client out where it is null', async () => {
    const response = await client({ clientId: null }).login(new Request(`${app}/login`))
    expect(locationOf(response).searchParams.has('client_id')).toBe(false)
  })

  test('a secret goes to https only, or stays on this machine', async () => {
    const over = { authBaseUrl: 'http://central-auth.example' }
    expect((await failure(() => client(over)))[0]).toBe('entityInvalid')
  })

  test('LoginError has the code, the message, and the message under its other name', () => {
    const error = new LoginError('stateInvalid', 'M')
    expect(error).toMatchObject({ errorCode: 'stateInvalid', message: 'M', errorMessage: 'M' })
    expect(JSON.stringify(error)).toBe('{"errorCode":"stateInvalid","message":"M"}')
  })
})

describe('callback()', () => {
  test('C6 stores the token in a cookie, and sends the browser to where it wanted', async () => {
    const auth = client()
    const back = await comeBack(auth, `${app}/api/auth/login?return_to=/inside`)
    const response = await auth.callback(browser.request(back))
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe(`${app}/inside`)
    const [token = '', attempt = ''] = response.headers.getSetCookie()
    expect(token).toMatch(
      /^access_token=[\w-]+; Path=\/; HttpOnly; Max-Age=3600; SameSite=Lax; Secure$/,
    )
    expect(attempt).toMatch(/^login_attempt=; Path=\/; HttpOnly; Max-Age=0/)
    expect(server.seen('/api/v1/userinfo').at(-1)?.body).toBe(token.slice(13, token.indexOf(';')))
  })

  test('C6 keeps a token for a year where nobody says how long it lives', async () => {
    await using forever = await startCentralAuth({ expiresIn: null })
    const auth = client({ authBaseUrl: forever.origin })
    expect((await loggedIn(auth)).headers.getSetCookie()[0]).toContain('Max-Age=31536000')
  })

  test('C7 verifies with the bare callback address, and the verifier of the challenge', async () => {
    await loggedIn(client())
    const form = new URLSearchParams(server.seen('/api/v1/verify').at(-1)?.body)
    expect(form.get('redirect_uri')).toBe(callbackUrl)
    expect(form.get('code_verifier')).toMatch(/^[\w-]{43}$/)
  })

  test('C8 asks onStateReceived first, before the network and before an error', async () => {
    const before = server.seen('/api/v1/verify').length
    const back = await comeBack(client())
    back.searchParams.set('error_code', 'genericError')
    const states: string[] = []
    const onStateReceived = (_request: Request, state: string) => {
      states.push(state)
      return false
    }
    const refused = client().callback(browser.request(back), { onStateReceived })
    expect(await failure(refused)).toEqual(['stateInvalid', 'State verification failed.'])
    expect(states).toEqual([back.searchParams.get('state')])
    expect(server.seen('/api/v1/verify')).toHaveLength(before)
  })

  test('C9 refuses an answer without a state', async () => {
    const back = await comeBack(client())
    back.searchParams.delete('state')
    expect((await failure(client().callback(browser.request(back))))[0]).toBe('stateMissing')
  })

  test.each([
    ['error_code', 'error_message'],
    ['error', 'error_description'],
  ])('C10 throws what came back as %s and %s', async (code, message) => {
    const back = await comeBack(client())
    back.searchParams.set(code, 'loginAttemptExpired')
    back.searchParams.set(message, 'M')
    const refused = client().callback(browser.request(back))
    expect(await failure(refused)).toEqual(['loginAttemptExpired', 'M'])
  })

  test('C11 has a code and a message where only one of them came', async () => {
    const answerTo = async (name: string, value: string) => {
      const back = await comeBack(client())
      back.searchParams.set(name, value)
      return failure(client().callback(browser.request(back)))
    }
    expect(await answerTo('error_message', 'M')).toEqual(['genericError', 'M'])
    expect(await answerTo('error_code', 'sessionExpired')).toEqual([
      'sessionExpired',
      'The session has expired.',
    ])
    expect(await answerTo('error', 'not_documented')).toEqual([
      'not_documented',
      'An error without any context available.',
    ])
  })

  test('C12 says that the code is missing', async () => {
    const back = await comeBack(client())
    back.searchParams.delete('code')
    const refused = client().callback(browser.request(back))
    expect(await failure(refused)).toEqual([
      'missingFields',
      'The code is missing in the callback URL.',
    ])
  })

  test('C13 throws the pair that the server answered', async () => {
    const back = await comeBack(client())
    back.searchParams.set('code', 'another')
    const refused = client().callback(browser.request(back))
    expect(await failure(refused)).toEqual([
      'loginAttemptInvalid',
      'CentralAuth says loginAttemptInvalid',
    ])
  })

  test('C14 makes proper errors of a proxy’s page, and of a server that is not there', async () => {
    await using broken = await startCentralAuth()
    broken.answer('verify', { status: 502, text: '<html>Bad gateway</html>' })
    const auth = client({ authBaseUrl: broken.origin })
    const first = await comeBack(auth)
    const second = await failure(auth.callback(browser.request(first)))
    expect(second).toEqual(['genericError', 'HTTP 502'])
    const again = await comeBack(auth)
    await broken[Symbol.asyncDispose]()
    const gone = await failure(auth.callback(browser.request(again)))
    expect(gone).toEqual(['networkError', 'CentralAuth could not be reached.'])
  })

  test('C15 knows a browser that began no login', async () => {
    const back = await comeBack(client())
    browser = new Browser()
    const before = server.seen('/api/v1/verify').length
    expect((await failure(client().callback(browser.request(back))))[0]).toBe('loginAttemptMissing')
    expect(server.seen('/api/v1/verify')).toHaveLength(before)
  })

  test('C16 sets no cookie where the user is not given out', async () => {
    await using strict = await startCentralAuth()
    strict.answer('userinfo', { status: 401, content: { errorCode: 'tokenInvalid', message: 'M' } })
    expect(await failure(loggedIn(client({ authBaseUrl: strict.origin })))).toEqual([
      'tokenInvalid',
      'M',
    ])
    expect(browser.cookiesFor(app)).not.toContain('access_token')
  })

  test('C17 lets onAfterCallback answer in its stead', async () => {
    const back = await comeBack(client())
    const response = await client().callback(browser.request(back), {
      onAfterCallback: (_request, _response, user) => Response.json(user),
    })
    expect(await response.json()).toEqual(theUser)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('C33 refuses the state of another login, and leaves this one as it is', async () => {
    const attempts = memoryAttempts()
    const auth = client({ attempts })
    const back = await comeBack(auth)
    const forged = new URL(back)
    forged.searchParams.set('state', 'x')
    expect((await failure(auth.callback(browser.request(forged))))[0]).toBe('stateInvalid')
    expect((await auth.callback(browser.request(back))).status).toBe(302)
  })

  test('C34 refuses a login that is too old, and one that was used before', async () => {
    let now = 0
    const auth = client({ now: () => now, attempts: memoryAttempts(() => now) })
    const slow = await comeBack(auth)
    now = 10 * 60 * 1000 + 1
    expect((await failure(auth.callback(browser.request(slow))))[0]).toBe('loginAttemptExpired')
    const back = await comeBack(auth)
    const request = browser.request(back)
    expect((await auth.callback(request)).status).toBe(302)
    expect((await failure(auth.callback(request)))[0]).toBe('loginAttemptInvalid')
  })

  test('C36 refuses a token answer without a token', async () => {
    await using odd = await startCentralAuth()
    odd.answer('verify', { status: 200, content: { expires_in: 1 } })
    const refused = loggedIn(client({ authBaseUrl: odd.origin }))
    expect((await failure(refused))[0]).toBe('entityInvalid')
  })

  test('C40 goes nowhere else, whatever the address says by then', async () => {
    const back = await comeBack(client())
    back.searchParams.set('return_to', 'https://evil.example/')
    expect((await failure(client().callback(browser.request(back))))[0]).toBe('domainInvalid')
  })

  test('another process finishes what one began, given the same secret only', async () => {
    const back = await comeBack(client())
    const stranger = client({ secret: 'another secret' })
    expect((await failure(stranger.callback(browser.request(back))))[0]).toBe('loginAttemptMissing')
    expect((await client().callback(browser.request(back))).status).toBe(302)
  })
})

describe('user()', () => {
  const bearer = () => ({ authorization: `Bearer ${server.session()}` })

  test('C18 answers with the user, by cookie or by header', async () => {
    await loggedIn(client())
    const headers = { 'x-forwarded-for': '203.0.113.7, 10.0.0.1', 'user-agent': 'Firefox' }
    const byCookie = await client().user(browser.request(`${app}/user`, headers))
    expect([byCookie.status, await byCookie.json()]).toEqual([200, theUser])
    expect(server.seen('/api/v1/userinfo').at(-1)).toMatchObject({
      headers: { 'auth-ip': '203.0.113.7', 'user-agent': 'Firefox' },
    })
    expect(server.seen('/api/v1/userinfo').at(-1)?.query.get('domain')).toBe(app)

    const byHeader = await client().user(new Headers(bearer()))
    expect(await byHeader.json()).toEqual(theUser)
    expect(server.seen('/api/v1/userinfo').at(-1)?.headers).toMatchObject({
      'auth-ip': '0.0.0.0',
      'user-agent': 'native',
    })
    await client().user(new Headers({ ...bearer(), 'x-real-ip': '203.0.113.8' }))
    expect(server.seen('/api/v1/userinfo').at(-1)?.headers['auth-ip']).toBe('203.0.113.8')
  })

  test('C18 reads the cookie by its older name too', async () => {
    const cookie = `accessToken=${server.session()}`
    expect(await (await client().user(new Headers({ cookie }))).json()).toEqual(theUser)
  })

  test.each([
    ['no token', {}],
    ['a bad token', { cookie: 'access_token=dead' }],
  ])('C19 answers null to %s, and clears the cookie', async (_name, headers) => {
    const response = await client().user(new Headers(headers))
    expect([response.status, await response.json()]).toEqual([200, null])
    expect(response.headers.getSetCookie()[0]).toMatch(/^access_token=; .*Max-Age=0/)
  })

  test('C19 answers null where the server fails', async () => {
    await using broken = await startCentralAuth()
    broken.answer('userinfo', { status: 503, text: '' })
    const auth = client({ authBaseUrl: broken.origin })
    expect(await (await auth.user(new Headers(bearer()))).json()).toBeNull()
  })

  test('C21 getUserData() throws the pair, and is null without a token', async () => {
    await using strict = await startCentralAuth()
    strict.answer('userinfo', { status: 401, content: { errorCode: 'tokenInvalid', message: 'M' } })
    const auth = client({ authBaseUrl: strict.origin })
    expect(await failure(auth.getUserData(new Headers(bearer())))).toEqual(['tokenInvalid', 'M'])
    expect(await auth.getUserData(new Headers())).toBeNull()
  })

  test('C23 passes over a cookie without a value, and C20 over another scheme’s header', async () => {
    const headers = {
      authorization: 'Basic eDp5',
      cookie: `flag; ; =; other=1; access_token=${server.session()}`,
    }
    expect(await (await client().user(new Headers(headers))).json()).toEqual(theUser)
  })
})

describe('logout()', () => {
  test('C22 clears the cookie and goes on, and ends the session where it is asked to', async () => {
    await loggedIn(client())
    const request = browser.request(`${app}/logout?return_to=/bye`)
    const before = server.seen('/api/v1/logout').length
    const response = await client().logout(request)
    expect([response.status, response.headers.get('location')]).toEqual([302, `${app}/bye`])
    expect(response.headers.getSetCookie()[0]).toMatch(/^access_token=; .*Max-Age=0/)
    expect(server.seen('/api/v1/logout')).toHaveLength(before)

    await client().logout(request, { logoutSessionWide: true })
    expect(server.seen('/api/v1/logout')).toHaveLength(before + 1)
    expect(await (await client().user(request)).json()).toBeNull()
  })

  test('C22 goes on although the server fails', async () => {
    await using broken = await startCentralAuth()
    broken.answer('logout', { status: 500, text: 'no' })
    const auth = client({ authBaseUrl: broken.origin })
    const request = new Request(`${app}/logout`, { headers: { cookie: 'access_token=x' } })
    expect((await auth.logout(request, { logoutSessionWide: true })).status).toBe(302)
  })

  test('C40 refuses to go elsewhere', async () => {
    const request = new Request(`${app}/logout?return_to=https://evil.example`)
    expect((await failure(client().logout(request)))[0]).toBe('domainInvalid')
  })
})
