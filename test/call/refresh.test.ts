/** The OAuth 2 refresh as the vault runs it: what it says of itself, sends, reads and tells. */
import { describe, expect, test } from 'vitest'
import { refreshRenewal } from '../../runtime/call/refresh.ts'
import type { Step } from '../../runtime/model/call.ts'
import type { Credential } from '../../runtime/model/connection.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { tokens, World, type WorldOptions } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (around = '', auth = '') => `
base_url: https://api.acme.example
auth: { type: oauth2, authorization_url: 'https://api.acme.example/authorize',
        token_url: 'https://api.acme.example/token', client_id: id ${auth} }
limits: { request_ms: 20000, hook_ms: 500 }
${around}
methods: { get: { path: /things } }
`
const never = new AbortController().signal
const scripted = 'script: main.js'

async function renewing(options: Partial<WorldOptions> = {}) {
  const world = new World({
    definition: definition(),
    auth: tokens('access-token', 'refresh-token'),
    properties: { ClientSecret: 'client-secret' },
    vendor: () => ({ json: { access_token: 'new-token' } }),
    ...options,
  })
  const steps: Step[] = []
  using open = await openTrip(world)
  const renewal = refreshRenewal(open.execution, steps)
  return { world, steps, renewal }
}

const stored = (status: number, body: unknown) =>
  JSON.stringify({ status, contentType: 'application/json', body: JSON.stringify(body) })

describe('refreshRenewal()', () => {
  test('has the time of a request, and of two hooks where a script has one', async () => {
    expect((await renewing()).renewal).toMatchObject({ by: 'refresh', timeoutMs: 20_000 })
    const hooked = { definition: definition(scripted), hooks: { before_oauth2_token: () => true } }
    expect((await renewing(hooked)).renewal.timeoutMs).toBe(21_000)
    const other = { definition: definition(scripted), hooks: { before_action: () => true } }
    expect((await renewing(other)).renewal.timeoutMs).toBe(20_000)
  })

  test('may be repeated only where no refresh token can be spent', async () => {
    expect((await renewing()).renewal.repeatable).toBe(false)
    const machine = { definition: definition('', ', grant: client_credentials') }
    expect((await renewing(machine)).renewal.repeatable).toBe(true)
  })

  test('finds the token where the definition says', async () => {
    const paths = ', answer: { access_token: data.deep.token }'
    const { renewal, world } = await renewing({ definition: definition('', paths) })
    const renewed = await renewal.read(
      stored(200, { deep: { token: 'deep-token' } }),
      world.credential,
    )
    const { auth } = renewed as Pick<Credential, 'auth'>
    expect(auth.kind === 'oauth2' && auth.accessToken?.reveal()).toBe('deep-token')
  })

  test.each(['access-token', 'refresh-token', 'client-secret'])(
    'tells nobody the %s that a vendor quotes, also where another process asked',
    async (secret) => {
      const { renewal, world } = await renewing()
      const quoting = stored(400, { error: 'invalid_grant', error_description: `no: ${secret}` })
      const failing = renewal.read(quoting, world.credential)
      const failure = (await failing.catch((error: unknown) => error)) as CallFailure
      expect(failure.type).toBe('InvalidCredential')
      expect(failure.message).toContain('no: [secret]')
    },
  )

  test('says that it was the renewal which had no answer, and why', async () => {
    const failureOf = async (cause: CallFailure) => {
      const vendor = () => {
        throw cause
      }
      const { renewal, world } = await renewing({ vendor })
      return renewal.send(world.credential, never).catch((error: unknown) => error)
    }
    const refused = new CallFailure('ConnectionError', 'nothing listens', {
      reason: 'ECONNREFUSED',
    })
    expect(await failureOf(refused)).toMatchObject({
      type: 'AuthRefreshFailed',
      reason: 'ECONNREFUSED',
      message: expect.stringContaining('nothing listens'),
      cause: { type: 'ConnectionError' },
    })
    expect(await failureOf(new CallFailure('Timeout', 'too slow'))).toMatchObject({
      reason: 'Timeout',
    })
  })

  test('lets a bug escape', async () => {
    const bug = new RangeError('a bug')
    const vendor = () => {
      throw bug
    }
    const { renewal, world } = await renewing({ vendor })
    await expect(renewal.send(world.credential, never)).rejects.toBe(bug)
  })

  test('reads an answer of less than 200 as a refusal', async () => {
    const { renewal, world } = await renewing({
      definition: definition(scripted),
      hooks: { after_oauth2_refresh: () => true },
    })
    const failing = renewal.read(stored(199, { access_token: 'x' }), world.credential)
    await expect(failing).rejects.toMatchObject({ type: 'AuthRefreshFailed' })
    expect(world.jobs).toEqual([])
  })
})

describe('the hooks of a refresh', () => {
  test('are steps of the renewal in the trail, with no secret in them', async () => {
    const { steps, renewal, world } = await renewing({
      definition: definition(scripted),
      hooks: {
        before_oauth2_refresh: () => true,
        after_oauth2_refresh: (globals) => {
          const { access_token } = globals.method_response as Record<string, string>
          throw new Error(`no use for ${access_token}`)
        },
      },
    })
    const answer = await renewal.send(world.credential, never)
    await expect(renewal.read(answer, world.credential)).rejects.toThrow('no use for [secret]')
    expect(steps).toMatchObject([
      { kind: 'hook', event: 'before_oauth2_refresh', result: 'returned' },
      {
        kind: 'hook',
        event: 'after_oauth2_refresh',
        result: 'threw',
        thrown: 'Error: no use for [secret]',
      },
    ])
  })

  test('are the connector’s alone, at once, with a scratch object of their own', async () => {
    const { renewal, world } = await renewing({
      definition: definition(scripted),
      hooks: { before_oauth2_refresh: () => true },
    })
    await renewal.send(world.credential, never)
    const [job] = world.jobs
    expect(job?.urgent).toBe(true)
    expect(job?.scripts.map(({ level }) => level)).toEqual(['connector'])
    expect(job?.globals.http_method?.json).toBe('"POST"')
    expect(job?.globals.action_data?.json).toBe('{}')
    expect(job?.globals.method_response_fields?.json).toBe('[]')
  })

  test('send requests of their own without the credential, which may be dead', async () => {
    const { renewal, world } = await renewing({
      definition: definition(scripted),
      hooks: { before_oauth2_refresh: () => true },
    })
    await renewal.send(world.credential, never)
    const url = 'https://api.acme.example/key'
    await world.jobs[0]?.capability('http_request', { url }, never)
    const own = world.requests.find((request) => request.url === url)
    expect(own?.headers).toEqual({})
    expect(own?.credentialHeaders).toEqual([])
  })
})

test('a connection that never had a token gets its first by a machine’s grant', async () => {
  const machine = { definition: definition('', ', grant: client_credentials') }
  const { renewal, world } = await renewing({ ...machine, auth: { kind: 'none' } })
  const answer = await renewal.send(world.credential, never)
  const { auth } = (await renewal.read(answer, world.credential)) as Pick<Credential, 'auth'>
  expect(auth).toMatchObject({ kind: 'oauth2', refreshToken: null, scope: null })
})
