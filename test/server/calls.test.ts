import { expect, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { createRuntime } from '../../runtime/runtime.ts'
import { keysFromFile } from '../../runtime/store/key-file.ts'
import { folderWith } from '../route/support.ts'
import { json, startVendor } from '../support/vendor.ts'
import { startTestServer, success } from './support.ts'

const post = { verb: 'POST' } as const
const call = { connector: 'crm', method: 'get' }

test('POST makes a call for the tenant of the token', async () => {
  const { send, asked } = await startTestServer()
  const whole = {
    ...call,
    connection: 'c',
    input: { q: [1] },
    fields: { name: '[q]' },
    fieldsInUse: ['id'],
    context: 'STEP_TESTING',
    app: 'support',
    source: 'ZipCode',
    idempotencyKey: 'k',
    retries: 2,
    cycle: { id: 'a', stepId: 'b', variables: { c: 1 } },
  }
  const { status } = await send('/api/calls', { ...post, json: whole })
  expect(status).toBe(200)
  expect(asked).toEqual([{ ...whole, tenant: 'acme' }])
})

test.each([
  [{ method: 'get' }, 'missingFields', 'connector is missing.'],
  [[], 'entityInvalid', 'The body must be an object.'],
  [{ ...call, tenant: 'other' }, 'entityInvalid', 'There is no field tenant.'],
  [{ ...call, step: { source: '', file: '' } }, 'entityInvalid', 'There is no field step.'],
  [{ ...call, conection: 'c' }, 'entityInvalid', 'Did you mean connection?'],
  [{ ...call, input: [] }, 'entityInvalid', 'input must be an object.'],
  [{ ...call, retries: 1000 }, 'entityInvalid', 'retries must be a whole number from 0 to 10.'],
  [{ ...call, cycle: { other: 1 } }, 'entityInvalid', 'cycle must be an object'],
  [{ ...call, context: 'OTHER' }, 'entityInvalid', 'context must be one of RUNNING_TRANSACTION'],
  [{ ...call, fieldsInUse: [1] }, 'entityInvalid', 'fieldsInUse must be a list of texts.'],
])('POST of %j is refused as %s', async (body, errorCode, text) => {
  const { send, asked } = await startTestServer()
  const { status, json } = await send('/api/calls', { ...post, json: body })
  expect([status, json]).toMatchObject([400, { errorCode }])
  expect((json as { message: string }).message).toContain(text)
  expect(asked).toEqual([])
})

test('POST with an app that the token may not know of is the same 404 as without one', async () => {
  const { send, asked } = await startTestServer()
  const seen = await Promise.all(
    ['other', 'nowhere'].map((app) => send('/api/calls', { ...post, json: { ...call, app } })),
  )
  expect(seen.map(({ status }) => status)).toEqual([404, 404])
  expect(seen[0]?.text).toBe(seen[1]?.text)
  expect(asked).toEqual([])
})

test('POST needs a token that may make calls', async () => {
  const { send, asked } = await startTestServer()
  const { status, json } = await send('/api/calls', { ...post, json: call, token: 'reader' })
  expect([status, json]).toMatchObject([403, { errorCode: 'noPermission' }])
  expect(asked).toEqual([])
})

test('POST answers a wrong use in its own words', async () => {
  const error = new UsageError('entityInvalid', '`a b` cannot name a connection', { cure: 'Try.' })
  const { send } = await startTestServer({ calls: { call: () => Promise.reject(error) } })
  const { status, json } = await send('/api/calls', { ...post, json: call })
  expect([status, json]).toEqual([
    400,
    { errorCode: 'entityInvalid', message: '`a b` cannot name a connection. Try.' },
  ])
})

test('O50 a failure is a 200 whose body says what failed and who handled it', async () => {
  await using vendor = await startVendor()
  vendor.answers(json({ error: 'no' }, { status: 503 }))
  const app = `
group: flowteam
flows:
  note: { source: "function handle(error) { return { noted: error.httpCode } }" }
error_handlers: [{ handler: { component_id: note } }]
`
  const apps = folderWith({ 'support.yaml': app })
  const home = folderWith({})
  await using runtime = createRuntime({
    connectors: {
      definition: {
        ...{ name: 'crm', base_url: vendor.origin, auth: 'none' },
        methods: { get: { path: '/' } },
      },
    },
    store: `${home}/store.sqlite`,
    keys: keysFromFile(`${home}/key`, { onMade: () => {} }),
    allowPrivate: ['127.0.0.0/8'],
    apps,
  })
  const { send } = await startTestServer({ calls: runtime, files: { 'support.yaml': app } })
  const seen = await send('/api/calls', { ...post, json: { ...call, app: 'support' } })
  expect(seen.status).toBe(200)
  expect(seen.json).toMatchObject({
    ...{ kind: 'failure', connector: 'crm', method: 'get', connection: null, status: 503 },
    failure: { type: 'HttpError', fault: 'vendor' },
    handled: { index: 0, output: { noted: 503 } },
    trail: { attempts: [{ cause: 'first' }] },
  })
})

test('GET of /metrics counts what calls came to, and names nobody', async () => {
  const failure = new CallFailure('AuthRefreshFailed', 'x', {
    cause: new CallFailure('ScriptTimeout', 'y'),
  })
  const renewal = { kind: 'renewal', by: 'refresh', ms: 1, result: 'renewed' } as const
  const step = { ...renewal, generation: 2, because: 'it died' }
  const attempt = { number: 1, cause: 'first', at: 0, ms: 1, verdict: '', steps: [step] } as const
  const trail = { startedAt: new Date(0), ms: 1500, attempts: [attempt] }
  const handled = { index: 0, componentId: 'f', output: null }
  const outcomes = [success, { ...success, kind: 'failure', failure, trail, handled }] as const
  let made = 0
  const calls = { call: async () => outcomes[made++] ?? success }
  const { send } = await startTestServer({ calls })
  await send('/api/calls', { ...post, json: call })
  await send('/api/calls', { ...post, json: call })
  const { status, text, headers } = await send('/metrics', { token: 'operator' })
  expect(status).toBe(200)
  expect(headers['content-type']).toContain('text/plain; version=0.0.4')
  expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
    'hookline_calls_total{outcome="success",type=""} 1',
    'hookline_calls_total{outcome="failure",type="AuthRefreshFailed"} 1',
    'hookline_call_seconds_total 1.505',
    'hookline_attempts_total{cause="first"} 1',
    'hookline_renewals_total{by="refresh",result="renewed"} 1',
    'hookline_hook_kills_total{reason="ScriptTimeout"} 1',
    'hookline_handled_total 1',
    'hookline_http_requests_total{status="200"} 2',
    '',
  ])
  expect(text).toContain('# TYPE hookline_calls_total counter\n')
})

test('GET of /metrics is for operators only: it counts the calls of all tenants', async () => {
  const { send } = await startTestServer()
  expect((await send('/metrics', { token: 'both' })).status).toBe(403)
  expect((await send('/metrics', { token: null })).status).toBe(401)
})

const later = { ...call, async: true }

test('async keeps the call for its tenant, and makes none', async () => {
  const kept: unknown[] = []
  const jobs = { find: async () => null, enqueue: async (job: unknown) => `id-${kept.push(job)}` }
  const { send, asked } = await startTestServer({ jobs })
  const body = { ...later, app: 'support', idempotencyKey: 'k', input: { a: 1 } }
  const seen = await send('/api/calls', { verb: 'POST', json: body })
  expect([seen.status, seen.json]).toEqual([202, { id: 'id-1' }])
  const { async: _, ...job } = body
  expect([kept, asked]).toEqual([[{ ...job, tenant: 'acme' }], []])
})

test('async: false is a call like any other', async () => {
  const { send, asked } = await startTestServer()
  const seen = await send('/api/calls', { verb: 'POST', json: { ...call, async: false } })
  expect([seen.status, asked]).toEqual([200, [{ ...call, tenant: 'acme' }]])
})

test.each([
  ['where nothing keeps it', later, { jobs: null }, 'This server keeps no calls for later'],
  ['with retries', { ...later, retries: 1 }, {}, 'retries is not for'],
  ['with a context', { ...later, context: 'STEP_TESTING' }, {}, 'context is not for'],
  ['that is no boolean', { ...later, async: 'yes' }, {}, 'async must be true or false'],
] as const)('async %s is refused', async (_name, json, options, message) => {
  const { send, asked } = await startTestServer(options)
  const seen = await send('/api/calls', { verb: 'POST', json })
  expect([seen.status, seen.json]).toMatchObject([
    400,
    { errorCode: 'entityInvalid', message: expect.stringContaining(message) },
  ])
  expect(asked).toEqual([])
})

test('async needs the leave that a call needs', async () => {
  const { send } = await startTestServer()
  const reader = await send('/api/calls', { verb: 'POST', token: 'reader', json: later })
  expect(reader.status).toBe(403)
  const hidden = await send('/api/calls', { verb: 'POST', json: { ...later, app: 'other' } })
  expect(hidden.status).toBe(404)
})
