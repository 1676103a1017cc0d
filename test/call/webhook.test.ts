/** What comes in from outside, and its hooks (dialect section 2), over played ports. */
import { describe, expect, test } from 'vitest'
import { resolveWebhook } from '../../runtime/call/resolve.ts'
import { receiveWebhook } from '../../runtime/call/webhook.ts'
import type { Json } from '../../runtime/model/json.ts'
import type { ReceivedRequest } from '../../runtime/model/webhook.ts'
import { AuthRefreshException, type FakeHook, tokens, World } from '../support/world.ts'

const definition = (around: object = {}) =>
  JSON.stringify({
    base_url: 'https://api.acme.example',
    auth: {
      type: 'oauth2',
      authorization_url: 'https://api.acme.example/authorize',
      token_url: 'https://api.acme.example/token',
      client_id: 'id',
    },
    script: 'main.js',
    methods: { get: { path: '/' }, created: { type: 'webhook' } },
    ...around,
  })

const posted: ReceivedRequest = {
  method: 'POST',
  url: '/hooks/acme?challenge=abc&n=1',
  headers: { 'Content-Type': 'application/json', 'X-Signature': 'sig' },
  body: '{"id":7}',
}

function worldWith(hooks: Readonly<Record<string, FakeHook>>, around: object = {}) {
  return new World({
    definition: definition(around),
    auth: tokens('access-token'),
    hooks,
    vendor: () => ({ json: { access_token: 'new-token' } }),
  })
}

async function receiveIn(world: World, request = posted, signal?: AbortSignal) {
  const asked = { tenant: 't', connector: 'acme', method: 'created', connection: 'c', request }
  const call = await resolveWebhook(asked, world.registry(), () => 'call-1')
  const context = { ports: world.ports(), signal: signal ?? new AbortController().signal }
  return receiveWebhook(call, request, context)
}

const receive = (
  hooks: Readonly<Record<string, FakeHook>>,
  request: Partial<ReceivedRequest> = {},
  around: object = {},
) => receiveIn(worldWith(hooks, around), { ...posted, ...request })

describe('receiveWebhook() without scripts', () => {
  test.each<[string, Partial<ReceivedRequest>, Json]>([
    ['JSON', {}, { id: 7 }],
    ['bytes', { body: Buffer.from('{"id":8}') }, { id: 8 }],
    ['nothing', { body: null }, null],
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=1' },
      { a: '1' },
    ],
    ['text', { headers: { 'CONTENT-TYPE': 'text/plain' }, body: 'hé' }, 'hé'],
  ])('accepts %s by its type', async (_name, request, content) => {
    const outcome = await receive({}, request)
    expect(outcome).toEqual({
      call: 'call-1',
      kind: 'accepted',
      content,
      trail: expect.objectContaining({
        attempts: [expect.objectContaining({ cause: 'first', verdict: 'accepted' })],
      }),
    })
  })

  test('warns of a body that is not what it says', async () => {
    const outcome = await receive({}, { body: '{no json' })
    expect(outcome).toMatchObject({ kind: 'accepted', content: '{no json' })
    expect(outcome.trail.attempts[0]?.steps).toMatchObject([{ kind: 'warning' }])
  })

  test('fails where the body is larger than one may be, to the byte', async () => {
    const around = { limits: { response_bytes: 8 } }
    expect(await receive({}, {}, around)).toMatchObject({ kind: 'accepted' })
    expect(await receive({}, { body: '{"id":70}' }, around)).toMatchObject({
      kind: 'failure',
      failure: { type: 'ResponseTooLarge' },
    })
  })

  test('takes only a method that is one', async () => {
    const { connector, ...rest } = { tenant: 't', connector: 'acme', connection: 'c' }
    const registry = worldWith({}).registry()
    const asked = { ...rest, connector, method: 'get', request: posted }
    await expect(resolveWebhook(asked, registry, () => 'x')).rejects.toMatchObject({
      type: 'DefinitionInvalid',
      reason: 'not-a-webhook',
    })
  })
})

describe('receiveWebhook() and before_webhook', () => {
  test('shows the request as it came', async () => {
    let seen: Record<string, Json> = {}
    await receive({
      before_webhook: (globals) => {
        seen = { ...globals }
      },
    })
    expect(seen).toMatchObject({
      http_method: 'POST',
      method_endpoint: '/hooks/acme?challenge=abc&n=1',
      method_request: { id: 7 },
      method_request_headers: { 'content-type': 'application/json', 'x-signature': 'sig' },
      method_request_parameters: { challenge: 'abc', n: '1' },
      method_response: null,
      method_response_headers: {},
      cyclr_account_id: 't',
      script_execution_context: 'RUNNING_TRANSACTION',
    })
  })

  test('has no parameters where the address is none', async () => {
    let seen: Json = null
    await receive(
      {
        before_webhook: (globals) => {
          seen = globals.method_request_parameters ?? null
        },
      },
      { url: 'http://[' },
    )
    expect(seen).toEqual({})
  })

  const replying = (said: Json, headers: Json = {}) =>
    receive({
      before_webhook: (globals) => {
        globals.method_response = said
        globals.method_response_headers = headers
        return false
      },
      after_webhook: () => {
        throw new Error('is not asked')
      },
    })

  test.each<[Json, Json, object]>([
    [{ ok: 1 }, {}, { headers: { 'content-type': 'application/json' }, body: '{"ok":1}' }],
    ['hé', {}, { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: 'hé' }],
    [null, {}, { headers: {}, body: '' }],
    [null, 'no headers', { headers: {}, body: '' }],
    [[1], { 'Content-Type': 'x/y' }, { headers: { 'content-type': 'x/y' }, body: '[1]' }],
    [
      null,
      { 'X-A': 1, b: null, c: { d: 1 }, 'e!#$%&*+.^_`|~': 'é\t' },
      { headers: { 'x-a': '1', c: '{"d":1}', 'e!#$%&*+.^_`|~': 'é\t' }, body: '' },
    ],
  ])('that returns false answers %j with %j', async (said, headers, expected) => {
    expect(await replying(said, headers)).toMatchObject({ kind: 'reply', status: 200 })
    const { headers: sent, body } = (await replying(said, headers)) as {
      headers: Json
      body: string
    }
    expect({ headers: sent, body }).toEqual(expected)
  })

  test.each<Json>([
    { 'a b': '1' },
    { '': '1' },
    { 'x:': '1' },
    { x: 'two\r\nlines' },
    { x: 'x\n' },
    { x: '\u{1F600}' },
  ])('fails with a header that cannot be sent: %j', async (headers) => {
    expect(await replying(null, headers)).toMatchObject({
      kind: 'failure',
      failure: { type: 'ScriptError', reason: 'bad-return' },
    })
  })

  test('lets no secret out, nor a stand-in of one', async () => {
    const outcome = await receive({
      before_webhook: (globals) => {
        const value = String(globals.method_auth_value)
        globals.method_response = { value }
        globals.method_response_headers = { 'X-Value': value }
        return false
      },
    })
    expect(outcome).toMatchObject({
      kind: 'reply',
      headers: { 'x-value': '[secret]' },
      body: '{"value":"[secret]"}',
    })
  })

  test('that throws is the failure, without a secret in it', async () => {
    const outcome = await receive({
      before_webhook: (globals) => {
        throw new Error(`no ${String(globals.method_auth_value)}`)
      },
    })
    expect(outcome).toMatchObject({
      kind: 'failure',
      failure: { type: 'ScriptError', message: 'no [secret]' },
      trail: { attempts: [{ verdict: 'failure' }] },
    })
  })
})

describe('receiveWebhook() and the hooks after it', () => {
  test('after_webhook makes the content, and webhook_condition says which exit it takes', async () => {
    const seen: Json[] = []
    const outcome = await receive({
      before_webhook: () => true,
      after_webhook: (globals) => {
        seen.push(globals.method_response ?? null, globals.http_method ?? null)
        globals.method_response = '{"changed":true}'
      },
      webhook_condition: (globals) => {
        seen.push(globals.method_response ?? null, globals.method_request_headers ?? null)
        return false
      },
    })
    expect(outcome).toMatchObject({ kind: 'accepted', content: { changed: true }, exit: false })
    expect(seen).toEqual([
      { id: 7 },
      'POST',
      { changed: true },
      { 'content-type': 'application/json', 'x-signature': 'sig' },
    ])
  })

  test('after_webhook that returns false has it ignored', async () => {
    const outcome = await receive({
      after_webhook: () => false,
      webhook_condition: () => {
        throw new Error('is not asked')
      },
    })
    expect(outcome).toMatchObject({
      kind: 'ignored',
      trail: { attempts: [{ verdict: 'ignored' }] },
    })
    expect(await receive({ webhook_condition: () => true })).toMatchObject({
      content: { id: 7 },
      exit: true,
    })
  })

  test.each(['after_webhook', 'webhook_condition'])(
    '%s that throws is the failure',
    async (event) => {
      const outcome = await receive({
        [event]: () => {
          throw new Error('broken')
        },
      })
      expect(outcome).toMatchObject({ kind: 'failure', failure: { message: 'broken' } })
    },
  )

  test('they get a stand-in for a secret of ours that somebody sends', async () => {
    let seen: Json = null
    const outcome = await receive(
      {
        before_webhook: () => true,
        after_webhook: (globals) => {
          seen = globals.method_response ?? null
        },
      },
      { body: '{"echo":"access-token"}' },
    )
    expect(JSON.stringify(outcome)).not.toContain('access-token')
    expect(seen).not.toEqual({ echo: 'access-token' })
  })
})

describe('receiveWebhook() renews', () => {
  test.each(['before_webhook', 'after_webhook', 'webhook_condition'])(
    'once where %s asks for it, and begins again',
    async (event) => {
      let calls = 0
      const world = worldWith({
        [event]: () => {
          calls += 1
          if (calls === 1) throw new AuthRefreshException()
          return true
        },
      })
      const outcome = await receiveIn(world)
      expect(outcome).toMatchObject({ kind: 'accepted', content: { id: 7 } })
      expect(world.renewals).toBe(1)
      expect(outcome.trail.attempts.map(({ cause, verdict }) => `${cause} ${verdict}`)).toEqual([
        'first recover',
        'replay accepted',
      ])
    },
  )

  test('and not twice', async () => {
    const world = worldWith({
      before_webhook: () => {
        throw new AuthRefreshException()
      },
    })
    expect(await receiveIn(world)).toMatchObject({
      kind: 'failure',
      failure: { type: 'AuthRefreshFailed', reason: 'rejected-again' },
    })
    expect(world.renewals).toBe(1)
  })
})

describe('receiveWebhook() rejects', () => {
  test('with the reason of an aborted signal, before and during a hook', async () => {
    const reason = new Error('the worker stops')
    await expect(receiveIn(worldWith({}), posted, AbortSignal.abort(reason))).rejects.toBe(reason)
    const controller = new AbortController()
    const during = worldWith({
      before_webhook: () => {
        controller.abort(reason)
        throw new Error('a consequence')
      },
    })
    const ports = during.ports()
    const call = await resolveWebhook(
      { tenant: 't', connector: 'acme', method: 'created', connection: 'c', request: posted },
      during.registry(),
      () => 'call-1',
    )
    const sandbox = {
      ...ports.sandbox,
      run: async () => {
        controller.abort(reason)
        throw new TypeError('a consequence')
      },
    }
    const context = { ports: { ...ports, sandbox }, signal: controller.signal }
    await expect(receiveWebhook(call, posted, context)).rejects.toBe(reason)
  })

  test('with a bug of ours', async () => {
    const world = worldWith({ before_webhook: () => true })
    const ports = world.ports()
    const run = async () => {
      throw new RangeError('a bug')
    }
    const call = await resolveWebhook(
      { tenant: 't', connector: 'acme', method: 'created', connection: 'c', request: posted },
      world.registry(),
      () => 'call-1',
    )
    const context = {
      ports: { ...ports, sandbox: { ...ports.sandbox, run } },
      signal: new AbortController().signal,
    }
    await expect(receiveWebhook(call, posted, context)).rejects.toThrow(RangeError)
  })
})
