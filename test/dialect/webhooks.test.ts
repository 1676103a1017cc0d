/** Webhooks and their hooks (dialect section 2), in a real isolate. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ReceivedRequest, WebhookRequest } from '../../runtime/model/webhook.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, startVendor } from '../support/vendor.ts'

const posted: ReceivedRequest = {
  method: 'POST',
  url: '/hooks/acme?challenge=abc',
  headers: { 'Content-Type': 'application/json', 'X-Signature': 'sig' },
  body: '{"id": 7, "api_url": "/things/7"}',
}

async function receive(script: string, request = posted, more: Partial<WebhookRequest> = {}) {
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: 'https://api.acme.example',
      script: 'main.js',
      methods: { created: { type: 'webhook' }, get: { path: '/' } },
    },
    scripts: { 'main.js': script },
  })
  const whole = { tenant: 't', connector: 'acme', method: 'created', request, ...more }
  return await home.runtime.receive(whole)
}

describe('dialect 2 before_webhook', () => {
  test('that returns false answers the sender with what it left', async () => {
    const outcome = await receive(`
      function before_webhook() {
        method_response = { challenge: method_request_parameters.challenge, id: method_request.id }
        method_response_headers['X-Echo'] = method_request_headers['x-signature'] + http_method
        return false
      }
      function after_webhook() { throw new Error('not this one') }`)
    expect(outcome).toMatchObject({
      kind: 'reply',
      status: 200,
      headers: { 'content-type': 'application/json', 'x-echo': 'sigPOST' },
      body: '{"challenge":"abc","id":7}',
    })
  })

  test('answers with a text as it is, or with nothing', async () => {
    const said = 'function before_webhook() { method_response = "abc"; return false }'
    expect(await receive(said)).toMatchObject({
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'abc',
    })
    const silent = 'function before_webhook() { return false }'
    expect(await receive(silent)).toMatchObject({ kind: 'reply', headers: {}, body: '' })
  })

  test('cannot smuggle a line into the headers', async () => {
    const script = `function before_webhook() {
      method_response_headers['X-A'] = 'a\\r\\nX-B: b'
      return false
    }`
    expect(await receive(script)).toMatchObject({
      kind: 'failure',
      failure: { type: 'ScriptError', reason: 'bad-return' },
    })
  })

  test('that returns true lets the webhook go on', async () => {
    const script = 'function before_webhook() { method_response = 1; return true }'
    expect(await receive(script)).toMatchObject({ kind: 'accepted', content: { id: 7 } })
  })
})

describe('dialect 2 after_webhook', () => {
  test('that returns false ignores it silently', async () => {
    const script = 'function after_webhook() { return method_response.id !== 7 }'
    const outcome = await receive(script)
    expect(outcome.kind).toBe('ignored')
    expect(outcome).not.toHaveProperty('content')
  })

  test('may replace the content, in the order connector, method, step', async () => {
    const script =
      'function after_webhook() { method_response = [method_response.id]; return true }'
    const step = {
      file: 'step.js',
      source:
        'function after_webhook() { method_response.push(cycle_variables.x, cycle_id); return true }',
    }
    const cycle = { id: 'cy', variables: { x: 1 } }
    expect(await receive(script, posted, { step, cycle })).toMatchObject({
      kind: 'accepted',
      content: [7, 1, 'cy'],
    })
  })

  test('that throws fails with its message', async () => {
    const script = 'function after_webhook() { throw new Error("no such account") }'
    expect(await receive(script)).toMatchObject({
      kind: 'failure',
      failure: { type: 'ScriptError', message: 'no such account', position: 'main.js:1:34' },
    })
  })

  test('renews on AuthRefreshException, and is run again', async () => {
    const vendor = await startVendor()
    let tokens = 0
    vendor.on('/token', (request, response, signal) =>
      json({ access_token: `token-${++tokens}` })(request, response, signal),
    )
    vendor.on('/things/7', (request, response, signal) => {
      const good = request.headers.authorization === 'Bearer token-1'
      return json({ name: 'seven' }, { status: good ? 200 : 401 })(request, response, signal)
    })
    await using home = openTemporaryRuntime({
      definition: {
        name: 'acme',
        base_url: vendor.origin,
        auth: {
          type: 'oauth2',
          grant: 'client_credentials',
          token_url: `${vendor.origin}/token`,
          client_id: 'id',
        },
        script: 'main.js',
        methods: { created: { type: 'webhook' } },
      },
      scripts: {
        'main.js': `function after_webhook() {
          var got = http_request({ method: 'GET', url: '${vendor.origin}' + method_response.api_url })
          if (got.status_code === 401) throw new AuthRefreshException()
          method_response = got.content
          return true
        }`,
      },
    })
    const person = { tenant: 't', connection: 'c', connector: 'acme' }
    await home.runtime.connections.import({ ...person, tokens: { accessToken: 'dead-token' } })
    const outcome = await home.runtime.receive({ ...person, method: 'created', request: posted })
    expect(outcome).toMatchObject({ kind: 'accepted', content: { name: 'seven' } })
    expect(outcome.trail.attempts.map(({ cause }) => cause)).toEqual(['first', 'replay'])
    await vendor[Symbol.asyncDispose]()
  })
})

describe('dialect 2 webhook_condition', () => {
  test.each([true, false])('picks the exit: %s', async (exit) => {
    const script = `function webhook_condition() { return method_response.id === ${exit ? 7 : 8} }`
    expect(await receive(script)).toMatchObject({ kind: 'accepted', exit })
  })

  test('is absent from the outcome where no script has it', async () => {
    expect(await receive('')).not.toHaveProperty('exit')
  })
})

test('a script checks what a vendor has signed: the body as it came, by a secret that it may see', async () => {
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: 'https://api.acme.example',
      script: 'main.js',
      properties: { SigningSecret: { sensitive: false } },
      methods: { created: { type: 'webhook' } },
    },
    scripts: {
      'main.js': `function before_webhook() {
        var signature = cyclr_sign('HMAC-SHA256', script_parameters.SigningSecret, method_raw_request)
        if (signature === method_request_headers['X-Signature']) return true
        method_response = { signed: false }
        return false
      }`,
    },
  })
  const { runtime } = home
  const properties = { SigningSecret: 's3cr3t' }
  const target = { tenant: 't', connector: 'acme', connection: 'main' }
  await runtime.connections.create({ ...target, properties })
  const text = '{ "name": "Zoë",  "id": 7.0 }'
  const signed = createHmac('sha256', 's3cr3t').update(text).digest('base64')
  const receive = (body: string) =>
    runtime.receive({
      ...target,
      method: 'created',
      request: { ...posted, headers: { ...posted.headers, 'X-Signature': signed }, body },
    })
  expect(await receive(text)).toMatchObject({ kind: 'accepted', content: { name: 'Zoë', id: 7 } })
  expect(await receive(text.replace('7.0', '8'))).toMatchObject({ body: '{"signed":false}' })
})

describe('runtime.receive()', () => {
  test('reads a body by its type, and keeps what is none as text, with a warning', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await receive('', { ...posted, headers: form, body: 'a=1&b=2' })).toMatchObject({
      content: { a: '1', b: '2' },
    })
    const outcome = await receive('', { ...posted, body: Buffer.from('{"a"') })
    expect(outcome).toMatchObject({ kind: 'accepted', content: '{"a"' })
    expect(JSON.stringify(outcome.trail)).toContain('not JSON')
  })

  test('takes webhooks for methods of that type only, which no call makes', async () => {
    expect(await receive('', posted, { method: 'get' })).toMatchObject({
      failure: { type: 'DefinitionInvalid', reason: 'not-a-webhook' },
    })
    await using home = openTemporaryRuntime({
      definition: {
        name: 'acme',
        base_url: 'https://api.acme.example',
        methods: { created: { type: 'webhook' } },
      },
    })
    const call = { tenant: 't', connector: 'acme', method: 'created' }
    expect(await home.runtime.call(call)).toMatchObject({
      failure: { type: 'DefinitionInvalid', reason: 'not-callable' },
    })
  })
})
