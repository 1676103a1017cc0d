/** Events, their order, and what odd scripts and odd answers come to (dialect 1, 2, 14). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CallRequest } from '../../runtime/model/call.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { flood, json, type Reaction, startVendor, text, type Vendor } from '../support/vendor.ts'

let vendor: Vendor
beforeAll(async () => {
  vendor = await startVendor()
})
afterAll(() => vendor[Symbol.asyncDispose]())

type Scripts = { readonly connector?: string; readonly method?: string; readonly step?: string }

async function call(
  scripts: Scripts | string,
  answer: Reaction = json({ id: 7 }),
  around: object = {},
) {
  const {
    connector = '',
    method,
    step,
  } = typeof scripts === 'string' ? { connector: scripts } : scripts
  vendor.answers(answer)
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      script: 'main.js',
      methods: {
        get: { path: '/it', ...around, ...(method === undefined ? {} : { script: 'method.js' }) },
      },
    },
    scripts: { 'main.js': connector, ...(method === undefined ? {} : { 'method.js': method }) },
  })
  const request: CallRequest = { tenant: 't', connector: 'acme', method: 'get' }
  const withStep = step === undefined ? {} : { step: { file: 'step.js', source: step } }
  return await home.runtime.call({ ...request, ...withStep })
}

const warningsOf = (outcome: Awaited<ReturnType<typeof call>>) =>
  outcome.trail.attempts.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'warning' ? [step.message] : [])),
  )

describe('dialect 14.1 the three levels', () => {
  const push = (name: string) => `
    function before_action() { action_data.order = (action_data.order || '') + '${name}'; return true }
    function after_action() { action_data.order += '${name.toLowerCase()}'; return true }
    function after_action_paging() { method_response = action_data.order += '${name.toLowerCase()}'; return true }`

  test('are called method, connector, step before, and connector, method, step after', async () => {
    const scripts = { connector: push('C'), method: push('M'), step: push('S') }
    expect(await call(scripts)).toMatchObject({ kind: 'success', content: 'MCScmscms' })
  })

  test('share one scope: a step calls what the connector defines', async () => {
    const connector = 'function sign(text) { return text + "!" }'
    const step = 'function after_action() { method_response = sign("hi"); return true }'
    expect(await call({ connector, step })).toMatchObject({ content: 'hi!' })
  })

  test('dialect 14.3 end at the first false of a before_ handler', async () => {
    const connector = 'function before_action() { throw new Error("not reached") }'
    const method = 'function before_action() { return false }'
    expect(await call({ connector, method })).toMatchObject({
      kind: 'stopped',
      message: "the method's before_action returned false",
    })
  })

  test('dialect 2 action_condition: the last level has the last word', async () => {
    const says = (exit: boolean) => `function action_condition() { return ${exit} }`
    expect(await call({ connector: says(false), step: says(true) })).toMatchObject({ exit: true })
    expect(await call({ connector: says(true), step: says(false) })).toMatchObject({ exit: false })
    expect(await call('')).not.toHaveProperty('exit')
  })
})

describe('an odd script', () => {
  test('of 1 MB is refused, and nothing is sent', async () => {
    const before = vendor.requests.length
    expect(await call(`//${'x'.repeat(1024 * 1024)}`)).toMatchObject({
      failure: {
        type: 'DefinitionInvalid',
        message: expect.stringContaining('larger than 256 KiB'),
      },
    })
    expect(vendor.requests).toHaveLength(before)
  })

  test('that is empty does nothing', async () => {
    expect(await call({ connector: '', method: ' \n', step: '' })).toMatchObject({
      content: { id: 7 },
    })
  })

  test('whose handler is no function fails as ScriptError', async () => {
    expect(await call('var after_action = 7')).toMatchObject({
      failure: {
        type: 'ScriptError',
        message: expect.stringContaining('after_action of main.js is not a function'),
      },
    })
  })

  test('dialect 14.3 that returns no boolean counts as true, with a warning; undefined without', async () => {
    const outcome = await call('function after_action() { return "yes" }')
    expect(outcome.kind).toBe('success')
    expect(warningsOf(outcome)).toEqual([expect.stringContaining('neither true nor false')])
    expect(warningsOf(await call('function after_action() { return }'))).toEqual([])
  })

  test('dialect 14.3 that returns a promise fails as ScriptError, bad-return', async () => {
    expect(await call('async function after_action() { return true }')).toMatchObject({
      failure: {
        type: 'ScriptError',
        reason: 'bad-return',
        message: expect.stringContaining('promise'),
      },
    })
  })

  test('dialect 14.11 that leaves a cycle in a global fails as bad-return, naming it', async () => {
    const script = 'function after_action() { method_response.self = method_response; return true }'
    expect(await call(script)).toMatchObject({
      failure: { reason: 'bad-return', message: expect.stringContaining('method_response') },
    })
  })

  test('dialect 14.11 that leaves what JSON has no word for gets null and ISO dates', async () => {
    const script = `function after_action() {
      method_response = { gone: undefined, at: new Date(0), call: function () {}, list: [undefined] }
      return true
    }`
    expect(await call(script)).toMatchObject({
      content: { gone: null, at: '1970-01-01T00:00:00.000Z', list: [null] },
    })
  })

  test('dialect 14.11 that leaves nonsense where names and values belong changes nothing, and is warned', async () => {
    const outcome = await call(`function before_action() { method_request_headers = 5 }
      function after_action() { method_response = () => 1 }`)
    expect(outcome).toMatchObject({ kind: 'success', content: null })
    expect(warningsOf(outcome)).toEqual([
      'method_request_headers was set to a number, not an object; it stays as it was',
      'method_response was set to a function, which is no data; taken for null',
    ])
  })

  test('dialect 3.3 whose method_request has no body finds an empty one, sent once something is in it', async () => {
    await call('function before_action() { method_request.note === undefined }')
    expect(vendor.requests.at(-1)?.body).toBe('')
    const definition = { verb: 'POST' }
    await call('function before_action() { method_request.note = "hi" }', json({}), definition)
    expect(vendor.requests.at(-1)?.body).toBe('{"note":"hi"}')
    await call('function before_action() { method_request }', json({}), definition)
    expect(vendor.requests.at(-1)?.body).toBe('')
  })

  test('dialect 14.4 that throws a text fails with that text', async () => {
    expect(await call('function after_action() { throw "just so" }')).toMatchObject({
      failure: { type: 'ScriptError', message: 'just so' },
    })
  })
})

describe('an odd answer', () => {
  const touch = 'function after_action() { action_data.type = typeof method_response; return true }'

  test('of 20 MB goes through a hook that reads it, and one byte more is refused', async () => {
    const most = 20 * 1024 * 1024
    const outcome = await call(touch, flood(most))
    expect(outcome.kind === 'success' && String(outcome.content).length).toBe(most - 2)
    expect(await call(touch, flood(most + 1))).toMatchObject({
      failure: { type: 'ResponseTooLarge' },
    })
  })

  test('in another charset is read by it', async () => {
    const latin = Buffer.from('{"name":"Zoë"}', 'latin1')
    const script =
      'function after_action() { method_response.length = method_response.name.length; return true }'
    expect(await call(script, text(latin, 'application/json; charset=iso-8859-1'))).toMatchObject({
      content: { name: 'Zoë', length: 3 },
    })
  })

  test('dialect 14.10 of broken JSON is its text, with a warning', async () => {
    const outcome = await call(touch, text('{"a": 1', 'application/json'))
    expect(outcome).toMatchObject({ kind: 'success', content: '{"a": 1' })
    expect(warningsOf(outcome)).toEqual([expect.stringContaining('not JSON')])
  })

  test('with a header twice gives both, joined, by any case of its name', async () => {
    const script = `function after_action() {
      method_response = [method_response_headers['X-Twice'], method_response_headers['x-twice']]
      return true
    }`
    const twice = json({}, { headers: { 'X-Twice': ['a', 'b'] } })
    expect(await call(script, twice)).toMatchObject({ content: ['a, b', 'a, b'] })
  })

  test('of nothing is null', async () => {
    const script =
      'function after_action() { if (method_response == null) return; throw new Error("some") }'
    const nothing: Reaction = (_request, response) => {
      response.writeHead(204)
      response.end()
    }
    expect(await call(script, nothing)).toMatchObject({
      kind: 'success',
      content: null,
      status: 204,
    })
  })
})
