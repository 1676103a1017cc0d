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
