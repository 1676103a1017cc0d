/** What methods can be and what their requests are made of (dialect 3.3, 6, 9.3, 9.4, 10). */
import { describe, expect, test } from 'vitest'
import type { CallRequest } from '../../runtime/model/call.ts'
import type { Json, JsonObject } from '../../runtime/model/json.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { echo, json, startVendor, text } from '../support/vendor.ts'

type Part = Readonly<Record<string, unknown>>

/** A connector with one method over a vendor that answers with the request. */
async function open(method: Part, around: Part = {}, script?: string) {
  const vendor = await startVendor()
  vendor.answers(echo())
  const home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      methods: { it: { path: '/it', ...method } },
      ...(script === undefined ? {} : { script: 'main.js' }),
      ...around,
    },
    scripts: script === undefined ? {} : { 'main.js': script },
  })
  return {
    vendor,
    runtime: home.runtime,
    call: (more: Partial<CallRequest> = {}) =>
      home.runtime.call({ tenant: 't', connector: 'acme', method: 'it', ...more }),
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]()
      await vendor[Symbol.asyncDispose]()
    },
  }
}

describe('dialect 10 methods of type script', () => {
  test('send nothing, and have what their hooks make of their input', async () => {
    const script = `
      function before_action() { method_response = { sum: method_request.a + method_request.b }; return true }
      function after_action() { method_response.status = statusCode; return true }
      function after_action_paging() { method_response.whole = true; return true }`
    await using acme = await open(
      { type: 'script', path: undefined, body_type: 'json' },
      {},
      script,
    )
    expect(await acme.call({ input: { a: 1, b: 2 } })).toMatchObject({
      kind: 'success',
      content: { sum: 3, status: null, whole: true },
    })
    expect(acme.vendor.requests).toHaveLength(0)
  })

  test('begin with a null response, and stop where before_action says so', async () => {
    const script = `
      function before_action() { return method_request !== 'stop' }
      function after_action() { method_response = [method_response]; return true }`
    await using acme = await open(
      { type: 'script', path: undefined, body_type: 'json' },
      {},
      script,
    )
    expect(await acme.call()).toMatchObject({ content: [null] })
    expect(await acme.call({ input: { $: 'stop' } })).toMatchObject({ kind: 'stopped' })
  })

  test('may ask the vendor by http_request', async () => {
    await using acme = await open({}, {}, '')
    const source = `function after_action() {
      method_response = JSON.parse(http_request({ method: 'GET', url: '${acme.vendor.origin}/x' }).content).path
      return true
    }`
    await using home = openTemporaryRuntime({
      definition: {
        name: 'acme',
        base_url: acme.vendor.origin,
        script: 'main.js',
        methods: { it: { type: 'script' } },
      },
      scripts: { 'main.js': source },
    })
    const outcome = await home.runtime.call({ tenant: 't', connector: 'acme', method: 'it' })
    expect(outcome).toMatchObject({ kind: 'success', content: '/x' })
  })

  test('webhook_response is built like a request, and is not sent', async () => {
    const method = {
      type: 'webhook_response',
      path: undefined,
      body_type: 'json',
      headers: { 'X-A': 'b' },
      body: { ok: '{{ok}}' },
    }
    await using acme = await open(method)
    expect(await acme.call({ input: { ok: true } })).toMatchObject({
      content: { headers: { 'X-A': 'b' }, body: { ok: true } },
    })
    expect(acme.vendor.requests).toHaveLength(0)
  })
})

describe('dialect 9.4 outbound paging', () => {
  const method = {
    verb: 'POST',
    parameters: { rows: { as: 'data.[records]' }, mode: {} },
    outbound_paging: { location: 'data.[records]', size: 2 },
  }
  const rows = [{ id: 1 }, { id: 2 }, { id: 3 }]

  test('sends a list in pieces, each with its hooks, and joins the answers', async () => {
    const script = `
      function before_action() { action_data.n = (action_data.n || 0) + 1; return true }
      function after_action() { method_response = JSON.parse(method_response.body); return true }
      function after_action_paging() { method_response = method_response.data.records.map(function (r) { return r.id + '/' + action_data.n }); return true }`
    await using acme = await open(method, {}, script)
    const outcome = await acme.call({ input: { rows, mode: 'x' } })
    expect(outcome).toMatchObject({ kind: 'success', content: ['1/1', '2/1', '3/2'] })
    expect(acme.vendor.requests.map(({ body }) => JSON.parse(body))).toEqual([
      { data: { records: [{ id: 1 }, { id: 2 }] }, mode: 'x' },
      { data: { records: [{ id: 3 }] }, mode: 'x' },
    ])
  })

  test('leaves alone a list that fits', async () => {
    await using acme = await open(method)
    await acme.call({ input: { rows: rows.slice(0, 2) } })
    expect(acme.vendor.requests).toHaveLength(1)
  })

  test('fails at the piece that fails, and sends no further one', async () => {
    await using acme = await open({
      ...method,
      outbound_paging: { location: 'data.[records]', size: 1 },
    })
    acme.vendor.answers(json([]), json({}, { status: 422 }))
    expect(await acme.call({ input: { rows } })).toMatchObject({ failure: { httpCode: 422 } })
    expect(acme.vendor.requests).toHaveLength(2)
  })

  test('never sends an accepted piece again when a later one is replayed', async () => {
    const vendor = await startVendor()
    let granted = 0
    vendor.on('/token', (request, response, signal) =>
      json({ access_token: `t${++granted}` })(request, response, signal),
    )
    vendor.answers(json([1]), json({ dead: true }), json([2]))
    await using home = openTemporaryRuntime({
      definition: {
        name: 'acme',
        base_url: vendor.origin,
        auth: {
          type: 'oauth2',
          grant: 'client_credentials',
          token_url: `${vendor.origin}/token`,
          client_id: 'i',
        },
        script: 'main.js',
        methods: {
          it: { path: '/it', ...method, outbound_paging: { location: 'data.[records]', size: 2 } },
        },
      },
      scripts: {
        'main.js':
          'function after_action_paging() { if (method_response.dead) throw new AuthRefreshException(); return true }',
      },
    })
    const person = { tenant: 't', connection: 'c', connector: 'acme' }
    await home.runtime.connections.create(person)
    const outcome = await home.runtime.call({ ...person, method: 'it', input: { rows } })
    expect(outcome).toMatchObject({ kind: 'success', content: [1, 2] })
    const sent = vendor.requests
      .filter(({ path }) => path === '/it')
      .map(({ body }) => JSON.parse(body))
    expect(sent.map(({ data }) => data.records.length)).toEqual([2, 1, 1])
    await vendor[Symbol.asyncDispose]()
  })
})

describe('dialect 10 system mergefields', () => {
  test('name the call, its cycle and its connection', async () => {
    const fields = [
      'cyclr_account_id',
      'external_account_id',
      'cycle_id',
      'cycle_step_id',
      'CyclrObjectName',
      'Cyclr_Webhook_Url',
      'Cyclr_Webhook_Id',
    ]
    const query = Object.fromEntries(fields.map((name) => [name, `{{${name}}}`]))
    await using acme = await open({ query, path: '/{{transaction_id}}/{{cycle_id}}' })
    const input = { CyclrObjectName: 'o', Cyclr_Webhook_Url: 'https://w', Cyclr_Webhook_Id: '1' }
    const outcome = await acme.call({ input, cycle: { id: 'cy', stepId: 'st' } })
    const { pathname, searchParams } = new URL(
      acme.vendor.requests[0]?.path ?? '',
      acme.vendor.origin,
    )
    expect(pathname).toBe(`/${outcome.call}/cy`)
    expect([...searchParams.values()]).toEqual(['t', 'none', 'cy', 'st', 'o', 'https://w', '1'])
  })

  test('bring the credential where the vendor wants it, as a placeholder for scripts', async () => {
    const script = `function before_action() { console.log(JSON.stringify(method_request)); return true }`
    const method = {
      verb: 'POST',
      ignore_auth: true,
      body: {
        user: '{{Cyclr_Auth_Username}}',
        pass: '{{Cyclr_Auth_Password}}',
        none: 'x{{Cyclr_Auth_ApiKey}}',
      },
    }
    await using acme = await open(method, { auth: 'basic' }, script)
    const person = { tenant: 't', connection: 'c' }
    await acme.runtime.connections.create({
      ...person,
      connector: 'acme',
      username: 'ann',
      password: 'pass-word',
    })
    const outcome = await acme.call(person)
    expect(JSON.parse(acme.vendor.requests[0]?.body ?? '')).toEqual({
      user: 'ann',
      pass: 'pass-word',
      none: 'x',
    })
    expect(JSON.stringify(outcome)).toContain('ann')
    expect(JSON.stringify(outcome)).not.toContain('pass-word')
  })
})

describe('dialect 3.3 the date of the last run', () => {
  const method = {
    query: { since: '{{LastSuccessfulRunDate format=yyyy-MM-dd}}', all: 'LastSuccessfulRunDate' },
  }
  const today = () => new Date().toISOString().slice(0, 10)

  test('is now for a first real run, then when the last one began; a test reads and leaves it', async () => {
    await using acme = await open(method)
    const sinceOf = async (context?: CallRequest['context']) => {
      await acme.call(context ? { context } : {})
      const path = acme.vendor.requests.at(-1)?.path ?? ''
      return Object.fromEntries(new URL(path, acme.vendor.origin).searchParams)
    }
    expect(await sinceOf('STEP_TESTING')).toMatchObject({ since: '1970-01-01' })
    const first = await sinceOf()
    expect(first.since).toBe(today())
    const second = await sinceOf()
    expect(Date.parse(second.all ?? '')).toBeLessThanOrEqual(Date.parse(first.all ?? ''))
    expect((await sinceOf('CONNECTOR_TESTING')).all).toBe((await sinceOf('STEP_TESTING')).all)
  })

  test('stays as it was where the run failed', async () => {
    await using acme = await open(method)
    acme.vendor.answers(json({}, { status: 500 }), echo())
    await acme.call()
    await acme.call({ context: 'STEP_TESTING' })
    expect(acme.vendor.requests[1]?.path).toContain('since=1970-01-01')
  })

  test('is left alone by what is no date', async () => {
    const script =
      'function after_action_paging() { next_last_successful_run_date = "soon"; return true }'
    await using acme = await open(method, {}, script)
    const outcome = await acme.call()
    expect(JSON.stringify(outcome.trail)).toContain('next_last_successful_run_date is no date')
    await acme.call()
    expect(acme.vendor.requests[1]?.path).toContain(`since=${today()}`)
  })
})

describe('dialect 10 bodies', () => {
  test('take parameters at their locations', async () => {
    const parameters = {
      name: { as: 'contact.name' },
      tags: { as: '[tags].label' },
      odd: { as: 'contact.\\a.b\\' },
      'plain.name': {},
    }
    await using acme = await open({ verb: 'POST', parameters, body: { contact: 'x' } })
    await acme.call({
      input: { name: 'Ann', tags: ['a', 'b'], odd: 1, 'plain.name': 2, 'un.declared': 3 },
    })
    expect(JSON.parse(acme.vendor.requests[0]?.body ?? '')).toEqual({
      contact: { name: 'Ann', 'a.b': 1 },
      tags: [{ label: 'a' }, { label: 'b' }],
      'plain.name': 2,
      'un.declared': 3,
    })
  })

  test.each<[string, Json, string, string]>([
    ['json', { a: [1] }, 'application/json', '{"a":[1]}'],
    ['form', { a: 1, b: 'x y' }, 'application/x-www-form-urlencoded', 'a=1&b=x+y'],
    ['xml', { a: { b: 1 } }, 'application/xml; charset=utf-8', '<a><b>1</b></a>'],
    ['text', 'hé', 'text/plain; charset=utf-8', 'hé'],
    ['binary', Buffer.from('bytes').toString('base64'), 'application/octet-stream', 'bytes'],
  ])('are sent as %s', async (body_type, body, type, bytes) => {
    await using acme = await open({ verb: 'POST', body_type, xml_root: 'a' })
    const input = (body_type === 'xml' ? { b: 1 } : { $: body }) as JsonObject
    expect((await acme.call({ input })).kind).toBe('success')
    const [sent] = acme.vendor.requests
    expect(sent?.headers['content-type']).toBe(type)
    expect(sent?.body).toContain(bytes)
  })

  test('of type binary are base64, or nothing is sent', async () => {
    await using acme = await open({ verb: 'POST', body_type: 'binary' })
    expect(await acme.call({ input: { $: 'no base64!' } })).toMatchObject({
      failure: { type: 'RequestForbidden', reason: 'body' },
    })
    await acme.call({ input: { $: { base64: 'aGk=' } } })
    expect(acme.vendor.requests.map(({ body }) => body)).toEqual(['hi'])
  })

  test('are sent in parts as multipart', async () => {
    await using acme = await open({ verb: 'POST', body_type: 'multipart' })
    await acme.call({ input: { a: 'x', file: { filename: 'f.txt', content: 'hello' } } })
    const [sent] = acme.vendor.requests
    expect(sent?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(sent?.body).toContain('filename="f.txt"')
  })

  test.each<[string, string, string, Json]>([
    ['application/json', '{"a":1}', 'auto', { a: 1 }],
    ['application/xml', '<r><a>1</a></r>', 'auto', { r: { a: '1' } }],
    ['application/x-www-form-urlencoded', 'a=1', 'auto', { a: '1' }],
    ['text/plain', '{"a":1}', 'auto', '{"a":1}'],
    ['text/plain', '{"a":1}', 'json', { a: 1 }],
    ['application/pdf', 'bytes', 'auto', Buffer.from('bytes').toString('base64')],
  ])('are read from %s %s by %s', async (type, body, response, content) => {
    await using acme = await open({ response })
    acme.vendor.answers(text(body, type))
    expect(await acme.call()).toMatchObject({ kind: 'success', content })
  })
})

describe('dialect 9.3 rate limits', () => {
  const waits = (outcome: Awaited<ReturnType<Awaited<ReturnType<typeof open>>['call']>>) =>
    outcome.trail.attempts.flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'wait'))

  test('queue the calls of a connection, and show the wait', async () => {
    await using acme = await open({}, { rate_limit: { gap_ms: 150 } })
    const outcomes = await Promise.all([acme.call(), acme.call(), acme.call()])
    expect(outcomes.map(({ kind }) => kind)).toEqual(['success', 'success', 'success'])
    const waited = outcomes.flatMap(waits)
    expect(waited).toHaveLength(2)
    expect(waited).toContainEqual(expect.objectContaining({ because: 'rate_limit' }))
  })

  test('of a method go before the connector’s, in a queue of its own', async () => {
    const methods = { it: { path: '/it', rate_limit: { per_second: 100 } }, other: { path: '/o' } }
    await using acme = await open({}, { rate_limit: { gap_ms: 60_000 }, methods })
    const outcomes = [await acme.call(), await acme.call(), await acme.call({ method: 'other' })]
    expect(outcomes.flatMap(waits)).toEqual([])
  })

  test('that outlast the call fail it at once as RateLimited, with the time to come back', async () => {
    await using acme = await open(
      {},
      { rate_limit: { gap_ms: 60_000 }, limits: { call_ms: 2_000 } },
    )
    await acme.call()
    expect(await acme.call()).toMatchObject({
      failure: { type: 'RateLimited', reason: 'rate-limit', retryAt: expect.any(Date) },
    })
    expect(acme.vendor.requests).toHaveLength(1)
  })
})

describe('dialect 6 inline expressions', () => {
  test('make the input of a method out of a record', async () => {
    await using acme = await open({ verb: 'POST' })
    const outcome = await acme.call({
      input: { Name: 'Ann', Amount: 3, Rows: [1, 2], secret: 'not mapped' },
      fields: {
        name: '=`[Name]`.toUpperCase()',
        total: '=[Amount] * 2 // a comment',
        rows: '=[Rows].concat([3])',
        text: 'Dear [Name], [nobody]',
        fixed: 7,
        object: '={ a: 1 }',
      },
    })
    expect(outcome.kind).toBe('success')
    expect(JSON.parse(acme.vendor.requests[0]?.body ?? '')).toEqual({
      name: 'ANN',
      total: 6,
      rows: [1, 2, 3],
      text: 'Dear Ann, [nobody]',
      fixed: 7,
      object: { a: 1 },
    })
  })

  test('have a context of their own, without cycle variables, and name their field when they fail', async () => {
    const cycle = { variables: { x: 1 } }
    await using acme = await open({ verb: 'POST' }, {}, 'var shared = 1')
    const types = '=[typeof cycle_variables, typeof shared, typeof leaked, leaked = 1].join()'
    await acme.call({ cycle, fields: { one: types, two: types } })
    expect(JSON.parse(acme.vendor.requests[0]?.body ?? '')).toEqual({
      one: 'undefined,undefined,undefined,1',
      two: 'undefined,undefined,undefined,1',
    })
    expect(await acme.call({ fields: { sum: '=nothing.x' } })).toMatchObject({
      failure: {
        type: 'ScriptError',
        reason: 'expression',
        message: 'The expression of the field `sum`: nothing is not defined',
      },
    })
    expect(await acme.call({ fields: { sum: '=globalThis' } })).toMatchObject({
      failure: {
        message: expect.stringMatching(
          /^The expression of the field `sum`: its value cannot be read back/,
        ),
      },
    })
  })
})
