/** Turns, waits and dates around the requests of a call (dialect sections 3.3 and 9.3). */
import { describe, expect, test } from 'vitest'
import { policyOf } from '../../runtime/call/execution.ts'
import { sendOnce } from '../../runtime/call/send.ts'
import { awaitTurn } from '../../runtime/call/turn.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { Json } from '../../runtime/model/json.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { AuthRefreshException, tokens, World, type WorldOptions } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (method: object = {}, around: object = {}) =>
  JSON.stringify({
    base_url: 'https://api.acme.example',
    methods: { get: { path: '/', ...method }, other: { path: '/other' } },
    ...around,
  })

describe('awaitTurn()', () => {
  const worldWith = (method: object, around: object) =>
    new World({ definition: definition(method, around), vendor: () => ({ json: {} }) })

  /** Several calls through one pace, and how long each waited. */
  async function waits(world: World, requests: readonly object[]) {
    const { pace } = world.ports()
    const waited: (number | null)[] = []
    for (const request of requests) {
      using open = await openTrip(world, request, { pace, now: () => 0 })
      world.waits.length = 0
      await awaitTurn(open.execution)
      waited.push(world.waits[0] ?? null)
    }
    return waited.map((ms) => (ms === null ? null : Math.ceil(ms / 1000)))
  }

  test('lets whoever has no limit go at once', async () => {
    expect(await waits(worldWith({}, {}), [{}, {}])).toEqual([null, null])
  })

  test('queues the methods of a connector together, and its connections apart', async () => {
    const world = worldWith({}, { rate_limit: { gap_ms: 10_000 } })
    const requests = [{}, { method: 'other' }, { connection: 'd' }, { tenant: 'u' }]
    expect(await waits(world, requests)).toEqual([null, 10, null, null])
  })

  test('gives a method with a limit of its own a queue of its own', async () => {
    const world = worldWith({ rate_limit: { gap_ms: 20_000 } }, { rate_limit: { gap_ms: 10_000 } })
    expect(await waits(world, [{ method: 'other' }, {}, {}])).toEqual([null, null, 20])
  })

  test('fails at once where the turn comes after the deadline, and takes none', async () => {
    const world = worldWith({}, { rate_limit: { gap_ms: 60_000 }, limits: { call_ms: 50_000 } })
    const { pace } = world.ports()
    using first = await openTrip(world, {}, { pace })
    await awaitTurn(first.execution)
    using second = await openTrip(world, {}, { pace })
    const before = Date.now()
    const failure = await awaitTurn(second.execution).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      type: 'RateLimited',
      reason: 'rate-limit',
      message: expect.stringMatching(/^acme .*rate_limit/),
    })
    const { retryAt } = failure as { retryAt: Date }
    expect(retryAt.getTime()).toBeGreaterThan(before + 40_000)
    expect(retryAt.getTime()).toBeLessThanOrEqual(Date.now() + 50_000)
    expect(world.waits).toEqual([])
  })
})

describe('the trail', () => {
  test('has each request with its time, and the failure of one that had no answer', async () => {
    let now = 500
    const world = new World({
      definition: definition(),
      vendor: () => {
        now += 7
        throw new CallFailure('Timeout', 'too slow')
      },
    })
    using open = await openTrip(world, {}, { now: () => now })
    const url = 'https://api.acme.example/x'
    const request = { verb: 'GET', url, headers: {}, body: null, credentialHeaders: [] } as const
    const sent = await sendOnce(open.trip, { request, shownUrl: url })
    expect(sent).toMatchObject({ type: 'Timeout' })
    expect(open.execution.trail.trail().attempts[0]?.steps).toEqual([
      { kind: 'request', verb: 'GET', url, ms: 7, status: null, bytes: 0, failure: 'Timeout' },
    ])
  })

  test('has the wait after a 429, and the wait for a turn', async () => {
    const vendor: WorldOptions['vendor'] = (_request, nth) => (nth === 1 ? { status: 429 } : {})
    const limited = await new World({ definition: definition(), vendor }).call()
    expect(limited.trail.attempts[0]?.steps).toContainEqual({
      kind: 'wait',
      ms: 60_000,
      because: expect.stringContaining('429'),
    })
    const around = { rate_limit: { gap_ms: 10_000 } }
    const world = new World({ definition: definition({}, around), vendor: () => ({}) })
    const ports = { pace: world.ports().pace, now: () => 0 }
    using first = await openTrip(world, {}, ports)
    await awaitTurn(first.execution)
    using second = await openTrip(world, {}, ports)
    await awaitTurn(second.execution)
    expect(second.execution.trail.trail().attempts[0]?.steps).toEqual([
      { kind: 'wait', ms: expect.any(Number), because: 'rate_limit' },
    ])
    expect(first.execution.trail.trail().attempts).toEqual([])
  })
})

test('a failure past the deadline of the call is not shown to a hook', async () => {
  const world = new World({
    definition: definition({}, { script: 'main.js' }),
    hooks: { after_error: () => true },
    vendor: () => {
      throw new CallFailure('Timeout', 'too late', { reason: 'call-deadline' })
    },
  })
  expect(await world.call()).toMatchObject({ failure: { reason: 'call-deadline' } })
  expect(world.jobs).toEqual([])
})

describe('the date of the last run', () => {
  const dated = { query: { since: 'LastSuccessfulRunDate' } }
  const world = (method: object = dated, around: object = {}, hooks = {}) =>
    new World({ definition: definition(method, around), hooks, vendor: () => ({ json: [] }) })
  const sinceOf = (acme: World) =>
    new URL(acme.requests.at(-1)?.url ?? '').searchParams.get('since') ?? ''

  test('is now for a first real run, 1970 for a first test, and then when the last one began', async () => {
    const acme = world()
    const began = Date.now()
    await acme.call({ context: 'STEP_TESTING' })
    expect(sinceOf(acme)).toBe('1970-01-01T00:00:00.000Z')
    expect(acme.runDates.size).toBe(0)
    await acme.call()
    expect(Date.parse(sinceOf(acme))).toBeGreaterThanOrEqual(began)
    const kept = acme.runDates.get('get')
    expect(kept?.getTime()).toBeGreaterThanOrEqual(began)
    for (const context of ['STEP_TESTING', 'CONNECTOR_TESTING'] as const) {
      await acme.call({ context })
      expect(sinceOf(acme)).toBe(kept?.toISOString())
    }
  })

  test.each<[string, object, object]>([
    ['the connector’s query', {}, { query: { since: '{{LastSuccessfulRunDate format=yyyy}}' } }],
    ['the connector’s headers', {}, { headers: { since: 'LastSuccessfulRunDate' } }],
    ['the headers', { headers: { since: 'LastSuccessfulRunDate' } }, {}],
    ['the path', { path: '/{{LastSuccessfulRunDate}}' }, {}],
    ['the body', { verb: 'POST', body: { a: ['LastSuccessfulRunDate'] } }, {}],
    ['a default', { parameters: { a: { in: 'query', default: 'LastSuccessfulRunDate' } } }, {}],
  ])('is kept where %s asks for it', async (_where, method, around) => {
    const acme = world(method, around)
    await acme.call()
    expect([...acme.runDates.keys()]).toEqual(['get'])
  })

  test('is not kept where nothing asks for it, nor where the call failed', async () => {
    const plain = world({})
    await plain.call()
    expect(plain.runDates.size).toBe(0)
    const failing = new World({ definition: definition(dated), vendor: () => ({ status: 500 }) })
    await failing.call()
    expect(failing.runDates.size).toBe(0)
  })

  test.each<[Json, string | null]>([
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    ['soon', null],
    [true, null],
    [{}, null],
    [null, null],
  ])('is what a script says, if that is a date: %j', async (said, date) => {
    const hooks = {
      after_action_paging: (globals: Record<string, Json>) => {
        globals.next_last_successful_run_date = said
      },
    }
    const began = Date.now()
    const acme = world(dated, { script: 'main.js' }, hooks)
    const outcome = await acme.call()
    const kept = acme.runDates.get('get')
    if (date === null) expect(kept?.getTime()).toBeGreaterThanOrEqual(began)
    else expect(kept?.toISOString()).toBe(date)
    const warned = JSON.stringify(outcome.trail).includes('is no date')
    expect(warned).toBe(date === null && said !== null)
  })
})

describe('policyOf()', () => {
  const around = {
    base_url: 'https://{{dc}}.acme.example/v1',
    properties: {
      Dc: { in: 'mergefield', as: 'dc', default: 'us' },
      Other: { in: 'header', as: 'dc' },
    },
    limits: { request_ms: 1234, response_bytes: 567 },
  }

  test('fills the host from the connection, the session first, and nothing else', async () => {
    const world = new World({ definition: definition({}, around), vendor: () => ({}) })
    using open = await openTrip(world, {}, { allowPrivate: ['10.0.0.0/8'] })
    const secrets = (values: Record<string, string>) =>
      Object.fromEntries(Object.entries(values).map(([name, text]) => [name, new Secret(text)]))
    const policy = (session: Record<string, string>, properties: Record<string, string>) =>
      policyOf(open.execution, {
        ...world.credential,
        session: secrets(session),
        properties: secrets(properties),
      })
    const originOf = (...values: Parameters<typeof policy>) => policy(...values).origins[0]?.origin
    expect(originOf({}, {})).toBe('https://us.acme.example')
    expect(originOf({}, { Dc: 'eu', Other: 'x' })).toBe('https://eu.acme.example')
    expect(originOf({ Dc: 'ap' }, { Dc: 'eu' })).toBe('https://ap.acme.example')
    expect(policy({}, {})).toMatchObject({
      allowPrivate: ['10.0.0.0/8'],
      requestMs: 1234,
      responseBytes: 567,
    })
  })
})

test('a token that was renewed before its first request is not renewed again for a rejection', async () => {
  const seen: string[] = []
  const world = new World({
    definition: definition(
      {},
      {
        auth: {
          type: 'oauth2',
          authorization_url: 'https://api.acme.example/authorize',
          token_url: 'https://api.acme.example/token',
          client_id: 'id',
        },
        script: 'main.js',
      },
    ),
    auth: { ...tokens('old'), expiresAt: new Date(Date.now() - 1000) },
    hooks: {
      after_action: () => {
        seen.push('asked')
        throw new AuthRefreshException()
      },
    },
    vendor: () => ({ json: { access_token: 'new' } }),
  })
  expect(await world.call()).toMatchObject({ failure: { reason: 'rejected-again' } })
  expect([world.renewals, seen.length]).toEqual([1, 1])
})
