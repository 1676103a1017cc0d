/** One attempt: what its method makes of it, and how the trail names its end. */
import { describe, expect, test } from 'vitest'
import { type FakeHook, World, type WorldOptions } from '../support/world.ts'

const definition = `
base_url: https://api.acme.example
script: main.js
methods:
  get: { path: /things }
  list: { path: /things, query: { page: CYCLR_PAGE_NUMBER }, paging: {} }
  gone: { path: '/{{gone}}' }
  alone: { type: script, script: it.js }
  hear: { type: webhook }
  answer: { type: webhook_response, headers: { X-A: '{{a}}' }, body: { ok: true } }
`

const world = (over: Partial<WorldOptions> = {}) =>
  new World({ definition, hooks: {}, vendor: () => ({ json: [] }), ...over })

describe('executeCall() of a method without a request', () => {
  test('that answers a webhook gives what before_action left of headers and body', async () => {
    const before_action: FakeHook = (globals) => {
      globals.method_request = { ...(globals.method_request as object), more: 1 }
    }
    const acme = world({ hooks: { before_action } })
    const outcome = await acme.call({ method: 'answer', input: { a: 'x' } })
    expect(outcome).toMatchObject({
      kind: 'success',
      status: 200,
      content: { body: { ok: true, more: 1 } },
    })
    expect(acme.requests).toEqual([])
  })

  test('gives after_action what before_action has put into method_response', async () => {
    const seen: unknown[] = []
    const acme = world({
      hooks: {
        before_action: (globals) => {
          globals.method_response = { made: 1 }
        },
        after_action: (globals) => {
          seen.push(globals.method_response)
        },
      },
    })
    expect(await acme.call({ method: 'alone' })).toMatchObject({
      kind: 'success',
      content: { made: 1 },
    })
    expect(seen).toEqual([{ made: 1 }])
    expect(acme.requests).toEqual([])
  })

  test('refuses one that only receives', async () => {
    const acme = world()
    expect(await acme.call({ method: 'hear' })).toMatchObject({
      failure: {
        type: 'DefinitionInvalid',
        reason: 'not-callable',
        message: expect.stringContaining('acme hear'),
      },
    })
    expect(acme.requests).toEqual([])
  })
})

describe('executeCall() writes into the trail', () => {
  const attempts = async (over: Partial<WorldOptions>, method = 'get') =>
    (await world(over).call({ method })).trail.attempts

  test('the type of the failure with which an attempt ended', async () => {
    const [first] = await attempts({ vendor: () => ({ status: 500 }) })
    expect(first?.verdict).toBe('HttpError')
  })

  test('that an attempt failed where it came to no verdict', async () => {
    const [first] = await attempts({}, 'gone')
    expect(first?.verdict).toBe('failure')
  })

  test('that a hook stopped it; the outcome says which', async () => {
    const acme = world({ hooks: { before_action: () => false } })
    const outcome = await acme.call()
    expect(outcome).toMatchObject({
      kind: 'stopped',
      message: "the connector's before_action returned false",
    })
    expect(outcome.trail.attempts[0]?.verdict).toBe('stop')
  })

  test('the number of the page where a method has several, and else none', async () => {
    expect((await attempts({}))[0]).not.toHaveProperty('page')
    expect((await attempts({}, 'list'))[0]?.page).toBe(1)
  })

  test('that an attempt is a retry', async () => {
    const acme = world({ vendor: (_request, nth) => (nth === 1 ? { status: 503 } : { json: [] }) })
    const { trail } = await acme.call({ retries: 1 })
    expect(trail.attempts.map(({ cause }) => cause)).toEqual(['first', 'retry'])
  })
})
