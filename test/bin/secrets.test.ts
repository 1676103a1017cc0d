import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startOAuthServer } from '../support/oauth-server.ts'
import { echo, json, startVendor, type Vendor } from '../support/vendor.ts'
import { type Cli, openCli } from './cli.ts'

const secrets = {
  password: 'pass-5f2c-secret',
  session: 'sess-91ab-secret',
  key: 'key-77de-secret',
  accessToken: 'at-0c4e-secret',
  refreshToken: 'rt-b13f-secret',
  clientSecret: 'cs-d8a0-secret',
}

/** A script that wants to give everything away, and a vendor who repeats what it was sent. */
const leaky = `
function before_action() {
  console.log('auth', method_auth_value, JSON.stringify(method_request_headers))
}
function after_action() {
  console.log(JSON.stringify(method_response))
}
function after_error() {
  throw new Error('it said ' + method_error.content + ' to ' + method_auth_value)
}`

function connector(vendor: Vendor, auth: string): string {
  return `
base_url: ${vendor.origin}
script: scripts/main.js
test_call: things.list
methods:
  login: { verb: POST, path: /login, ignore_auth: true, body: { password: '{{Password}}' } }
  things.list: { verb: GET, path: /things }
  things.lose: { verb: GET, path: /lost }
${auth}`
}

const auths = {
  session: `auth: session
properties:
  Password: { in: mergefield, sensitive: true }
  SessionId: { in: header, as: X-Session, sensitive: true }
post_install: { method: login, values: { SessionId: data.id } }`,
  keyed: 'auth: { type: api_key, in: query, as: api_key }',
  basic: 'auth: basic',
}

const credentials = {
  session: { properties: { Password: secrets.password } },
  keyed: { key: secrets.key },
  basic: { username: 'ada', password: secrets.password },
  oauth: {
    access_token: secrets.accessToken,
    refresh_token: secrets.refreshToken,
    properties: { ClientSecret: secrets.clientSecret },
  },
}

test('no command prints a secret, however it ends and however much is asked for', async () => {
  await using vendor = await startVendor()
  await using oauth = await startOAuthServer()
  using cli = openCli()
  vendor.answers(echo())
  vendor.on('/login', json({ id: secrets.session }))
  // Repeats the request, with its credential, in an error.
  vendor.on('/lost', (request, ...rest) =>
    json({ error: request }, { status: 400 })(request, ...rest),
  )
  const tokenUrl = `token_url: '${oauth.tokenUrl}'`
  const oauthAuth = `origins: ['${oauth.origin}']\nauth: { type: oauth2, client_id: client-body, authorization_url: '${oauth.authorizationUrl}', ${tokenUrl} }`
  for (const [name, auth] of Object.entries({ ...auths, oauth: oauthAuth })) {
    cli.connector(name, connector(vendor, auth), { 'scripts/main.js': leaky })
  }

  const all = Object.entries(credentials)
  await Promise.all(all.map(([name, credential]) => playAll(cli, name, credential)))
  await connectAll(cli)

  const printed = cli.printed.join('\n')
  expect(printed).toContain('it said')
  expect(printed).toContain('log info')
  const received = JSON.stringify(vendor.requests)
  for (const name of ['key', 'session', 'accessToken'] as const) {
    expect(received).toContain(secrets[name])
  }
  const operatorKey = readFileSync(join(cli.home, 'key'), 'utf8').trim()
  const forms = [...Object.values(secrets), operatorKey].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(`ada:${secret}`).toString('base64').replace(/=+$/, ''),
  ])
  expect(forms.filter((form) => printed.includes(form))).toEqual([])
}, 60_000)

const debug = { env: { HOOKLINE_DEBUG: '1' } }

/** One connection through all that can be done with it. */
async function playAll(cli: Cli, name: string, credential: object): Promise<void> {
  const importing = ['connections', 'import', name, '--connector', name, '--file', '-']
  const input = JSON.stringify(credential)
  await cli.hookline(importing, { ...debug, input })
  await cli.hookline(['run', name, 'things.list', '--explain'], debug)
  await cli.hookline(['run', name, 'things.lose', '--explain'], debug)
  await cli.hookline(['run', name, 'things.lose', '--json'], debug)
  await cli.hookline(['connections', 'show', name, '--json'], debug)
}

async function connectAll(cli: Cli): Promise<void> {
  const env = {
    ...debug.env,
    ACME_KEY: secrets.key,
    ACME_USERNAME: 'ada',
    ACME_PASSWORD: secrets.password,
  }
  await cli.hookline(['connect', 'session', '-c', 'second', '--env', 'ACME'], { env })
  await cli.hookline(['connect', 'keyed', '-c', 'third', '--env', 'ACME', '--json'], { env })
  await cli.hookline(['connect', 'keyed', '--key', secrets.key], { env })
  await cli.hookline(['connections', 'list'], { env })
  await cli.hookline(['connections', 'show', 'oauth'], { env })
  await cli.hookline(['connections', 'remove', 'oauth', '--yes'], { env })
  await cli.hookline(['doctor'], { env })
  await cli.hookline(['check'], { env })
  const words = ['connections', 'import', 'broken', '--connector', 'keyed', '--file', '-']
  await cli.hookline(words, { env, input: `{"key": ${secrets.key}` })
}
