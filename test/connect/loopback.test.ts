import { request as plainRequest } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LoginError, type LoopbackLogin, type LoopbackOptions } from '../../runtime/index.ts'
import { startVendor } from '../support/vendor.ts'
import { Browser } from './browser.ts'
import { type LoginWorld, openLoginWorld, ref, type WorldOptions } from './login-world.ts'

async function begin(
  options: WorldOptions & { readonly loopback?: Partial<LoopbackOptions> } = {},
): Promise<LoginWorld & { readonly login: LoopbackLogin; readonly browser: Browser }> {
  const world = await openLoginWorld(options)
  onTestFinished(() => world[Symbol.asyncDispose]())
  const { target, runtime } = world
  const login = await runtime.connections.listenForLogin(target, {
    retry: true,
    ...options.loopback,
  })
  onTestFinished(() => login[Symbol.asyncDispose]())
  return { ...world, login, browser: new Browser() }
}

type Begun = Awaited<ReturnType<typeof begin>>

/** Out to the vendor; resolves to the address of the callback with a code, which is not opened. */
async function authorise({ browser, login }: Begun, from = login.loginUrl): Promise<URL> {
  return (await browser.follow(from, login.redirectUri)).url
}

/** Out only, and back with what the vendor is made to say. */
async function refuse(begun: Begun, parameters: Record<string, string>): Promise<Response> {
  const back = await authorise(begun)
  back.searchParams.delete('code')
  for (const [name, value] of Object.entries(parameters)) back.searchParams.set(name, value)
  return begun.browser.get(back)
}

const stored = ({ runtime }: Begun) => runtime.connections.get(ref)

async function codeOf(doing: Promise<unknown>): Promise<string> {
  const error = await doing.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof LoginError)) throw error ?? new Error('nothing went wrong')
  return error.errorCode
}

describe('listenForLogin()', () => {
  test('C30 ends with an active connection, and is gone then', async () => {
    const begun = await begin()
    expect(begun.login.loginUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login$/)
    expect(await stored(begun)).toMatchObject({ state: 'sessionNotVerified' })

    const { response } = await begun.browser.follow(begun.login.loginUrl)
    const page = await response?.text()
    expect([response?.status, page]).toEqual([200, expect.stringContaining('You are connected')])
    expect(page).toContain('Acme &#38; Söhne')
    const { connection, verification } = await begun.login.finished
    expect([connection.state, verification.test?.kind]).toEqual(['active', 'success'])
    expect(await stored(begun)).toMatchObject({ state: 'active', reason: null })
    await expect(fetch(begun.login.loginUrl)).rejects.toThrow('fetch failed')
  })

  test('C31 C32 shows an error escaped, stores nothing, and logs in at the next try', async () => {
    const refused: LoginError[] = []
    const onRefused = (error: LoginError) => refused.push(error)
    const begun = await begin({ loopback: { onRefused } })
    const message = '<img src=x onerror=alert(1)>&"\' no'
    const response = await refuse(begun, { error_code: 'X<b>', error_message: message })
    const page = await response.text()
    expect(response.status).toBe(400)
    expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;&#38;&#34;&#39; no')
    expect(page).toContain('X&#60;b&#62;')
    expect(page).not.toMatch(/<(img|b|script)\b/)
    expect(refused.map(String)).toEqual([`LoginError: ${message}`])
    expect(await stored(begun)).toBeNull()

    const retry = /href="([^"]+)"/.exec(page)?.[1] ?? ''
    expect(retry).toBe(
      `/login?error_message=${encodeURIComponent(message).replaceAll("'", '&#39;')}`,
    )
    const url = new URL(retry.replaceAll('&#39;', "'"), begun.login.loginUrl)
    const out = await begun.browser.get(url)
    const vendor = new URL(out.headers.get('location') ?? '')
    expect(vendor.searchParams.get('error_message')).toBe(message)
    await begun.browser.follow(vendor)
    expect((await begun.login.finished).connection.state).toBe('active')
  })

  test('C31 reads OAuth’s spelling, and ends with it where no other try is wanted', async () => {
    const begun = await begin({ loopback: { retry: false } })
    const parameters = { error: 'access_denied', error_description: 'The user said no' }
    const page = await (await refuse(begun, parameters)).text()
    expect(page).toContain('The user said no')
    expect(page).not.toContain('href')
    await expect(begun.login.finished).rejects.toMatchObject({
      errorCode: 'access_denied',
      message: 'The user said no',
    })
    expect(await stored(begun)).toBeNull()
  })

  test('C33 is not disturbed by answers to no login, or to another', async () => {
    const begun = await begin({ loopback: { retry: false } })
    const back = await authorise(begun)
    const without = new URL(back)
    without.searchParams.delete('state')
    const other = new URL(back)
    other.searchParams.set('state', 'x')
    const bare = await fetch(back)
    for (const [response, code] of [
      [await begun.browser.get(without), 'stateMissing'],
      [await begun.browser.get(other), 'stateInvalid'],
      [bare, 'loginAttemptMissing'],
    ] as const) {
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(code)])
    }
    expect((await begun.browser.get(back)).status).toBe(200)
    expect((await begun.login.finished).connection.state).toBe('active')
  })

  test('C34 takes the answer to each attempt once', async () => {
    const begun = await begin()
    const back = await authorise(begun)
    const cookie = begun.browser.cookiesFor(back)
    begun.server.failNextTokenRequest({ kind: 'answer', status: 500, content: {} })
    expect((await begun.browser.get(back)).status).toBe(500)
    const again = await fetch(back, { headers: { cookie } })
    expect(await again.text()).toContain('loginAttemptInvalid')
  })

  test('C35 proves itself by PKCE with S256, and writes the verifier into no address', async () => {
    const begun = await begin()
    const out = await begun.browser.get(begun.login.loginUrl)
    const { searchParams } = new URL(out.headers.get('location') ?? '')
    expect(searchParams.get('code_challenge_method')).toBe('S256')
    expect(searchParams.get('redirect_uri')).toBe(begun.login.redirectUri)
    expect(searchParams.has('code_verifier')).toBe(false)
    // oidc-provider refuses the code of a challenge without its verifier.
    const { response } = await begun.browser.follow(out.headers.get('location') ?? '')
    expect(response?.status).toBe(200)
  })

  test.each([
    [{ token_type: 'Bearer' }, 200, 'entityInvalid'],
    [{ error: 'invalid_grant', error_description: 'used up' }, 400, 'invalid_grant'],
    [{ error: 'bad_verification_code' }, 200, 'bad_verification_code'],
    [{}, 502, 'genericError'],
  ])('C36 wants an access token: %j with %i is %s', async (content, status, code) => {
    const begun = await begin({ loopback: { retry: false } })
    begun.server.failNextTokenRequest({ kind: 'answer', status, content })
    await begun.browser.follow(begun.login.loginUrl)
    expect(await codeOf(begun.login.finished)).toBe(code)
    expect(await stored(begun)).toBeNull()
  })

  test('C37 looks values up, and keeps a connection whose lookup fails as not verified', async () => {
    const definition = '  lookup: { verb: GET, path: /by-401/lookup }\n'
    const found = await begin({
      definition: `${definition}properties: { resource: { in: header, as: X-R } }\npost_install: lookup\n`,
    })
    await found.browser.follow(found.login.loginUrl)
    expect((await found.login.finished).connection.state).toBe('active')
    expect(found.api.countOf('/by-401/lookup').good).toBe(1)

    const lost = await begin({
      definition: `${definition}properties: { other: { in: header, as: X-R } }\npost_install: lookup\n`,
    })
    const { response } = await lost.browser.follow(lost.login.loginUrl)
    expect(await response?.text()).toContain('sessionNotVerified')
    const { connection, verification } = await lost.login.finished
    expect(connection.state).toBe('sessionNotVerified')
    expect(verification.failure?.type).toBe('AuthSessionFailed')
  })

  test('C37 keeps a connection whose test call fails as not verified', async () => {
    const begun = await begin({ testCall: 'nowhere' })
    await begun.browser.follow(begun.login.loginUrl)
    expect((await begun.login.finished).connection).toMatchObject({
      state: 'sessionNotVerified',
      reason: expect.any(String),
    })
  })

  test('C41 answers everything else with {errorCode, message}', async () => {
    const { login } = await begin()
    const { origin } = new URL(login.loginUrl)
    const missing = await fetch(`${origin}/favicon.ico`)
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { errorCode: 'entityMissing', message: 'There is nothing at this address.' },
    ])
    const posted = await fetch(login.redirectUri, { method: 'POST' })
    const { errorCode } = (await posted.json()) as { errorCode: string }
    expect([posted.status, errorCode]).toEqual([400, 'entityInvalid'])
  })

  test('answers under its own address only', async () => {
    const { login } = await begin()
    const { port } = new URL(login.loginUrl)
    for (const host of ['evil.example', `localhost:${port}`, `127.0.0.1.evil.example:${port}`]) {
      const answer = await new Promise<string>((resolve, reject) => {
        const sent = plainRequest(login.loginUrl, { headers: { host } }, (response) => {
          response.setEncoding('utf8')
          response.on('data', resolve)
        })
        sent.on('error', reject).end()
      })
      expect(JSON.parse(answer)).toMatchObject({ errorCode: 'domainInvalid' })
    }
  })

  test('refuses an answer of another server than the one asked (RFC 9207)', async () => {
    const begun = await begin({ loopback: { retry: false } })
    const back = await authorise(begun)
    expect(back.searchParams.get('iss')).toBe(begun.server.origin)
    back.searchParams.set('iss', 'https://evil.example')
    await begun.browser.get(back)
    expect(await codeOf(begun.login.finished)).toBe('stateInvalid')
    expect(begun.server.counts().tokenRequests).toBe(0)
  })

  test('wants the issuer that the connector names, and none else', async () => {
    const begun = await begin({
      loopback: { retry: false },
      auth: 'issuer: https://issuer.example',
    })
    await begun.browser.follow(begun.login.loginUrl)
    expect(await codeOf(begun.login.finished)).toBe('stateInvalid')
  })

  test('checks the nonce of an id token', async () => {
    const begun = await begin({ auth: 'scopes: [openid, api]' })
    await begun.browser.follow(begun.login.loginUrl)
    expect((await begun.login.finished).connection.state).toBe('active')

    const forged = await begin({ auth: 'scopes: [openid, api]', loopback: { retry: false } })
    const claims = Buffer.from('{"nonce":"another"}').toString('base64url')
    const content = { access_token: 'a-token', id_token: `e30.${claims}.x` }
    forged.server.failNextTokenRequest({ kind: 'answer', status: 200, content })
    await forged.browser.follow(forged.login.loginUrl)
    expect(await codeOf(forged.login.finished)).toBe('stateInvalid')
  })

  test('checks the nonce of what the vendor sent, whatever a script makes of it', async () => {
    const forged = await begin({
      auth: 'scopes: [openid, api]',
      script: 'function after_oauth2_token() { delete method_response.id_token; return true }',
      loopback: { retry: false },
    })
    const claims = Buffer.from('{"nonce":"another"}').toString('base64url')
    const content = { access_token: 'a-token', id_token: `e30.${claims}.x` }
    forged.server.failNextTokenRequest({ kind: 'answer', status: 200, content })
    await forged.browser.follow(forged.login.loginUrl)
    expect(await codeOf(forged.login.finished)).toBe('stateInvalid')
  })

  test('A38 ends with the text of a rule of the token request', async () => {
    const rules = `errors: [{ type: InvalidCredential, message: 'Sorry: {{ data.why }}', filter: { path: data.ok, operator: equal, value: false } }]`
    const begun = await begin({ auth: `scopes: [api]\n  ${rules}`, loopback: { retry: false } })
    const content = { ok: false, why: 'the app is suspended', access_token: 'a' }
    begun.server.failNextTokenRequest({ kind: 'answer', status: 200, content })
    await begun.browser.follow(begun.login.loginUrl)
    await expect(begun.login.finished).rejects.toThrow('Sorry: the app is suspended')
    expect(await stored(begun)).toBeNull()
  })

  test('listens where the vendor knows it, if it can', async () => {
    const world = await openLoginWorld({ redirectUris: ['http://127.0.0.1/back/here'] })
    onTestFinished(() => world[Symbol.asyncDispose]())
    const free = await startVendor()
    const redirectUri = `${free.origin}/back/here`
    const listen = () =>
      world.runtime.connections.listenForLogin(world.target, { retry: false, redirectUri })
    await expect(listen()).rejects.toMatchObject({ errorCode: 'callbackUrlInvalid' })
    await free[Symbol.asyncDispose]()
    await using login = await listen()
    expect(login.redirectUri).toBe(redirectUri)
    await new Browser().follow(login.loginUrl)
    expect((await login.finished).connection.state).toBe('active')
  })

  test.each([
    'http://example.com/callback',
    'https://127.0.0.1:8000/callback',
    'http://127.0.0.1:8000/login',
    'nonsense',
  ])('refuses to come back to %s', async (redirectUri) => {
    await using world = await openLoginWorld()
    const { connections } = world.runtime
    await expect(
      connections.listenForLogin(world.target, { retry: false, redirectUri }),
    ).rejects.toMatchObject({ errorCode: 'callbackUrlInvalid' })
    expect(await connections.get(ref)).toBeNull()
  })

  test('gives up in time, when it is told to, and when it is disposed of', async () => {
    const late = await begin({ loopback: { patienceMs: 1 } })
    expect(await codeOf(late.login.finished)).toBe('loginAttemptExpired')
    expect(await stored(late)).toBeNull()

    await using world = await openLoginWorld()
    const { connections } = world.runtime
    const controller = new AbortController()
    const options = { retry: true, signal: controller.signal }
    const stopped = await connections.listenForLogin(world.target, options)
    controller.abort(new Error('stop'))
    await expect(stopped.finished).rejects.toThrow('stop')

    const disposed = await connections.listenForLogin(world.target, { retry: true })
    await disposed[Symbol.asyncDispose]()
    await expect(disposed.finished).rejects.toThrow('given up')
    await expect(fetch(disposed.loginUrl)).rejects.toThrow('fetch failed')
    expect(await connections.get(ref)).toBeNull()
  })
})

describe('a connection of that name', () => {
  test('is replaced only where that was said, and only by a login that succeeded', async () => {
    const first = await begin()
    await first.browser.follow(first.login.loginUrl)
    await first.login.finished
    const { connections } = first.runtime
    const listen = (replace: boolean) =>
      connections.listenForLogin({ ...first.target, replace }, { retry: false })
    await expect(listen(false)).rejects.toMatchObject({ errorCode: 'entityInvalid' })

    await using failing = await listen(true)
    await refuse({ ...first, login: failing }, { error: 'access_denied' })
    expect(await codeOf(failing.finished)).toBe('access_denied')
    expect(await stored(first)).toMatchObject({ state: 'active' })
    const outcome = await first.runtime.call({ ...ref, connector: 'acme', method: 'me' })
    expect(outcome.kind).toBe('success')

    await using second = await listen(true)
    await first.browser.follow(second.loginUrl)
    expect((await second.finished).connection.state).toBe('active')
  })
})

test('C42 no secret is in a page, an address, an error, or what people are shown', async () => {
  const begun = await begin()
  const texts: string[] = []
  let at = new URL(begun.login.loginUrl)
  for (let hops = 0; hops < 10; hops++) {
    texts.push(at.href)
    const response = await begun.browser.get(at)
    texts.push(await response.text())
    const location = response.headers.get('location')
    if (location === null) break
    at = new URL(location, at)
  }
  const finished = await begun.login.finished
  texts.push(JSON.stringify(finished), JSON.stringify(await stored(begun)))

  const failing = await begin({ loopback: { retry: false } })
  const { secret } = failing.server.clients.body
  const content = { error: 'oops', error_description: `the secret is ${secret}` }
  failing.server.failNextTokenRequest({ kind: 'answer', status: 400, content })
  const { response } = await failing.browser.follow(failing.login.loginUrl)
  const error: unknown = await failing.login.finished.catch((thrown: unknown) => thrown)
  texts.push((await response?.text()) ?? '', JSON.stringify(error), String((error as Error).stack))

  const all = texts.join('\n')
  expect(all).toContain('oops')
  expect(all).not.toContain(secret)
  expect(all).not.toMatch(/code_verifier|access_token=|refresh_token/)
})
