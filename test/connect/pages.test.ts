import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type LoopbackOptions, listenForLogin } from '../../runtime/connect/loopback.ts'
import { escapeHtml, pageResponse } from '../../runtime/connect/pages.ts'
import type { LoginError } from '../../runtime/index.ts'
import { asTenant } from '../../runtime/model/ids.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { type Chromium, hasChromium, startChromium } from './chromium.ts'
import { openPorts } from './login-ports.ts'
import { ref } from './login-world.ts'

test('pageResponse() may be kept, framed and scripted by nobody', async () => {
  const response = pageResponse({ status: 200, title: 'T', text: 'x' })
  const headers = Object.fromEntries(response.headers)
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  })
  expect(headers['content-security-policy']).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  )
  expect(await response.text()).not.toMatch(/<script|javascript:|\bon\w+=/i)
})

test('escapeHtml() leaves nothing that could begin markup, or end an attribute', () => {
  expect(escapeHtml(`<a href="x" b='y'>&\``)).toBe(
    '&#60;a href=&#34;x&#34; b=&#39;y&#39;&#62;&#38;&#96;',
  )
})

/** A login at oidc-provider, on whose own pages a person logs in and agrees. */
async function begin(options: Partial<LoopbackOptions> = {}) {
  const parts = new AsyncDisposableStack()
  onTestFinished(() => parts.disposeAsync())
  const server = parts.use(await startOAuthServer({ pages: true }))
  const world = parts.use(
    await openPorts(`
name: acme
title: Acme <b>&amp; Söhne
base_url: ${server.origin}
auth:
  type: oauth2
  authorization_url: ${server.authorizationUrl}
  token_url: ${server.tokenUrl}
  scopes: [openid, offline_access, api]
methods: { me: { path: /me } }
`),
  )
  const { id: ClientId, secret: ClientSecret } = server.clients.body
  const target = { ...ref, connector: 'acme', properties: { ClientId, ClientSecret } }
  const { signal } = new AbortController()
  const { ports } = world
  const login = parts.use(
    await listenForLogin(target, { retry: true, ...options }, { ports, signal }),
  )
  return { ...world, login }
}

describe.skipIf(!hasChromium)('the login pages in Chromium', () => {
  let browser: Chromium

  beforeAll(async () => {
    browser = await startChromium()
  })
  afterAll(() => browser?.[Symbol.asyncDispose]())

  /** Logs in and agrees, as a person does, on the pages of the OAuth server. */
  async function agree(): Promise<void> {
    await (await browser.see('input[name=login]')).type('ada')
    await (await browser.see('input[name=password]')).type('whatever')
    await (await browser.see('button[type=submit]')).click()
    await consent()
  }

  async function consent(): Promise<void> {
    await browser.see('input[name=prompt][value=consent]')
    await (await browser.see('button[type=submit]')).click()
  }

  /** A click returns before the page that it leads to is there. */
  const expectConnected = () =>
    vi.waitFor(async () => expect(await browser.textOf('h1')).toBe('You are connected'), 5_000)

  /** What each of our pages owes to everybody. */
  async function expectAccessible(role: string): Promise<void> {
    expect(await (await browser.see('main > div')).role()).toBe(role)
    expect(await browser.title()).toBe(await browser.textOf('h1'))
    const page = (await browser.run(`
      const { color, backgroundColor } = getComputedStyle(document.body)
      return {
        lang: document.documentElement.lang,
        headings: document.querySelectorAll('h1').length,
        scripts: document.scripts.length,
        styled: getComputedStyle(document.querySelector('main')).maxWidth !== 'none',
        color, backgroundColor,
      }`)) as Record<string, unknown>
    expect(page).toMatchObject({ lang: 'en', headings: 1, scripts: 0, styled: true })
    expect(contrast(String(page.color), String(page.backgroundColor))).toBeGreaterThan(7)
    await browser.resize(320, 480)
    expect(
      await browser.run('return document.documentElement.scrollWidth <= window.innerWidth'),
    ).toBe(true)
    await browser.resize(1000, 800)
  }

  async function stateOf({ ports }: Awaited<ReturnType<typeof begin>>): Promise<unknown> {
    const [connection] = await ports.vault.list(asTenant(ref.tenant))
    return connection?.state
  }

  test('a person logs in, agrees, and reads that it is done', async () => {
    const begun = await begin()
    await browser.open(begun.login.loginUrl)
    await agree()
    await expectConnected()
    expect(await browser.textOf('main')).toContain('Acme <b>&amp; Söhne for you')
    await expectAccessible('status')
    expect((await begun.login.finished).connection.id).toBe(ref.connection)
  })

  test('a person says no, reads it, and tries again by the keyboard', async () => {
    const refused: LoginError[] = []
    const begun = await begin({ onRefused: (error) => refused.push(error) })
    await browser.open(begun.login.loginUrl)
    await (await browser.see('.login-help a')).click()
    expect(await browser.textOf('h1')).toBe('The login did not succeed')
    expect(await browser.textOf('main')).toContain('access_denied')
    await expectAccessible('alert')
    expect(refused[0]).toMatchObject({ errorCode: 'access_denied' })
    expect(await stateOf(begun)).toBeUndefined()

    const link = await browser.see('a')
    expect([await link.role(), await link.label()]).toEqual(['link', 'Log in again'])
    await browser.press('\uE004')
    expect(await browser.run('return document.activeElement.tagName')).toBe('A')
    await browser.press('\uE007')
    await agree()
    await expectConnected()
    await begun.login.finished
  })

  test('an error that is markup is shown as text, and runs nothing', async () => {
    const begun = await begin()
    await browser.open(begun.login.loginUrl)
    const page = new URL(await browser.url())
    expect(page.pathname).toMatch(/^\/interaction\//)
    const details = String(await browser.run('return document.body.textContent'))
    const [, state = ''] = /\bstate\W+([\w-]{43})/.exec(details) ?? []
    const message = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
    const back = new URL(begun.login.redirectUri)
    back.search = new URLSearchParams({
      state,
      error: '<svg onload=alert(1)>',
      error_description: message,
    }).toString()
    await browser.open(back.href)
    expect(await browser.textOf('h1')).toBe('The login did not succeed')
    expect(await browser.textOf('p')).toBe(message)
    expect(await browser.run("return document.querySelectorAll('img,svg,script').length")).toBe(0)
    await expectAccessible('alert')
  })

  test('a login that took too long says so, and begins again', async () => {
    const begun = await begin()
    await browser.open(begun.login.loginUrl)
    begun.passTime(10 * 60 * 1000 + 1)
    await agree()
    expect(await browser.textOf('h1')).toBe('This login has expired')
    await expectAccessible('alert')
    await (await browser.see('a')).click()
    // The vendor still knows who it is.
    await consent()
    await expectConnected()
    await begun.login.finished
  })
})

/** WCAG 2.1, 1.4.6: the ratio of two colours, from 1 to 21. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
    const value = Number(part) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
