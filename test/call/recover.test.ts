/** How a credential that was rejected, or cannot work, becomes another one; and what is told of it. */
import { describe, expect, test } from 'vitest'
import { currentCredential, recover, renewUnasked } from '../../runtime/call/recover.ts'
import type { Credential } from '../../runtime/model/connection.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { Ports } from '../../runtime/model/ports.ts'
import { tokens, World, type WorldOptions } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (method = '') => `
base_url: https://api.acme.example
auth: { type: oauth2, authorization_url: 'https://api.acme.example/authorize',
        token_url: 'https://api.acme.example/token', client_id: id }
methods: { get: { path: /things${method} } }
`

const worldOf = (options: Partial<WorldOptions> = {}) =>
  new World({
    definition: definition(),
    auth: tokens('old'),
    vendor: () => ({ json: { access_token: 'new' } }),
    ...options,
  })

async function open(world: World, ports: Partial<Ports> = {}) {
  const opened = await openTrip(world, {}, ports)
  const { execution } = opened
  const steps = () => execution.trail.trail().attempts.flatMap((made) => made.steps)
  return { execution, steps, [Symbol.dispose]: () => opened[Symbol.dispose]() }
}

describe('renewUnasked()', () => {
  test('notes a renewal with its time, its generation and why', async () => {
    const world = worldOf()
    let now = 1000
    const { vault } = world.ports()
    const slow: Ports['vault'] = {
      ...vault,
      replace: async (...words) => {
        now += 7
        return vault.replace(...words)
      },
    }
    using opened = await open(world, { now: () => now, vault: slow })
    const renewed = await renewUnasked(opened.execution, 'refresh', world.credential, 'it is old')
    expect(renewed).toBe(world.credential)
    expect(opened.steps()).toEqual([
      {
        kind: 'renewal',
        by: 'refresh',
        ms: 7,
        result: 'renewed',
        generation: 2,
        because: 'it is old',
      },
    ])
  })

  test('notes that another caller’s renewal was taken', async () => {
    const world = worldOf()
    const stale = world.credential
    world.credential = { ...stale, generation: 5, refreshed: 1 }
    using opened = await open(world)
    await renewUnasked(opened.execution, 'refresh', stale, 'it is old')
    expect(opened.steps()).toMatchObject([{ result: 'adopted', generation: 5 }])
    expect(world.requests).toEqual([])
  })

  test('takes another caller’s renewal also where that one left nothing to refresh with', async () => {
    const world = worldOf()
    const stale = world.credential
    world.credential = { ...stale, generation: 2, refreshed: 1, auth: tokens('other', null) }
    using opened = await open(world)
    expect(await renewUnasked(opened.execution, 'refresh', stale, 'old')).toBe(world.credential)
    expect(world.marks).toEqual([])
  })

  test('notes a failure with its message, and lets a bug escape without a note', async () => {
    const refusing = worldOf({ vendor: () => ({ status: 503 }) })
    using failed = await open(refusing)
    const failing = renewUnasked(failed.execution, 'refresh', refusing.credential, 'it is old')
    const failure = (await failing.catch((error: unknown) => error)) as CallFailure
    expect(failure).toBeInstanceOf(CallFailure)
    expect(failed.steps()).toMatchObject([
      { result: 'failed', generation: null, message: failure.message },
    ])
    const world = worldOf()
    const bug = new RangeError('a bug')
    const vault = { ...world.ports().vault, replace: () => Promise.reject(bug) }
    using broken = await open(world, { vault })
    const breaking = renewUnasked(broken.execution, 'refresh', world.credential, 'it is old')
    await expect(breaking).rejects.toBe(bug)
    expect(broken.steps()).toEqual([])
  })

  test('says who has to connect again where nothing is left to refresh with', async () => {
    const world = worldOf({ auth: tokens('old', null) })
    using opened = await open(world)
    const failing = renewUnasked(opened.execution, 'refresh', world.credential, 'it is old')
    await expect(failing).rejects.toMatchObject({
      reason: 'no-refresh-token',
      message: expect.stringMatching(/^c .*connect again/),
    })
    expect(world.marks).toMatchObject([{ state: 'sessionExpired' }])
  })

  test.each<[string | null, string | undefined, string | null]>([
    ['read write', 'read', 'it was `read write` and is `read`'],
    ['read', 'write  read', 'it was `read` and is `read write`'],
    ['a b', 'ab', 'it was `a b` and is `ab`'],
    ['read write', 'write,read', null],
    ['read', undefined, null],
    [null, 'read', null],
  ])('of a scope that was %j, where the vendor says %j, warns: %s', async (was, said, warning) => {
    const world = worldOf({
      auth: { ...tokens('old'), scope: was },
      vendor: () => ({
        json: { access_token: 'new', ...(said === undefined ? {} : { scope: said }) },
      }),
    })
    using opened = await open(world)
    await renewUnasked(opened.execution, 'refresh', world.credential, 'it is old')
    const warnings = opened
      .steps()
      .flatMap((step) => (step.kind === 'warning' ? [step.message] : []))
    expect(warnings).toEqual(warning === null ? [] : [expect.stringContaining(warning)])
  })
})

describe('recover()', () => {
  const otherwise = new CallFailure('ExpiredToken', 'the vendor’s own words')
  const rejected = { kind: 'recover', by: 'refresh', because: 'a rule', otherwise } as const

  async function failureOf(world: World, verdict: Parameters<typeof recover>[1] = rejected) {
    using opened = await open(world)
    return recover(opened.execution, verdict, world.credential).catch((error: unknown) => error)
  }

  test('fails in the words of the rule that asked, with the renewal’s failure as its cause', async () => {
    expect(await failureOf(worldOf({ vendor: () => ({ status: 503 }) }))).toMatchObject({
      type: 'AuthRefreshFailed',
      message: 'the vendor’s own words',
      reason: 'http-503',
      cause: { reason: 'http-503' },
    })
  })

  test('fails in the words of the renewal where a script asked, or a person is needed', async () => {
    const away = worldOf({ vendor: () => ({ status: 503 }) })
    const byScript = { ...rejected, otherwise: new CallFailure('AuthRefreshFailed', 'again') }
    const failure = (await failureOf(away, byScript)) as CallFailure
    expect(failure.message).not.toMatch(/own words|again$/)
    const dead = worldOf({ vendor: () => ({ status: 400, json: { error: 'invalid_grant' } }) })
    const refused = (await failureOf(dead)) as CallFailure
    expect(refused.type).toBe('InvalidCredential')
    expect(refused.message).not.toBe('the vendor’s own words')
  })

  test('lets a bug escape', async () => {
    const bug = new RangeError('a bug')
    const vendor = () => {
      throw bug
    }
    expect(await failureOf(worldOf({ vendor }))).toBe(bug)
  })
})

describe('currentCredential()', () => {
  const past = () => ({ ...tokens('old'), expiresAt: new Date(Date.now() - 1000) })

  async function current(options: Partial<WorldOptions>) {
    const world = worldOf(options)
    using opened = await open(world)
    const credential: Credential = await currentCredential(opened.execution)
    return { world, credential, steps: opened.steps(), left: opened.execution.renewals }
  }

  test('renews a token past its expiry, which is then the one refresh of the page', async () => {
    const { world, credential, steps, left } = await current({ auth: past() })
    expect(world.renewals).toBe(1)
    expect(credential.refreshed).toBe(1)
    expect(steps).toMatchObject([{ because: 'the access token has expired' }])
    expect([...left]).toEqual(['session'])
  })

  test('asks for the token that a connection has not got yet', async () => {
    const { world, steps } = await current({ auth: tokens(null) })
    expect(world.renewals).toBe(1)
    expect(steps).toMatchObject([{ because: 'no access token yet' }])
  })

  test('renews nothing for a method that sends no credential, nor for another kind of one', async () => {
    const ignoring = await current({ definition: definition(', ignore_auth: true'), auth: past() })
    expect(ignoring.world.renewals).toBe(0)
    const none = await current({ auth: { kind: 'none' } })
    expect(none.world.renewals).toBe(0)
  })
})
