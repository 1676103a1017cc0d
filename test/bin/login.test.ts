import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../runtime/model/json.ts'
import { Browser } from '../connect/browser.ts'
import { type OAuthServer, startOAuthServer } from '../support/oauth-server.ts'
import { startVendorApi, type VendorApi } from '../support/vendor-api.ts'
import { type Cli, type Finished, openCli } from './cli.ts'
import { askInTerminal } from './terminal.ts'

let server: OAuthServer
let api: VendorApi
let cli: Cli
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  server = await startOAuthServer()
  api = await startVendorApi(server)
  cli = openCli()
  const { id, secret } = server.clients.body
  env = { ACME_CLIENT_ID: id, ACME_CLIENT_SECRET: secret }
  cli.connector(
    'acme',
    `
title: Acme
base_url: ${api.origin}
origins: [${server.origin}]
auth:
  type: oauth2
  authorization_url: ${server.authorizationUrl}
  token_url: ${server.tokenUrl}
  device_authorization_url: ${server.deviceAuthorizationUrl}
  revocation_url: ${server.revocationUrl}
  scopes: [api]
test_call: me
errors:
  - type: ExpiredToken
    message: 'Acme: {{ data.error }}'
    filter: { path: headers.http-code, operator: equal, value: 401 }
methods:
  me: { verb: GET, path: /by-401/me }
`,
  )
  cli.connector(
    'keyed',
    `base_url: ${api.origin}\nauth: { type: api_key }\nmethods: { me: { path: /me } }`,
  )
})

afterAll(async () => {
  cli[Symbol.dispose]()
  await api[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** Runs `connect`, and does something with each address or code that it prints. */
async function connect(
  words: readonly string[],
  react: {
    readonly pattern: RegExp
    readonly act: (found: string, child: ChildProcess) => unknown
  },
): Promise<Finished> {
  return cli.hookline(['connect', 'acme', '--env', 'ACME', ...words], {
    env,
    meanwhile: (child) => {
      let [told, done] = ['', false]
      child.stderr?.on('data', (chunk: Buffer) => {
        told += String(chunk)
        const found = react.pattern.exec(told)?.[1]
        if (found === undefined || done) return
        done = true
        void Promise.resolve(react.act(found, child)).catch(() => child.kill())
      })
    },
  })
}

const address = /(http:\/\/127\.0\.0\.1:\d+\/login)/
const follow = (url: string) => new Browser().follow(url)

/** Out to the vendor, and back with an error in the place of the code. */
async function refuse(url: string): Promise<void> {
  const browser = new Browser()
  const { origin } = new URL(url)
  const back = (await browser.follow(url, `${origin}/callback`)).url
  back.searchParams.delete('code')
  back.searchParams.set('error', 'access_denied')
  back.searchParams.set('error_description', 'The user said\u001b[31m no')
  await (await browser.get(back)).text()
}

describe('connect()', () => {
  test('C30 prints an address, and stores what the login brings', async () => {
    const words = ['-c', 'ada', '--json']
    const { code, stdout, stderr } = await connect(words, { pattern: address, act: follow })
    expect(stderr).toMatch(/Log in to Acme in your browser: http:\/\/127\.0\.0\.1:\d+\/login\n/)
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'ada',
      state: 'active',
      verification: { failure: null, test: { kind: 'success' } },
    })
    expect(code).toBe(0)
  })

  test('C31 tells the vendor’s refusal, and stores nothing', async () => {
    const { code, stderr } = await connect(['-c', 'bob'], { pattern: address, act: refuse })
    expect(stderr).toContain('hookline: access_denied: The user said [31m no')
    expect(code).toBe(1)
    const { connections } = await cli.json(['connections', 'list'])
    expect(JSON.stringify(connections)).not.toContain('bob')
  })

  test('C31 tells it as {errorCode, message} where JSON is wanted', async () => {
    const { stdout } = await connect(['-c', 'bob', '--json'], { pattern: address, act: refuse })
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'error',
      errorCode: 'access_denied',
      message: 'The user said [31m no',
    })
  })

  test('shows a login that is under way as sessionNotVerified, and forgets it when it ends', async () => {
    let during: JsonObject = {}
    const { code } = await connect(['-c', 'eve'], {
      pattern: address,
      act: async (_url, child) => {
        during = await cli.json(['connections', 'list'])
        child.kill('SIGINT')
      },
    })
    expect(during).toMatchObject({
      connections: [{ name: 'ada' }, { name: 'eve', state: 'sessionNotVerified' }],
    })
    expect(code).toBe(130)
    expect(JSON.stringify(await cli.json(['connections', 'list']))).not.toContain('eve')
  })

  test('logs in by a code with --device', async () => {
    const { code, stderr } = await connect(['-c', 'dan', '--device'], {
      pattern: /enter the code ([A-Z-]+)/,
      act: (userCode) => server.approveDevice(userCode),
    })
    expect(stderr).toContain(`Open ${server.origin}/device on any device`)
    expect(stderr).toContain('dan is stored, and is active')
    expect(code).toBe(0)
  })

  test('opens the browser by itself in a terminal, unless it is told not to', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-opener-'))
    const opener = join(folder, 'xdg-open')
    const browser = new URL('../connect/browser.ts', import.meta.url)
    writeFileSync(
      opener,
      `#!${process.execPath}\nimport('${browser}').then(({ Browser }) => new Browser().follow(process.argv[2]))\n`,
      { mode: 0o755 },
    )
    const environment = {
      ...env,
      PATH: `${folder}:${process.env.PATH}`,
      HOOKLINE_HOME: cli.home,
      HOOKLINE_CONNECTORS: cli.connectors,
      HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
    }
    const words = ['connect', 'acme', '-c', 'fay', '--env', 'ACME']
    const opened = await askInTerminal(words, { env: environment, answers: [] })
    expect([opened.code, opened.shown]).toEqual([0, expect.stringContaining('fay is stored')])

    const told = [...words, '--replace', '--no-browser']
    const giveUp = [{ question: 'in your browser', answer: '\u0003' }]
    const { code, shown } = await askInTerminal(told, { env: environment, answers: giveUp })
    expect([code, shown]).toEqual([130, expect.not.stringContaining('is stored')])
    rmSync(folder, { recursive: true })
  })

  test.each([
    [['keyed', '--device'], 'is not connected by a login'],
    [['keyed', '--redirect-uri', 'http://127.0.0.1:1/x'], 'is not connected by a login'],
    [['acme', '--redirect-uri', 'https://example.com'], 'cannot be listened on'],
  ])('ends with 2 for %j', async (words, said) => {
    const { code, stderr } = await cli.hookline(['connect', ...words, '-c', 'x', '--env', 'ACME'], {
      env,
    })
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)])
  })
})

describe('whoami()', () => {
  test('C38 prints who a connection is', async () => {
    const { code, stdout, stderr } = await cli.hookline(['whoami', 'ada'])
    expect(JSON.parse(stdout)).toMatchObject({ resource: 'me' })
    expect([code, stderr]).toEqual([0, ''])
    expect(await cli.json(['whoami', 'ada'])).toMatchObject({
      name: 'ada',
      state: 'active',
      user: { resource: 'me' },
      failure: null,
    })
  })

  test('C38 prints null and how it stands where it fails, and keeps the tokens', async () => {
    const { id: ClientId, secret: ClientSecret } = server.clients.body
    const properties = { ClientId, ClientSecret }
    const input = JSON.stringify({ access_token: 'dead', refresh_token: 'dead too', properties })
    const words = ['connections', 'import', 'ivy', '--connector', 'acme', '--file', '-']
    await cli.hookline(words, { input })
    const { code, stdout, stderr } = await cli.hookline(['whoami', 'ivy'])
    expect([code, stdout]).toEqual([1, 'null\n'])
    expect(stderr).toMatch(/^ivy is sessionInvalid: /)
    expect(await cli.json(['connections', 'show', 'ivy'])).toMatchObject({
      credential: { accessToken: true, refreshToken: true },
    })
  })

  test('ends with 2 for a connection that is not there', async () => {
    const { code, stderr } = await cli.hookline(['whoami', 'adaa'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean `ada`?')])
  })
})

describe('disconnect()', () => {
  test('C39 wants to be confirmed, revokes the tokens, and forgets every secret', async () => {
    const asked = await cli.hookline(['disconnect', 'ada'])
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('Add --yes.')])

    const before = server.counts().revocations
    const { code, stderr } = await cli.hookline(['disconnect', 'ada', '--yes'])
    expect([code, stderr]).toEqual([0, expect.stringContaining('The vendor has revoked')])
    expect(server.counts().revocations).toBe(before + 2)
    expect(await cli.json(['connections', 'show', 'ada'])).toMatchObject({
      state: 'sessionInactive',
      reason: 'Disconnected',
      credential: { accessToken: false, refreshToken: false, properties: [] },
    })
  })

  test('C30 a connection that was ended is begun again without --replace', async () => {
    const { code } = await connect(['-c', 'ada'], { pattern: address, act: follow })
    expect(code).toBe(0)
  })

  test('C39 forgets the secrets although the vendor cannot be told, and says so', async () => {
    await server[Symbol.asyncDispose]()
    const report = await cli.json(['disconnect', 'ada', '--yes'])
    expect(report).toMatchObject({
      disconnected: true,
      revocation: 'failed',
      failure: { errorCode: 'networkError', message: expect.any(String) },
    })
    expect(await cli.json(['connections', 'show', 'ada'])).toMatchObject({
      state: 'sessionInactive',
      credential: { accessToken: false, refreshToken: false },
    })
  })
})

test('C42 nothing that was printed holds a secret', () => {
  const printed = cli.printed.join('\n')
  expect(printed).not.toContain(server.clients.body.secret)
  expect(printed).not.toMatch(/code_verifier|eyJ/)
})
