/** The shipped connector against a CentralAuth on loopback, from the login to the error handler. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { documentedCodes, statusOf } from '../../runtime/connect/error-codes.ts'
import { createRuntime, keysFromFile, type Outcome, type Runtime } from '../../runtime/index.ts'
import { Browser } from './browser.ts'
import { type CentralAuthServer, startCentralAuth, theUser } from './central-auth-server.ts'
import { ref } from './login-world.ts'

/** What an operator writes: whoever cannot log in any more is asked to do so. */
const app = `
group: g
flows:
  ask_to_reconnect:
    source: |
      function handle(error) {
        return { ask: 'Run: hookline connect ' + error.connector + ' --replace', because: error.message }
      }
  log:
    source: |
      function handle(error) { return { logged: error.type } }
error_handlers:
  - error_types: [InvalidCredential]
    handler: { component_id: ask_to_reconnect }
  - handler: { component_id: log }
`

const folder = mkdtempSync(join(tmpdir(), 'hookline-centralauth-'))
let server: CentralAuthServer
let runtime: Runtime

beforeAll(async () => {
  server = await startCentralAuth()
  const copy = join(folder, 'connectors', 'centralauth')
  cpSync('connectors/centralauth', copy, { recursive: true })
  const file = join(copy, 'connector.yaml')
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, text.replaceAll('https://centralauth.com', server.origin))
  mkdirSync(join(folder, 'apps'))
  writeFileSync(join(folder, 'apps', 'portal.yaml'), app)
  runtime = createRuntime({
    connectors: join(folder, 'connectors'),
    store: join(folder, 'store.sqlite'),
    keys: keysFromFile(join(folder, 'key'), { onMade: () => {} }),
    allowPrivate: ['127.0.0.0/8'],
    apps: join(folder, 'apps'),
  })
})
afterAll(async () => {
  await runtime?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const call = (method: string, input = {}): Promise<Outcome> =>
  runtime.call({ ...ref, connector: 'centralauth', method, input, app: 'portal' })

test('a login makes a connection, whose test call tells the user', async () => {
  const properties = {
    ClientId: server.clientId,
    ClientSecret: server.secret,
    Domain: 'https://app.example',
    ApiKey: server.apiKey,
  }
  const target = { ...ref, connector: 'centralauth', properties }
  await using login = await runtime.connections.listenForLogin(target, { retry: false })
  const { response } = await new Browser().follow(login.loginUrl)
  expect(await response?.text()).toContain('You are connected')
  const { connection, verification } = await login.finished
  expect(connection.state).toBe('active')
  expect(verification.test).toMatchObject({ kind: 'success', content: theUser })
  const [asked] = server.seen('/api/v1/userinfo')
  expect(asked?.query.get('domain')).toBe('https://app.example')
  expect(asked?.headers).toMatchObject({ 'auth-ip': '0.0.0.0', 'user-agent': 'native' })
})

test('userinfo passes on whose browser it is', async () => {
  await call('userinfo', { ip: '203.0.113.7', user_agent: 'Firefox', device_id: 'd-1' })
  expect(server.seen('/api/v1/userinfo').at(-1)?.headers).toMatchObject({
    'auth-ip': '203.0.113.7',
    'user-agent': 'Firefox',
    'device-id': 'd-1',
  })
})

test('organization.get asks with the API key', async () => {
  expect(await call('organization.get', { id: 'org1' })).toMatchObject({
    kind: 'success',
    content: { id: 'org1', name: 'The organization' },
  })
})

const dead = [
  'sessionExpired',
  'sessionInactive',
  'sessionInvalid',
  'sessionMissing',
  'sessionNotVerified',
  'tokenInvalid',
]

test.each([...Object.keys(documentedCodes), 'codeThatNobodyKnows', 'tooManyRequests'])(
  '%s becomes the right failure, and finds its handler',
  async (errorCode) => {
    const status = errorCode === 'tooManyRequests' ? 400 : statusOf(errorCode)
    const message = `M of ${errorCode}`
    server.answer('userinfo', { status, content: { errorCode, message } })
    const outcome = await call('userinfo')
    if (dead.includes(errorCode)) {
      expect(outcome).toMatchObject({
        kind: 'failure',
        failure: { type: 'InvalidCredential', message },
        handled: {
          index: 0,
          output: { ask: 'Run: hookline connect centralauth --replace', because: message },
        },
      })
      expect(await runtime.connections.get(ref)).toMatchObject({ state: 'sessionInvalid' })
      return
    }
    const text =
      errorCode === 'tooManyRequests'
        ? `CentralAuth: too many requests. ${message}`
        : `${errorCode}: ${message}`
    expect(outcome).toMatchObject({
      kind: 'failure',
      failure: { type: 'Default', message: text },
      handled: { index: 1, output: { logged: 'Default' } },
    })
  },
)

test('an unexpected error may have its message only', async () => {
  server.answer('userinfo', { status: 500, content: { message: 'Something broke' } })
  expect(await call('userinfo')).toMatchObject({
    failure: { type: 'Default', message: 'Something broke' },
  })
})

test('logout ends the session', async () => {
  const before = server.seen('/api/v1/logout').length
  expect(await call('logout')).toMatchObject({ kind: 'success' })
  expect(server.seen('/api/v1/logout')).toHaveLength(before + 1)
})
