import { describe, expect, test } from 'vitest'
import { Browser } from './browser.ts'
import { type LoginWorld, openLoginWorld, ref } from './login-world.ts'

async function connect({ runtime, target }: LoginWorld): Promise<void> {
  await using login = await runtime.connections.listenForLogin(target, { retry: false })
  await new Browser().follow(login.loginUrl)
  await login.finished
}

const call = ({ runtime }: LoginWorld) => runtime.call({ ...ref, connector: 'acme', method: 'me' })

async function stateOf({ runtime }: LoginWorld): Promise<string | undefined> {
  const [connection] = await runtime.connections.list(ref.tenant)
  return connection?.state
}

test('the life of a connection, in the session words', async () => {
  await using world = await openLoginWorld()
  const { runtime, server, target } = world
  const { connections } = runtime
  expect(await call(world)).toMatchObject({ failure: { reason: 'sessionMissing' } })

  const begun = await connections.listenForLogin(target, { retry: false })
  expect(await stateOf(world)).toBe('sessionNotVerified')
  await begun[Symbol.asyncDispose]()
  expect(await stateOf(world)).toBeUndefined()

  await connect(world)
  expect(await stateOf(world)).toBe('active')

  await connections.disable(ref)
  expect(await stateOf(world)).toBe('sessionInactive')
  expect(await call(world)).toMatchObject({ failure: { reason: 'sessionInactive' } })
  await connections.enable(ref)

  server.expireAccessTokens()
  expect(await call(world)).toMatchObject({ kind: 'success' })
  server.expireAccessTokens()
  server.revokeRefreshTokens()
  expect(await call(world)).toMatchObject({ failure: { type: 'InvalidCredential' } })
  expect(await stateOf(world)).toBe('sessionInvalid')

  await connections.import({
    ...target,
    replace: true,
    tokens: { accessToken: 'dead on arrival' },
  })
  expect(await call(world)).toMatchObject({ kind: 'failure' })
  expect(await stateOf(world)).toBe('sessionExpired')

  await connections.disconnect(ref)
  expect(await stateOf(world)).toBe('sessionInactive')
  await connections.remove(ref)
  expect(await stateOf(world)).toBeUndefined()
})

test('C38 whoami() tells who a connection is, or how it stands, and keeps its tokens', async () => {
  await using world = await openLoginWorld()
  const { runtime, server } = world
  await connect(world)
  expect(await runtime.connections.whoami(ref)).toMatchObject({
    connection: { state: 'active' },
    user: { resource: 'me' },
    outcome: { kind: 'success' },
  })

  server.failNextTokenRequest({ kind: 'answer', status: 503, content: {} })
  server.expireAccessTokens()
  expect(await runtime.connections.whoami(ref)).toMatchObject({
    connection: { state: 'active' },
    user: null,
    outcome: { kind: 'failure', failure: { type: 'AuthRefreshFailed' } },
  })
  server.revokeRefreshTokens()
})

test('whoami() knows nobody where the connector names no test call', async () => {
  await using world = await openLoginWorld({ testCall: null })
  await connect(world)
  expect(await world.runtime.connections.whoami(ref)).toMatchObject({ user: null, outcome: null })
  expect(world.api.total().received).toBe(0)
})

test('C39 disconnect() revokes both tokens at the vendor, and forgets every secret', async () => {
  await using world = await openLoginWorld()
  const { runtime, server } = world
  await connect(world)
  expect(await runtime.connections.disconnect(ref)).toEqual({
    revocation: 'revoked',
    failure: null,
  })
  expect(server.counts().revocations).toBe(2)
  expect(await runtime.connections.get(ref)).toMatchObject({
    state: 'sessionInactive',
    reason: 'Disconnected',
  })
  await runtime.connections.enable(ref)
  expect(await call(world)).toMatchObject({ failure: { reason: 'no-refresh-token' } })
  expect(server.counts().refreshes).toBe(0)
})

test('C39 disconnect() forgets the secrets although the vendor cannot be told', async () => {
  await using world = await openLoginWorld()
  await connect(world)
  const { connections } = world.runtime
  await world.server[Symbol.asyncDispose]()
  const ended = await connections.disconnect(ref)
  expect(ended).toMatchObject({ revocation: 'failed', failure: { errorCode: 'networkError' } })
  expect(await connections.get(ref)).toMatchObject({
    state: 'sessionInactive',
    reason: expect.stringMatching(/^Disconnected; the vendor was not told: /),
  })
  expect(await connections.disconnect(ref)).toMatchObject({ revocation: 'nothing' })
})

test('a connection that was disconnected is connected again without being replaced', async () => {
  await using world = await openLoginWorld()
  await connect(world)
  await world.runtime.connections.disconnect(ref)
  await connect(world)
  expect(await stateOf(world)).toBe('active')
})

test('no tenant meets another’s login', async () => {
  await using world = await openLoginWorld()
  await connect(world)
  const { connections } = world.runtime
  const stranger = { ...ref, tenant: 'bob' }
  await expect(connections.whoami(stranger)).rejects.toMatchObject({ errorCode: 'sessionMissing' })
  await expect(connections.disconnect(stranger)).rejects.toMatchObject({
    errorCode: 'sessionMissing',
  })
  expect(await connections.list('bob')).toEqual([])
  expect(await stateOf(world)).toBe('active')
})

describe('a vendor with a host for each customer', () => {
  const perHost = (place: string) => ({
    addressed: (origin: string) => origin.replace('127.0.0.1', '127.0.0.{{last}}'),
    definition: `properties: { Last: ${place} }`,
  })
  const declared = '{ in: mergefield, as: last }'

  test('is logged in to, renewed and told of the end, where its connection says', async () => {
    await using world = await openLoginWorld(perHost(declared))
    const { runtime, server, target } = world
    await connect({
      ...world,
      target: { ...target, properties: { ...target.properties, Last: '1' } },
    })
    server.expireAccessTokens()
    expect(await call(world)).toMatchObject({ kind: 'success' })
    expect(await runtime.connections.disconnect(ref)).toMatchObject({ revocation: 'revoked' })
  })

  test('is found where the connector names one for who names none', async () => {
    await using world = await openLoginWorld(perHost('{ in: mergefield, as: last, default: "1" }'))
    await connect(world)
    world.server.expireAccessTokens()
    expect(await call(world)).toMatchObject({ kind: 'success' })
  })

  test('is not looked for elsewhere', async () => {
    await using world = await openLoginWorld(perHost(declared))
    const { runtime, target, server } = world
    const properties = { ...target.properties, Last: '2' }
    const login = runtime.connections.logInByDevice({ ...target, properties }, () => {})
    await expect(login).rejects.toMatchObject({ errorCode: 'networkError' })
    const beyond = { ...target.properties, Last: '1/evil' }
    await expect(
      runtime.connections.logInByDevice({ ...target, properties: beyond }, () => {}),
    ).rejects.toMatchObject({ errorCode: 'genericError' })
    expect(server.counts()).toMatchObject({ refreshes: 0 })
  })
})
