/** What a hook's result means for its call and its trail. */
import { describe, expect, test } from 'vitest'
import { failureOfHook, runHook, signalOf } from '../../runtime/call/hooks.ts'
import type { HookResult } from '../../runtime/model/ports.ts'
import { World } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (around: object = {}) =>
  JSON.stringify({
    base_url: 'https://api.acme.example',
    methods: { get: { path: '/' } },
    ...around,
  })

const nothing = { globals: {}, log: [], warnings: [] }
const returned = { ...nothing, kind: 'returned', value: true, falseAt: null } as const
const threw = {
  ...nothing,
  kind: 'threw',
  level: 'step',
  signal: null,
  name: 'TypeError',
  message: 'broken',
  positions: [],
} as const
const step = { file: 's.js', source: 'after_action\nlet two = 2\nthree()\n' }

/** Runs one hook whose result is given, and says what it made of it. */
async function run(result: HookResult, around: object = {}) {
  const world = new World({ definition: definition(around), vendor: () => ({}) })
  const ports = world.ports()
  let clock = 1000
  const sandbox = {
    ...ports.sandbox,
    run: async () => {
      clock += 7
      return result
    },
  }
  using open = await openTrip(world, { step }, { sandbox, now: () => clock })
  const found = await runHook(open.trip, 'after_action', {})
  const steps = open.execution.trail.trail().attempts.flatMap((made) => made.steps)
  return { found, steps, trip: open.trip, actionData: open.execution.actionData.current }
}

describe('runHook() writes into the trail', () => {
  test('what a script logged, what it is warned of, and that it returned', async () => {
    const { steps } = await run({
      ...returned,
      log: [{ level: 'warn', text: 'said' }],
      warnings: ['careful'],
    })
    expect(steps).toEqual([
      { kind: 'log', level: 'warn', text: 'said' },
      { kind: 'warning', message: 'careful' },
      { kind: 'hook', event: 'after_action', ms: 7, result: 'returned' },
    ])
  })

  test.each<[HookResult, object]>([
    [
      { ...returned, value: false, falseAt: 'method' },
      { result: 'stopped', level: 'method' },
    ],
    [threw, { result: 'threw', thrown: 'TypeError: broken', level: 'step' }],
    [
      { ...threw, message: '' },
      { result: 'threw', thrown: 'TypeError', level: 'step' },
    ],
  ])('how it ended: %j', async (result, ending) => {
    expect((await run(result)).steps).toEqual([
      { kind: 'hook', event: 'after_action', ms: 7, ...ending },
    ])
  })

  test('nothing where no handler was found', async () => {
    const { found, steps } = await run({ ...nothing, kind: 'absent' })
    expect([found, steps]).toEqual([null, []])
  })
})

test('runHook() reads what was changed, and keeps action_data', async () => {
  const globals = { action_data: '{"n":1}', method_response: 'null' }
  const { found, actionData } = await run({ ...returned, globals })
  expect(actionData).toEqual({ n: 1 })
  expect(found?.read('method_response')).toBeNull()
  expect(found?.read('method_error')).toBeUndefined()
  expect((await run(returned)).actionData).toEqual({})
})

test.each([
  ['method_request_headers', '5', 'a number, not an object'],
  ['method_request_parameters', '"a=1"', 'a text, not an object'],
  ['method_request_mergefields', '[]', 'an array, not an object'],
  ['method_error', 'true', 'a boolean, not an object'],
  ['method_endpoint', '{}', 'an object, not a text'],
])('runHook() leaves %s as it was where it holds %s, and warns', async (name, json, words) => {
  const { found, steps } = await run({
    ...returned,
    globals: { [name]: json, method_response: '5' },
  })
  expect(found?.read(name)).toBeUndefined()
  expect(found?.read('method_response')).toBe(5)
  expect(steps).toContainEqual({
    kind: 'warning',
    message: `${name} was set to ${words}; it stays as it was`,
  })
})

test('runHook() takes null for no headers at all', async () => {
  const globals = { method_request_headers: 'null', method_endpoint: '"x"' }
  const { found, steps } = await run({ ...returned, globals })
  expect(found?.read('method_request_headers')).toBeNull()
  expect(found?.read('method_endpoint')).toBe('x')
  expect(steps.some(({ kind }) => kind === 'warning')).toBe(false)
})

describe('failureOfHook()', () => {
  async function failure(result: Partial<Extract<HookResult, { kind: 'threw' }>>) {
    const { found, trip } = await run({ ...threw, ...result })
    if (found?.kind !== 'threw') throw new Error('it did not throw')
    return failureOfHook(trip, found)
  }

  test('has the place, and the lines around it', async () => {
    const { position, frame } = await failure({ positions: ['s.js:3:1'] })
    expect(position).toBe('s.js:3:1')
    expect(frame).toContain('three()')
  })

  test('has neither where the place is not known, and the name where there is no text', async () => {
    const made = await failure({ message: '' })
    expect(made).toMatchObject({ type: 'ScriptError', message: 'TypeError' })
    expect([made.position, made.frame]).toEqual([undefined, undefined])
  })
})

describe('signalOf()', () => {
  const oauth = {
    auth: {
      type: 'oauth2',
      authorization_url: 'https://api.acme.example/authorize',
      token_url: 'https://api.acme.example/token',
      client_id: 'id',
    },
  }
  const refresh = { ...threw, signal: 'refresh', name: 'AuthRefreshException' } as const
  const session = { ...threw, signal: 'session', name: 'AuthSessionException' } as const

  async function signal(result: HookResult, around: object = {}) {
    const { found, trip } = await run(result, around)
    return found && signalOf(trip, found, null)
  }

  test('is none of what is no auth exception', async () => {
    expect(await signal(threw)).toBeNull()
    expect(await signal(returned)).toBeNull()
  })

  test('asks for a renewal, and says where: the place, or the level', async () => {
    expect(await signal(refresh, oauth)).toMatchObject({
      kind: 'recover',
      by: 'refresh',
      because: 'AuthRefreshException in step',
      otherwise: { type: 'AuthRefreshFailed', reason: 'rejected-again' },
    })
    expect(await signal({ ...refresh, positions: ['s.js:3:1'] }, oauth)).toMatchObject({
      because: 'AuthRefreshException in s.js:3:1',
    })
  })

  test('fails where the connector has no such way to renew', async () => {
    for (const around of [{}, { auth: 'basic' }]) {
      expect(await signal({ ...refresh, positions: ['s.js:3:1'] }, around)).toMatchObject({
        kind: 'reject',
        failure: {
          type: 'AuthRefreshFailed',
          reason: 'no-renewal',
          position: 's.js:3:1',
          message: expect.stringMatching(/no OAuth 2 token.*: broken$/),
        },
      })
    }
    expect(await signal({ ...session, message: '' }, oauth)).toMatchObject({
      kind: 'reject',
      failure: {
        type: 'AuthSessionFailed',
        reason: 'no-renewal',
        message: expect.stringMatching(/post_install lookup$/),
      },
    })
  })
})
