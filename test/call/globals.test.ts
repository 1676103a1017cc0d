/** What each event has to read and to write (dialect section 3.2), as the sandbox is given it. */
import { describe, expect, test } from 'vitest'
import type { CallRequest } from '../../runtime/model/call.ts'
import type { HookEvent, HookJob } from '../../runtime/model/ports.ts'
import { type Answer, tokens, World } from '../support/world.ts'

const definition = (around: object = {}, method: object = {}) =>
  JSON.stringify({
    base_url: 'https://api.acme.example',
    auth: {
      type: 'oauth2',
      authorization_url: 'https://api.acme.example/authorize',
      token_url: 'https://api.acme.example/token',
    },
    properties: { Region: { in: 'script' } },
    methods: {
      get: {
        verb: 'POST',
        path: '/things/{{cycle_id}}',
        query: { q: '1' },
        headers: { 'X-A': 'a' },
        response_fields: ['id', 'name'],
        ...method,
      },
    },
    ...around,
  })

const plainRequest: Partial<CallRequest> = {
  input: { note: 'hi' },
  cycle: { id: 'cy', stepId: 'st', variables: { v: 1 }, serviceDomain: 'd' },
  fieldsInUse: ['id'],
}

/** The job of one event of a call whose step has one script, with everything that it reads. */
async function jobOf(
  event: HookEvent,
  {
    words = '',
    answer = { json: { fine: true } },
    around = {},
    method = {},
    request = plainRequest,
  }: {
    words?: string
    answer?: Answer
    around?: object
    method?: object
    request?: Partial<CallRequest>
  } = {},
) {
  const world = new World({
    definition: definition(around, method),
    auth: tokens('access-token'),
    properties: { ClientId: 'our-id', ClientSecret: 'our-secret', Region: 'eu' },
    vendor: () => answer,
  })
  await world.call({ ...request, step: { file: 's.js', source: `${event} ${words}` } })
  const job = world.jobs.find((made) => made.event === event)
  if (!job) throw new Error(`no ${event}`)
  return job
}

const valuesOf = ({ globals }: HookJob) =>
  Object.fromEntries(Object.entries(globals).map(([name, { json }]) => [name, JSON.parse(json)]))
const writableOf = ({ globals }: HookJob) =>
  Object.keys(globals)
    .filter((name) => globals[name]?.writable)
    .sort()

const placeholder = expect.stringMatching(/^hkl_[0-9a-f]{32}$/)
const common = {
  action_data: {},
  script_parameters: { Region: 'eu' },
  cycle_variables: { v: 1 },
  cycle_id: 'cy',
  cycle_step_id: 'st',
  cyclr_account_id: 't',
  external_account_id: 'c',
  cyclr_transaction_id: 'call-1',
  transaction_id: 'call-1',
  service_domain: 'd',
  script_execution_context: 'RUNNING_TRANSACTION',
  last_successful_run_date: '1970-01-01T00:00:00.000Z',
  http_method: 'POST',
  method_auth_value: placeholder,
  method_response_fields: ['id', 'name'],
  method_response_fields_in_use: ['id'],
  method_response_parameters_in_use: ['id'],
  oauth_client_id: 'our-id',
  oauth_client_secret: placeholder,
}
const requestRead = {
  method_endpoint: 'https://api.acme.example/things/{{cycle_id}}',
  method_request: { note: 'hi' },
  method_request_headers: { 'X-A': 'a' },
  method_request_parameters: { q: '1' },
  method_request_mergefields: { cycle_id: 'cy' },
}

describe('globals', () => {
  test('of before_action: all of the request may be changed', async () => {
    const job = await jobOf('before_action')
    expect(valuesOf(job)).toEqual({ ...common, ...requestRead })
    expect(writableOf(job)).toEqual(['action_data', ...Object.keys(requestRead).sort()])
    expect(job.globals.method_request_headers?.kind).toBe('headers')
  })

  test('of before_action without a body: an empty one for scripts to add to, where it is no text', async () => {
    const request = { input: {} }
    const job = await jobOf('before_action', { request })
    expect(valuesOf(job)).toHaveProperty('method_request', {})
    const read = await jobOf('after_action', { request, method: { verb: 'GET' } })
    expect(valuesOf(read)).toHaveProperty('method_request', {})
    const text = await jobOf('before_action', { request, method: { body_type: 'text' } })
    expect(valuesOf(text)).toHaveProperty('method_request', null)
  })

  test('of before_action in a method without a request: it may begin the response', async () => {
    const method = {
      type: 'script',
      script: 'it.js',
      verb: undefined,
      path: undefined,
      query: undefined,
    }
    const job = await jobOf('before_action', { method: { ...method, headers: undefined } })
    expect(valuesOf(job)).toHaveProperty('method_response', null)
    expect(writableOf(job)).toContain('method_response')
  })

  test('of after_action: only the response may be changed', async () => {
    const answer = { status: 201, reason: 'Created', headers: { 'x-b': 'b' }, json: { fine: true } }
    const job = await jobOf('after_action', { answer })
    expect(valuesOf(job)).toEqual({
      ...common,
      ...requestRead,
      method_response: { fine: true },
      method_response_headers: { 'content-type': 'application/json', 'x-b': 'b' },
      statusCode: 201,
      reasonPhrase: 'Created',
    })
    expect(writableOf(job)).toEqual(['action_data', 'method_response'])
    expect(job.globals.method_response?.kind).toBe('body')
    expect(job.globals.method_response_headers?.kind).toBe('headers')
    expect(job.globals.method_request_headers?.kind).toBe('headers')
  })

  test('of after_action in a method without a request: there is no status', async () => {
    const method = {
      type: 'script',
      script: 'it.js',
      verb: undefined,
      path: undefined,
      query: undefined,
    }
    const job = await jobOf('after_action', { method: { ...method, headers: undefined } })
    expect(valuesOf(job)).toMatchObject({
      method_response: null,
      method_response_headers: {},
      statusCode: null,
      reasonPhrase: null,
    })
    expect(writableOf(job)).toEqual(['action_data', 'method_response'])
    expect(job.globals.method_response_headers?.kind).toBe('headers')
  })

  test('of after_action_paging and of action_condition', async () => {
    const whole = {
      ...common,
      ...requestRead,
      method_response: { fine: true },
      method_response_headers: { 'content-type': 'application/json' },
    }
    const paging = await jobOf('after_action_paging')
    expect(valuesOf(paging)).toEqual({ ...whole, next_last_successful_run_date: null })
    expect(writableOf(paging)).toEqual([
      'action_data',
      'method_response',
      'next_last_successful_run_date',
    ])
    const condition = await jobOf('action_condition')
    expect(valuesOf(condition)).toEqual(whole)
    expect(writableOf(condition)).toEqual(['action_data'])
    expect(condition.globals.method_response_headers?.kind).toBe('headers')
  })

  test('of after_error: one object, by its old name too where a script writes that', async () => {
    const answer = { status: 404, reason: 'Not Found', json: { error: 'gone' } }
    const error = {
      statusCode: 404,
      reasonPhrase: 'Not Found',
      content: '{"error":"gone"}',
      error: 'gone',
      type: 'HttpError',
      isError: true,
      isWarning: false,
      isSuccess: false,
    }
    const job = await jobOf('after_error', { answer })
    expect(valuesOf(job)).toEqual({ ...common, ...requestRead, method_error: error })
    expect(writableOf(job)).toEqual(['action_data', 'method_error'])
    const old = await jobOf('after_error', { answer, words: 'error_response' })
    expect(valuesOf(old)).toMatchObject({ method_error: error, error_response: error })
    expect(writableOf(old)).toEqual(['action_data', 'error_response', 'method_error'])
  })

  test('that are dear are made for scripts that write their names, plainly or escaped', async () => {
    const answer = { text: 'echo: access-token' }
    for (const words of ['method_raw_request method_raw_response', '\\u006d']) {
      const values = valuesOf(await jobOf('after_action', { answer, words }))
      expect(values.method_raw_request).toBe('{"note":"hi"}')
      expect(values.method_raw_response).toMatch(/^echo: hkl_/)
      const failed = { status: 500, text: 'broken' }
      const error = valuesOf(await jobOf('after_error', { answer: failed, words }))
      expect(error.method_raw_response).toBe('broken')
    }
    const before = await jobOf('before_action', { words: 'method_raw_request' })
    expect(valuesOf(before).method_raw_request).toBe('{"note":"hi"}')
    const empty = await jobOf('before_action', {
      words: 'method_raw_request',
      method: { verb: 'GET' },
    })
    expect(valuesOf(empty).method_raw_request).toBeNull()
  })

  test('of a credential: the connector’s own client first, and none where there is none', async () => {
    const auth = {
      type: 'oauth2',
      authorization_url: 'https://api.acme.example/authorize',
      token_url: 'https://api.acme.example/token',
      client_id: 'fixed',
    }
    expect(valuesOf(await jobOf('before_action', { around: { auth } }))).toMatchObject({
      oauth_client_id: 'fixed',
    })
    const bare = new World({
      definition: definition({ properties: {} }),
      auth: tokens('t'),
      vendor: () => ({ json: {} }),
    })
    await bare.call({ ...plainRequest, step: { file: 's.js', source: 'before_action' } })
    const [job] = bare.jobs
    expect(job && valuesOf(job)).toMatchObject({ oauth_client_id: null, oauth_client_secret: null })
    const ignoring = await jobOf('before_action', { method: { ignore_auth: true } })
    expect(valuesOf(ignoring).method_auth_value).toBeNull()
    const other = await jobOf('before_action', { around: { auth: 'basic' } })
    expect(Object.keys(other.globals)).not.toContain('oauth_client_id')
  })
})

describe('runHook() tells the sandbox', () => {
  test('the scripts in loading order, the limit of a hook, and whose it is', async () => {
    const world = new World({
      definition: definition({ script: 'main.js', limits: { hook_ms: 777 } }, { script: 'it.js' }),
      auth: tokens('t'),
      hooks: { before_action: () => true },
      vendor: () => ({ json: {} }),
    })
    await world.call({ ...plainRequest, step: { file: 's.js', source: 'after_error' } })
    expect(world.jobs).toHaveLength(1)
    expect(world.jobs[0]).toMatchObject({
      event: 'before_action',
      hookMs: 777,
      urgent: false,
      connection: { tenant: 't', id: 'c' },
      scripts: [{ level: 'connector' }, { level: 'method' }, { level: 'step', file: 's.js' }],
    })
  })

  test('nothing where no script names the event', async () => {
    const world = new World({
      definition: definition(),
      auth: tokens('t'),
      vendor: () => ({ json: {} }),
    })
    await world.call({ ...plainRequest, step: { file: 's.js', source: 'beforeaction' } })
    expect(world.jobs).toEqual([])
  })
})
