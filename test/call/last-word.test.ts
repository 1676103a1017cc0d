/** What judge() makes of warnings in an answer, of rules that say how to renew, and of after_error. */
import { describe, expect, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import { type FakeHook, tokens, World, type WorldOptions } from '../support/world.ts'

const rule = (renew: string) =>
  `{ type: ExpiredToken, ${renew}message: dead, filter: { path: data.dead, operator: exists } }`

const definition = (around = '', rules = '') => `
base_url: https://api.acme.example
auth: { type: oauth2, authorization_url: 'https://api.acme.example/authorize',
        token_url: 'https://api.acme.example/token', client_id: id }
script: main.js
properties: { Session: { in: header, as: X-Session, sensitive: true } }
errors: [ ${rules} ]
methods:
  get: { path: /things }
  list: { path: /things, paging: { next_url: headers.x-next } }
  login: { path: /login, ignore_auth: true }
${around}`

const world = (over: Partial<WorldOptions>) =>
  new World({ definition: definition(), auth: tokens('old'), vendor: () => ({}), ...over })

describe('an ExpiredToken rule', () => {
  const both = 'post_install: login'

  /** What was asked for between the rejected request and its replay. */
  async function renewing(around: string, rules: string) {
    let dead = true
    const acme = world({
      definition: definition(around, rules),
      vendor: ({ url }) => {
        if (url.endsWith('/token')) return { json: { access_token: 'new' } }
        if (url.endsWith('/login')) return { json: { Session: 'new-session' } }
        if (!dead) return { json: { fine: true } }
        dead = false
        return { json: { dead: true } }
      },
    })
    const outcome = await acme.call()
    expect(outcome.kind).toBe('success')
    const steps = outcome.trail.attempts.flatMap((attempt) => attempt.steps)
    const renewal = steps.find(({ kind }) => kind === 'renewal')
    return {
      asked: new URL(acme.requests[1]?.url ?? 'none:').pathname,
      because: renewal?.kind === 'renewal' ? renewal.because : null,
    }
  }

  test('renews in the way that it says, where the connector has two', async () => {
    expect((await renewing(both, rule('renew: oauth, '))).asked).toBe('/token')
    expect((await renewing(both, rule('renew: session, '))).asked).toBe('/login')
  })

  test('renews in the one way that there is, and the trail names the rule', async () => {
    const { asked, because } = await renewing('', rule(''))
    expect(asked).toBe('/token')
    expect(because).toBe('ExpiredToken rule 0')
  })
})

describe('after_error', () => {
  const saying =
    (change: object): FakeHook =>
    (globals) => {
      globals.method_error = { ...(globals.method_error as object), ...change }
    }

  test('makes a page of an error, whose headers still name the next one', async () => {
    const after_error = saying({ isSuccess: true, content: ['a'] })
    const acme = world({
      hooks: { after_error },
      vendor: (_request, nth) =>
        nth === 1
          ? { status: 404, headers: { 'x-next': '/two' }, json: ['x'] }
          : { status: 200, json: ['b'] },
    })
    expect(await acme.call({ method: 'list' })).toMatchObject({
      kind: 'success',
      content: ['a', 'b'],
    })
    expect(acme.requests[1]?.url).toBe('https://api.acme.example/two')
  })

  test('makes a success of an error, with its status', async () => {
    const acme = world({
      hooks: { after_error: saying({ isSuccess: true, content: 'fine' }) },
      vendor: () => ({ status: 404 }),
    })
    expect(await acme.call()).toMatchObject({ kind: 'success', status: 404, content: 'fine' })
  })

  test('makes a success, or a warning, of silence, with a status of none', async () => {
    const vendor = () => {
      throw new CallFailure('Timeout', 'Request timed out')
    }
    const good = world({ hooks: { after_error: saying({ isSuccess: true, content: 1 }) }, vendor })
    expect(await good.call()).toMatchObject({ kind: 'success', status: 0, content: 1 })
    const warned = world({ hooks: { after_error: saying({ isWarning: true }) }, vendor })
    expect(await warned.call()).toMatchObject({ kind: 'warning', status: null, content: '' })
  })

  test('leaves an error that it only words otherwise', async () => {
    const acme = world({
      hooks: { after_error: saying({ error: 'otherwise' }) },
      vendor: () => ({ status: 404 }),
    })
    expect(await acme.call()).toMatchObject({ failure: { type: 'HttpError', httpCode: 404 } })
  })

  test('is heard by the old name of its object too', async () => {
    const acme = world({
      hooks: {
        after_error: (globals) => {
          globals.error_response = { isSuccess: true, content: 7 }
        },
      },
      vendor: () => ({ status: 404 }),
    })
    const step = { file: 's.js', source: 'error_response' }
    expect(await acme.call({ step })).toMatchObject({ kind: 'success', content: 7 })
  })

  test('that throws in silence keeps why there was none', async () => {
    const acme = world({
      hooks: {
        after_error: () => {
          throw new TypeError('no status')
        },
      },
      vendor: () => {
        throw new CallFailure('ConnectionError', 'refused', { reason: 'ECONNREFUSED' })
      },
    })
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ConnectionError', reason: 'ECONNREFUSED' },
    })
  })

  test('and after_action are named where they returned false', async () => {
    const no = { after_action: () => false, after_error: () => false }
    const good = world({ hooks: no, vendor: () => ({}) })
    const bad = world({ hooks: no, vendor: () => ({ status: 404 }) })
    expect(await good.call()).toMatchObject({
      failure: { message: "the connector's after_action returned false" },
    })
    expect(await bad.call()).toMatchObject({
      failure: { message: "the connector's after_error returned false" },
    })
  })
})

test('an answer that is not what it says it is has a warning in the trail', async () => {
  const acme = world({
    vendor: () => ({ headers: { 'content-type': 'application/json' }, text: '{"a":' }),
  })
  const outcome = await acme.call()
  expect(outcome).toMatchObject({ kind: 'success', content: '{"a":' })
  expect(outcome.trail.attempts[0]?.steps).toContainEqual({
    kind: 'warning',
    message: expect.stringMatching(/JSON/),
  })
})
