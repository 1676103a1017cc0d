import { describe, expect, test } from 'vitest'
import { type DeviceInvitation, logInByDevice } from '../../runtime/connect/device-login.ts'
import { asTenant } from '../../runtime/model/ids.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { json, startVendor } from '../support/vendor.ts'
import { openPorts } from './login-ports.ts'
import { openLoginWorld, ref } from './login-world.ts'

const signal = new AbortController().signal
const target = { ...ref, connector: 'acme' }

function definitionAt(origin: string, device = 'device'): string {
  return `
name: acme
base_url: ${origin}
auth:
  type: oauth2
  authorization_url: ${origin}/auth
  token_url: ${origin}/token
  device_authorization_url: ${origin}/${device}
methods: { me: { path: /me } }
`
}

test('logInByDevice() tells a person the code, and waits for them', async () => {
  await using server = await startOAuthServer()
  await using world = await openPorts(definitionAt(server.origin, 'device/auth'))
  const invitations: DeviceInvitation[] = []
  const { id: ClientId, secret: ClientSecret } = server.clients.body
  const finished = await logInByDevice(
    { ...target, properties: { ClientId, ClientSecret } },
    (invitation) => {
      invitations.push(invitation)
      void server.approveDevice(invitation.userCode)
    },
    { ports: world.ports, signal },
  )
  expect(invitations).toEqual([
    {
      userCode: expect.stringMatching(/^[A-Z]{4}-[A-Z]{4}$/),
      verificationUri: `${server.origin}/device`,
      verificationUriComplete: expect.stringContaining('user_code='),
      expiresInMs: 600_000,
      intervalMs: 5000,
    },
  ])
  expect(world.pauses[0]).toBe(5000)
  const { auth } = await world.ports.vault.current(finished.connection)
  const token = auth.kind === 'oauth2' ? auth.accessToken?.reveal() : undefined
  expect(await server.isLive(token ?? '')).toBe(true)
})

test('logInByDevice() stores nothing where its caller gives up', async () => {
  await using world = await openLoginWorld()
  const { connections } = world.runtime
  const controller = new AbortController()
  const states: unknown[] = []
  const given = connections.logInByDevice(
    world.target,
    () => {
      void connections.get(ref).then((connection) => {
        states.push(connection?.state)
        controller.abort(new Error('enough'))
      })
    },
    { signal: controller.signal },
  )
  await expect(given).rejects.toThrow('enough')
  expect(states).toEqual(['sessionNotVerified'])
  expect(await connections.get(ref)).toBeNull()
})

/** A vendor whose token endpoint answers in this order. */
async function waitAt(...answers: readonly unknown[]) {
  await using vendor = await startVendor()
  const code = { device_code: 'the-device-code', user_code: 'CODE', interval: 2, expires_in: '60' }
  vendor.on('/device', json({ ...code, verification_url: 'https://vendor.example/activate' }))
  vendor.answers(...answers.map((answer) => json(answer as object)))
  await using world = await openPorts(definitionAt(vendor.origin))
  const given = { ...target, properties: { ClientId: 'a-client' } }
  const result = await logInByDevice(given, () => {}, { ports: world.ports, signal }).then(
    () => 'logged in',
    (error: { errorCode?: string }) => error.errorCode ?? error,
  )
  const stored = await world.ports.vault.list(asTenant(ref.tenant))
  const polls = vendor.requests.filter(({ path }) => path === '/token')
  return { result, polls, pauses: world.pauses, stored: stored.length }
}

describe('logInByDevice() at a vendor', () => {
  test('asks again while the person is not done, also where that comes with status 200', async () => {
    const pending = { error: 'authorization_pending' }
    const { result, polls, pauses } = await waitAt(pending, pending, { access_token: 'a' })
    expect([result, pauses]).toEqual(['logged in', [2000, 2000, 2000]])
    expect(Object.fromEntries(new URLSearchParams(String(polls[0]?.body)))).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'the-device-code',
      client_id: 'a-client',
    })
  })

  test('asks five seconds less often, for good, where it is told to slow down', async () => {
    const pending = { error: 'authorization_pending' }
    const { pauses } = await waitAt({ error: 'slow_down' }, pending, { access_token: 'a' })
    expect(pauses).toEqual([2000, 7000, 7000])
  })

  test.each([
    ['expired_token', 'loginAttemptExpired'],
    ['access_denied', 'access_denied'],
  ])('ends with %s as %s, and stores nothing', async (error, code) => {
    expect(await waitAt({ error })).toMatchObject({ result: code, stored: 0 })
  })
})

test('A38 a rule of the token request says that an answer is an error, and not that it is to come', async () => {
  await using vendor = await startVendor()
  const code = { device_code: 'dc', user_code: 'CODE', interval: 2, expires_in: '60' }
  vendor.on('/device', json({ ...code, verification_url: 'https://vendor.example/activate' }))
  vendor.answers(
    json({ error: 'authorization_pending' }),
    json({ access_token: 'a', error: 'suspended', why: 'no money, client-secret' }),
  )
  const rules = `errors: [{ type: Default, message: 'Sorry: {{ data.why }}', filter: { path: data.error, operator: exists } }]`
  const definition = definitionAt(vendor.origin).replace('methods:', `  ${rules}\nmethods:`)
  await using world = await openPorts(definition)
  const properties = { ClientId: 'c', ClientSecret: 'client-secret' }
  const given = logInByDevice({ ...target, properties }, () => {}, { ports: world.ports, signal })
  await expect(given).rejects.toMatchObject({
    errorCode: 'genericError',
    message: 'Sorry: no money, [secret]',
  })
  expect(await world.ports.vault.list(asTenant(ref.tenant))).toEqual([])
})

test('logInByDevice() says what is missing where the connector knows no such login', async () => {
  const definition = definitionAt('https://api.example').replace(/.*device_auth.*\n/, '')
  await using world = await openPorts(definition)
  const asked = logInByDevice(target, () => {}, { ports: world.ports, signal })
  await expect(asked).rejects.toMatchObject({ errorCode: 'entityInvalid' })
})
