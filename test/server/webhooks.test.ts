/** What vendors send, over a real socket into real scripts. */
import { expect, onTestFinished, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import { Secret } from '../../runtime/model/secret.ts'
import type { ServerEvent } from '../../runtime/server/exchange.ts'
import type { ServerOptions } from '../../runtime/server/server.ts'
import { webhookPath } from '../../runtime/server/webhook-address.ts'
import type { AcceptedWebhook, WebhookOptions } from '../../runtime/server/webhooks.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { startTestServer, success, webhookSecret } from './support.ts'

const secret = webhookSecret
const target = { tenant: 'acme', connector: 'crm', connection: null, method: 'created' }
const address = webhookPath(target, secret)

type Options = Partial<ServerOptions> & { readonly accept?: WebhookOptions['accept'] }

/** A server of webhooks over a runtime that has one connector with that script. */
async function startWebhooks(script: string, { accept, ...options }: Options = {}) {
  const home = openTemporaryRuntime([
    {
      definition: {
        name: 'crm',
        base_url: 'https://api.crm.example',
        script: 'main.js',
        methods: { created: { type: 'webhook' }, get: { path: '/' } },
      },
      scripts: { 'main.js': script },
    },
    {
      definition: {
        name: 'locked',
        base_url: 'https://api.locked.example',
        auth: { type: 'api_key', in: 'header', as: 'X-Key' },
        methods: { created: { type: 'webhook' } },
      },
    },
  ])
  onTestFinished(() => home[Symbol.asyncDispose]())
  const accepted: AcceptedWebhook[] = []
  const events: ServerEvent[] = []
  const take = accept ?? ((webhook: AcceptedWebhook) => void accepted.push(webhook))
  const server = await startTestServer({
    calls: home.runtime,
    webhooks: { secret, calls: home.runtime, accept: take },
    log: (event) => events.push(event),
    ...options,
  })
  return { ...server, accepted, events, runtime: home.runtime }
}

const posted = { verb: 'POST', token: null, json: { id: 7 } } as const

test('a webhook comes in without a token, and what the scripts made of it is handed on', async () => {
  const { send, accepted } = await startWebhooks(`
    function after_webhook() { method_response = { got: method_response.id }; return true }
    function webhook_condition() { return false }`)
  const { status, json } = await send(address, posted)
  expect([status, json]).toEqual([200, {}])
  expect(accepted).toEqual([
    { ...target, call: expect.any(String), content: { got: 7 }, exit: false },
  ])
})

test('an ignored webhook answers as an accepted one does, and is handed to nobody', async () => {
  const script = 'function after_webhook() { return method_response.id === 7 }'
  const { send, accepted } = await startWebhooks(script)
  const [taken, ignored] = [
    await send(address, posted),
    await send(address, { ...posted, json: {} }),
  ]
  expect([ignored.status, ignored.text]).toEqual([taken.status, taken.text])
  const { date: _, ...headers } = taken.headers
  expect(ignored.headers).toMatchObject(headers)
  expect(accepted).toHaveLength(1)
})

test.each(['GET', 'PUT', 'POST'])(
  'a script replies to a %s, with body and headers',
  async (verb) => {
    const { send, accepted } = await startWebhooks(`function before_webhook() {
    method_response = http_method + ' ' + method_request_parameters.challenge
    method_response_headers = { 'X-Hook-Secret': method_request_headers['x-hook-secret'] }
    return false
  }`)
    const headers = { 'x-hook-secret': 's1' }
    const seen = await send(`${address}?challenge=c1`, { verb, token: null, headers })
    expect([seen.status, seen.text]).toEqual([200, `${verb} c1`])
    expect(seen.headers).toMatchObject({ 'x-hook-secret': 's1', 'cache-control': 'no-store' })
    expect(seen.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(accepted).toEqual([])
  },
)

test('a HEAD reaches the script as one, and an empty reply has no type', async () => {
  const { send } = await startWebhooks(`function before_webhook() {
    method_response_headers = { 'X-Verb': http_method }
    return false
  }`)
  const { status, headers } = await send(address, { verb: 'HEAD', token: null })
  expect([status, headers['x-verb'], headers['content-type']]).toEqual([200, 'HEAD', undefined])
})

test('a reply cannot break its frame, keep anything in a browser, or act as a page', async () => {
  const { send } = await startWebhooks(`function before_webhook() {
    method_response = '<script>alert(1)</script>'
    method_response_headers = {
      'Content-Type': 'text/html', 'Content-Length': '3', 'Transfer-Encoding': 'chunked',
      'Set-Cookie': 'a=b', 'Access-Control-Allow-Origin': '*', Connection: 'upgrade',
      'Content-Security-Policy': 'none', 'Strict-Transport-Security': 'max-age=1',
    }
    return false
  }`)
  const { text, headers } = await send(address, posted)
  expect(text).toBe('<script>alert(1)</script>')
  expect(headers).toMatchObject({
    'content-type': 'text/html',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  })
  const absent = ['set-cookie', 'access-control-allow-origin', 'strict-transport-security']
  for (const name of [...absent, 'transfer-encoding']) expect(headers).not.toHaveProperty(name)
})

test('the script gets the body as text, byte for byte, and neither key nor address', async () => {
  const { send, accepted } = await startWebhooks(`function after_webhook() {
    method_response = { body: String(method_response), all: JSON.stringify([method_endpoint, method_request_headers]) }
    return true
  }`)
  const body = '{"a" :  1, \u00e4 not json'
  const headers = { 'content-type': 'text/plain; charset=utf-8' }
  await send(`${address}?x=1`, { verb: 'POST', token: null, body, headers })
  const content = accepted[0]?.content as { body: string; all: string }
  expect(content.body).toBe(body)
  expect(content.all).toContain('/webhooks/acme/crm/-/created?x=1')
  expect(content.all).not.toContain(address.slice(-43))
})

test('an address opens for its own names only, whatever else is wrong', async () => {
  const { send, accepted, events } = await startWebhooks('')
  const [, , tenant, connector, connection, method, key = ''] = address.split('/')
  const nowhere = await send('/nowhere', posted)
  for (const parts of [
    [tenant, connector, connection, method, `${key.slice(0, -1)}_`],
    [tenant, connector, connection, method, ''],
    [tenant, connector, connection, method, 'short'],
    ['other', connector, connection, method, key],
    [tenant, 'locked', connection, method, key],
    [tenant, connector, 'main', method, key],
    [tenant, connector, connection, 'get', key],
  ]) {
    const seen = await send(`/webhooks/${parts.join('/')}`, posted)
    expect([parts, seen.status, seen.text]).toEqual([parts, 404, nowhere.text])
  }
  expect(accepted).toEqual([])
  expect(events.filter(({ kind }) => kind === 'webhook-failed')).toEqual([])
})

test('a server without webhooks has no such path, and tells no address', async () => {
  const { send } = await startTestServer({ webhooks: null })
  expect((await send(address, posted)).status).toBe(404)
  expect((await send('/api/webhooks/crm/-/created')).status).toBe(404)
})

test('a tenant is told its own addresses, which work', async () => {
  const { send, accepted } = await startWebhooks('')
  const seen = await send('/api/webhooks/crm/-/created')
  expect(seen.json).toEqual({ path: address })
  const other = await send('/api/webhooks/crm/-/created', { token: 'stranger' })
  expect(other.json).toMatchObject({ path: expect.stringMatching(/^\/webhooks\/other\//) })
  const { path } = other.json as { path: string }
  expect(path.slice(-43)).not.toBe(address.slice(-43))
  expect((await send(path, posted)).status).toBe(200)
  expect(accepted).toMatchObject([{ tenant: 'other' }])
})

test('a token that may only look is told no address', async () => {
  const { send } = await startWebhooks('')
  expect((await send('/api/webhooks/crm/-/created', { token: 'reader' })).status).toBe(403)
})

test.each([
  ['an unknown connector', { connector: 'none' }],
  ['an unknown method', { method: 'none' }],
  ['a method that receives nothing', { method: 'get' }],
  ['a connection that is not there', { connector: 'locked', connection: 'main' }],
])('%s behind a good address is a 404', async (_name, names) => {
  const { send, events } = await startWebhooks('')
  const seen = await send(webhookPath({ ...target, ...names }, secret), posted)
  expect([seen.status, seen.json]).toMatchObject([404, { errorCode: 'entityMissing' }])
  expect(events[0]).toMatchObject({ kind: 'webhook-failed', tenant: 'acme', ...names })
})

test('a connection that is disabled, or was removed, takes nothing', async () => {
  const { send, runtime, accepted } = await startWebhooks('')
  const ref = { tenant: 'acme', connection: 'main' }
  await runtime.connections.create({ ...ref, connector: 'locked', key: 'k' })
  const path = webhookPath({ ...target, connector: 'locked', connection: 'main' }, secret)
  expect((await send(path, posted)).status).toBe(200)
  await runtime.connections.disable(ref)
  expect((await send(path, posted)).status).toBe(404)
  await runtime.connections.enable(ref)
  await runtime.connections.remove(ref)
  expect((await send(path, posted)).status).toBe(404)
  expect(accepted).toMatchObject([{ connector: 'locked', connection: 'main' }])
})

test('a script that fails has the sender try again, and tells it nothing', async () => {
  const script = 'function after_webhook() { throw new Error("inner detail") }'
  const { send, events } = await startWebhooks(script)
  const seen = await send(address, posted)
  expect([seen.status, seen.json]).toMatchObject([500, { errorCode: 'genericError' }])
  expect(seen.text).not.toContain('inner detail')
  expect(events[0]).toMatchObject({ failure: { type: 'ScriptError', message: 'inner detail' } })
})

test.each([
  [503, '60', new CallFailure('AuthRefreshFailed', 'inner detail')],
  [503, '60', new CallFailure('Timeout', 'inner detail')],
  [413, undefined, new CallFailure('ResponseTooLarge', 'inner detail')],
])(
  'a %i, to be tried again after %s, is what a sender gets of %s',
  async (status, after, failure) => {
    const { call, trail } = success
    const receive = async () => ({ kind: 'failure', call, trail, failure }) as const
    const webhooks = { secret, calls: { receive }, accept: () => {} }
    const { send } = await startTestServer({ webhooks })
    const seen = await send(address, posted)
    expect([seen.status, seen.headers['retry-after']]).toEqual([status, after])
    expect(seen.text).not.toContain('inner detail')
  },
)

test('a webhook that nobody could take is not confirmed', async () => {
  const accept = () => Promise.reject(new Error('the queue is away'))
  const { send, events } = await startWebhooks('', { accept })
  const seen = await send(address, posted)
  expect([seen.status, seen.text.includes('queue')]).toEqual([500, false])
  expect(events).toContainEqual({ kind: 'bug', error: new Error('the queue is away') })
})

test('a webhook that came while the store was away is to be sent again', async () => {
  const accept = () => Promise.reject(new StoreFailure('It is away', { cure: 'Wait' }))
  const { send } = await startWebhooks('', { accept })
  const seen = await send(address, posted)
  expect([seen.status, seen.headers['retry-after']]).toEqual([503, '60'])
})

test('a body above the limit is refused before any script sees it', async () => {
  const { send, accepted } = await startWebhooks('', { limits: { bodyBytes: 100 } })
  const seen = await send(address, { ...posted, json: 'x'.repeat(200) })
  expect([seen.status, seen.headers.connection]).toEqual([413, 'close'])
  expect(accepted).toEqual([])
})

test('a tenant whose webhooks are too many keeps no other one out', async () => {
  const held = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  let count = 0
  const accept = ({ tenant }: AcceptedWebhook) => {
    if (tenant !== 'acme') return
    count++
    arrived.resolve()
    return held.promise
  }
  const { send } = await startWebhooks('', { accept, limits: { callsPerTenant: 1 } })
  const begun = send(address, posted)
  await arrived.promise
  expect((await send(address, posted)).status).toBe(429)
  const other = webhookPath({ ...target, tenant: 'other' }, secret)
  expect((await send(other, posted)).status).toBe(200)
  held.resolve()
  expect((await begun).status).toBe(200)
  expect(count).toBe(1)
})

test('no log has the key of an address', async () => {
  const { send, events } = await startWebhooks('')
  await send(address, posted)
  await send(`/elsewhere${address}?x`, posted)
  expect(events.map((event) => (event.kind === 'answered' ? event.path : ''))).toEqual([
    '/webhooks/acme/crm/-/created',
    '/elsewhere/webhooks/acme/crm/-/created',
  ])
})

test('a secret that could be guessed is refused', async () => {
  const { runtime } = await startWebhooks('')
  const webhooks = { secret: new Secret('short'), calls: runtime, accept: () => {} }
  await expect(startTestServer({ webhooks })).rejects.toMatchObject({
    errorCode: 'entityInvalid',
    message: 'The secret of the webhooks is shorter than 32 characters',
  })
})

test('webhookPath() is the same for the same secret, and another one for every other', () => {
  expect(webhookPath({ ...target }, new Secret(secret.reveal()))).toBe(address)
  expect(address).toMatch(/^\/webhooks\/acme\/crm\/-\/created\/[\w-]{43}$/)
  expect(webhookPath(target, new Secret(`${secret.reveal()}!`))).not.toBe(address)
  expect(() => webhookPath({ ...target, tenant: 'a/b' }, secret)).toThrow('cannot name a tenant')
  expect(() => webhookPath({ ...target, method: '' }, secret)).toThrow('needs its connector')
})
