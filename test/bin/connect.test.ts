import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startOAuthServer } from '../support/oauth-server.ts'
import { startSessionApi } from '../support/session-api.ts'
import { json, type Reaction, startVendor, type Vendor } from '../support/vendor.ts'
import { startVendorApi } from '../support/vendor-api.ts'
import { acme } from './acme.ts'
import { type Cli, openCli } from './cli.ts'

let vendor: Vendor
let cli: Cli

beforeAll(async () => {
  vendor = await startVendor()
  cli = openCli()
  cli.connector('keyed', withAuth('auth: { type: api_key, in: header, as: X-Key }'), noScript)
  cli.connector('basic', withAuth('auth: basic'), noScript)
  cli.connector('open', acme(vendor.origin), noScript)
})

afterAll(async () => {
  cli[Symbol.dispose]()
  await vendor[Symbol.asyncDispose]()
})

const noScript = { 'scripts/main.js': '' }

function withAuth(auth: string): string {
  return acme(vendor.origin, auth)
}

/** Answers 200 to the request that brings this header, and 401 to any other. */
function wants(header: string, value: string): Reaction {
  return (request, ...rest) =>
    json({}, { status: request.headers[header] === value ? 200 : 401 })(request, ...rest)
}

describe('connect() takes from the environment what it needs for', () => {
  test('an API key, and tries it', async () => {
    vendor.answers(wants('x-key', 'sk-right'))
    const words = ['connect', 'keyed', '-c', 'ada', '--env', 'ACME']
    const { code, stdout, stderr } = await cli.hookline(words, { env: { ACME_KEY: 'sk-right' } })
    expect(stderr).toContain('ada is stored, and is active')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  test('a user name and a password', async () => {
    vendor.answers(wants('authorization', `Basic ${btoa('ada:correct horse')}`))
    const env = { ACME_USERNAME: 'ada', ACME_PASSWORD: 'correct horse' }
    const report = await cli.json(['connect', 'basic', '--env', 'ACME'], { env })
    expect(report).toMatchObject({
      name: 'basic',
      state: 'active',
      verification: { state: 'active', failure: null, test: { kind: 'success' } },
    })
  })

  test('client credentials', async () => {
    await using oauth = await startOAuthServer()
    await using api = await startVendorApi(oauth)
    const { id, secret } = oauth.clients.body
    cli.connector(
      'machine',
      `
base_url: ${api.origin}/by-401
origins: [${oauth.origin}]
auth: { type: oauth2, grant: client_credentials, token_url: ${oauth.tokenUrl} }
test_call: me
methods: { me: { verb: GET, path: /me } }
`,
    )
    const env = { ACME_CLIENT_ID: id, ACME_CLIENT_SECRET: secret }
    const { code, stderr } = await cli.hookline(['connect', 'machine', '--env', 'ACME'], { env })
    expect(stderr).toContain('✓ success 200')
    expect(code).toBe(0)
    expect(api.total()).toEqual({ received: 1, good: 1 })
  })

  test('the password grant', async () => {
    vendor.on('/token', (request, ...rest) => {
      const sent = new URLSearchParams(request.body)
      const good = sent.get('username') === 'ada' && sent.get('password') === 'correct horse'
      const answer = good ? { access_token: 'at-1', token_type: 'Bearer' } : { error: 'no' }
      return json(answer, { status: good ? 200 : 400 })(request, ...rest)
    })
    vendor.answers(wants('authorization', 'Bearer at-1'))
    const auth = `auth: { type: oauth2, grant: password, client_id: us, token_url: ${vendor.origin}/token }`
    cli.connector('person', withAuth(auth), noScript)
    const env = { ACME_USERNAME: 'ada', ACME_PASSWORD: 'correct horse' }
    const { code } = await cli.hookline(['connect', 'person', '--env', 'ACME'], { env })
    expect(code).toBe(0)
  })

  test('a session, whose own values nobody is asked for', async () => {
    await using api = await startSessionApi()
    cli.connector(
      'session',
      `
base_url: ${api.origin}
auth: session
properties:
  Username: { in: mergefield }
  Password: { in: mergefield, sensitive: true }
  SessionId: { in: header, as: X-Session, sensitive: true }
post_install: { method: login, values: { SessionId: data.session.id } }
test_call: invoices.list
methods:
  login:
    verb: POST
    path: /login
    ignore_auth: true
    body: { username: '{{Username}}', password: '{{Password}}' }
  invoices.list: { verb: GET, path: /by-403/invoices }
`,
    )
    const words = ['connect', 'session', '--env', 'ACME', '-p', `Username=${api.username}`]
    const lacking = await cli.hookline(words)
    expect(lacking.code).toBe(2)
    expect(lacking.stderr).toContain('The environment lacks ACME_PASSWORD\n')
    const { code } = await cli.hookline(words, { env: { ACME_PASSWORD: api.password } })
    expect(code).toBe(0)
    expect(api.counts()).toMatchObject({ logins: 1, good: 1 })
  })
})

test('connect() keeps what did not work as sessionNotVerified, and ends with 1', async () => {
  vendor.answers(wants('x-key', 'sk-right'))
  const words = ['connect', 'keyed', '-c', 'wrong', '--env', 'ACME']
  const { code, stderr } = await cli.hookline(words, { env: { ACME_KEY: 'sk-wrong' } })
  expect(code).toBe(1)
  expect(stderr).toMatch(/✗ HttpError: HTTP 401/)
  expect(stderr).toContain('wrong is stored, and is sessionNotVerified')
  expect(stderr).toContain(
    'hookline whoami wrong; with other values: hookline connect keyed -c wrong --replace',
  )
  const shown = await cli.json(['connections', 'show', 'wrong'])
  expect(shown).toMatchObject({ state: 'sessionNotVerified', reason: 'HTTP 401 Unauthorized' })
})

test('whoami() prints nothing where there is no test call, and says so', async () => {
  cli.connector(
    'mute',
    acme(vendor.origin, 'auth: basic').replace(/^test_call:.*\n/m, ''),
    noScript,
  )
  const env = { ACME_USERNAME: 'ann', ACME_PASSWORD: 'pass' }
  await cli.hookline(['connect', 'mute', '--env', 'ACME'], { env })
  const { code, stdout, stderr } = await cli.hookline(['whoami', 'mute'])
  expect([code, stdout]).toEqual([0, ''])
  expect(stderr).toContain('mute names no test call (test_call), so nobody was asked')
})

test('connect() replaces a connection only if it is told to', async () => {
  vendor.answers(json({}))
  const words = ['connect', 'keyed', '-c', 'twice', '--env', 'ACME']
  const env = { ACME_KEY: 'sk-right' }
  expect((await cli.hookline(words, { env })).code).toBe(0)
  const again = await cli.hookline(words, { env })
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('There is already a connection twice')
  expect((await cli.hookline([...words, '--replace'], { env })).code).toBe(0)
})

describe('connect() ends with 2, and says what to do,', () => {
  test('where nobody can be asked', async () => {
    const { code, stderr } = await cli.hookline(['connect', 'keyed', '-c', 'nobody'])
    expect(code).toBe(2)
    expect(stderr).toContain('Use --env PREFIX, which reads PREFIX_KEY.')
  })

  test('where no connection is needed', async () => {
    const { code, stderr } = await cli.hookline(['connect', 'open'])
    expect(code).toBe(2)
    expect(stderr).toContain('hookline run open <method>')
  })

  test.each([
    [['--key', 'sk-on-the-line']],
    [['--key=sk-on-the-line']],
    [['--password', 'sk-on-the-line']],
    [['--client-secret', 'sk-on-the-line']],
    [['-p', 'key=sk-on-the-line']],
    [['--unheard-of=sk-on-the-line']],
    [['sk-on-the-line']],
  ])('for a secret on the line, which it does not repeat: %j', async (words) => {
    const { code, stdout, stderr } = await cli.hookline(['connect', 'keyed', ...words])
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain('sk-on-the-line')
    expect(stderr).toMatch(/^hookline: .*\n {2}/)
  })
})

test.skipIf(!existsSync('/usr/bin/script'))(
  'connect() asks in a terminal, and shows nothing of a secret',
  async () => {
    vendor.answers(wants('x-key', 'sk-right'))
    const { askInTerminal } = await import('./terminal.ts')
    const words = ['connect', 'keyed', '-c', 'typed', '--connectors', cli.connectors]
    const { code, shown } = await askInTerminal(words, {
      env: { HOOKLINE_HOME: cli.home, HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8' },
      answers: [{ question: 'API key', answer: 'sk-right\r' }],
    })
    expect(shown).toContain('typed is stored, and is active')
    expect(shown).not.toContain('sk-right')
    expect(code).toBe(0)
  },
)
