/** The globals of dialect section 3.2, and those that it lists as undocumented: one row for each cell. */
import { expect } from 'vitest'
import type { HookEvent } from '../../runtime/model/ports.ts'

export type GlobalRow = {
  readonly event: HookEvent
  readonly name: string
  readonly value: unknown
  /** A statement that changes it, and the change that is then seen; absent where it is read-only. */
  readonly write?: { readonly statement: string; readonly seen: unknown }
}

const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/)
/** A placeholder, as the trail shows one. */
const secret = '[secret]'

/** What every event has. */
const common: Readonly<Record<string, unknown>> = {
  script_parameters: { Region: 'eu' },
  cycle_variables: { color: 'red' },
  cycle_id: 'cycle-1',
  cycle_step_id: 'step-1',
  cyclr_account_id: 't',
  external_account_id: 'c',
  cyclr_transaction_id: uuid,
  transaction_id: uuid,
  service_domain: 'apps.partner.example',
  script_execution_context: 'RUNNING_TRANSACTION',
  method_response_fields: ['id', 'name'],
  method_response_fields_in_use: ['id'],
  method_response_parameters_in_use: ['id'],
  oauth_client_id: 'our-client',
  oauth_client_secret: secret,
  method_auth_value: secret,
}

/** What events of a renewal have: no method, and no credential, stand behind them. */
const renewal: Readonly<Record<string, unknown>> = {
  script_parameters: { Region: 'eu' },
  cycle_variables: { color: 'red' },
  oauth_client_id: 'our-client',
  oauth_client_secret: secret,
}

const request: Readonly<Record<string, unknown>> = {
  method_endpoint: expect.stringMatching(/\/things\/\{\{id\}\}$/),
  method_request: { note: 'hi' },
  method_request_headers: { 'X-Trace': 'on' },
  method_request_parameters: { page: 'p' },
  method_request_mergefields: { id: '7' },
  method_raw_request: '{"note":"hi"}',
  http_method: 'POST',
}

const received: Readonly<Record<string, unknown>> = {
  method_endpoint: '/hooks?challenge=abc',
  method_request_headers: { 'content-type': 'application/json' },
  method_request_parameters: { challenge: 'abc' },
  method_raw_request: '{"id":7}',
  http_method: 'PUT',
}

const tokenForm = expect.objectContaining({
  grant_type: 'refresh_token',
  refresh_token: secret,
  client_secret: secret,
})

const failed = {
  statusCode: 404,
  reasonPhrase: 'Not Found',
  content: '{"error":"gone"}',
  error: 'gone',
  type: 'HttpError',
  isError: true,
  isWarning: false,
  isSuccess: false,
}

function rowsOf(event: HookEvent, values: Readonly<Record<string, unknown>>): GlobalRow[] {
  return Object.entries(values).map(([name, value]) => ({ event, name, value }))
}

type Write = readonly [name: string, value: unknown, statement: string, seen: unknown]

function written(event: HookEvent, writes: readonly Write[]): GlobalRow[] {
  return writes.map(([name, value, statement, seen]) => ({
    event,
    name,
    value,
    write: { statement, seen },
  }))
}

/** What a test sees of a write: in the vendor's request, in the outcome, or in a later hook. */
export const globalRows: readonly GlobalRow[] = [
  ...rowsOf('before_action', common),
  ...rowsOf('before_action', {
    method_raw_request: '{"note":"hi"}',
    http_method: 'POST',
    last_successful_run_date: expect.stringMatching(/^20\d\d-.*Z$/),
  }),
  ...written('before_action', [
    [
      'method_endpoint',
      request.method_endpoint,
      'method_endpoint = method_endpoint.replace("things", "stuff")',
      { path: '/stuff/7?page=p' },
    ],
    ['method_request', { note: 'hi' }, 'method_request.note = 1', { body: '{"note":1}' }],
    [
      'method_request_headers',
      { 'X-Trace': 'on' },
      'method_request_headers["X-Trace"] = "off"',
      { headers: { 'x-trace': 'off' } },
    ],
    [
      'method_request_parameters',
      { page: 'p' },
      'method_request_parameters = { q: 2 }',
      { path: '/things/7?q=2' },
    ],
    [
      'method_request_mergefields',
      { id: '7' },
      'method_request_mergefields.id = "8"',
      { path: '/things/8?page=p' },
    ],
    ['action_data', {}, 'action_data.x = 1', { action_data: { x: 1 } }],
  ]),
  ...rowsOf('after_action', { ...common, ...request }),
  ...rowsOf('after_action', {
    statusCode: 200,
    reasonPhrase: 'OK',
    method_response_headers: expect.objectContaining({ 'x-id': 'r1' }),
    method_raw_response: '{"id":7}',
  }),
  ...written('after_action', [
    ['method_response', { id: 7 }, 'method_response = "[1]"', { content: [1] }],
    ['action_data', {}, 'action_data = [1]', { action_data: [1] }],
  ]),
  ...rowsOf('after_action_paging', { ...common, ...request }),
  ...rowsOf('after_action_paging', {
    method_response_headers: expect.objectContaining({ 'x-id': 'r1' }),
  }),
  ...written('after_action_paging', [
    [
      'method_response',
      { id: 7 },
      'method_response.more = true',
      { content: { id: 7, more: true } },
    ],
    [
      'next_last_successful_run_date',
      null,
      'next_last_successful_run_date = new Date(0)',
      { next: '1970-01-01T00:00:00.000Z' },
    ],
    ['action_data', {}, 'action_data = "x"', { action_data: 'x' }],
  ]),
  ...rowsOf('action_condition', { ...common, method_response: { id: 7 }, action_data: {} }),
  ...rowsOf('after_error', {
    ...common,
    ...request,
    method_request_headers: { 'X-Trace': 'on', 'X-Fail': 'yes' },
    method_raw_response: '{"error":"gone"}',
  }),
  ...written('after_error', [
    [
      'method_error',
      failed,
      'method_error.isSuccess = true; method_error.content = "[2]"',
      { content: [2] },
    ],
    [
      'error_response',
      failed,
      'error_response.isSuccess = true; error_response.content = "[3]"',
      { content: [3] },
    ],
    [
      'action_data',
      {},
      'method_error.isSuccess = true; action_data.y = 2',
      { action_data: { y: 2 } },
    ],
  ]),
  ...rowsOf('before_webhook', { ...common, ...received, method_request: { id: 7 } }),
  ...written('before_webhook', [
    ['method_response', null, 'method_response = { a: 1 }; return false', { reply: '{"a":1}' }],
    [
      'method_response_headers',
      {},
      'method_response_headers.A = "1"; return false',
      { replyHeaders: { a: '1' } },
    ],
  ]),
  ...rowsOf('after_webhook', { ...common, ...received }),
  ...written('after_webhook', [
    ['method_response', { id: 7 }, 'method_response = [method_response.id]', { content: [7] }],
  ]),
  ...rowsOf('webhook_condition', { ...common, ...received, method_response: { id: 7 } }),
  ...rowsOf('before_oauth2_refresh', renewal),
  ...written('before_oauth2_refresh', [
    [
      'method_request',
      tokenForm,
      'method_request.x = 1',
      { token: expect.stringContaining('&x=1') },
    ],
    [
      'method_request_headers',
      expect.objectContaining({ accept: 'application/json' }),
      'method_request_headers["X-A"] = "b"',
      { tokenHeaders: { 'x-a': 'b' } },
    ],
  ]),
  ...rowsOf('after_oauth2_refresh', renewal),
  ...written('after_oauth2_refresh', [
    [
      'method_response',
      { access_token: secret, extra: 1 },
      'method_response = { access_token: "other" }',
      { headers: { authorization: 'Bearer other' } },
    ],
  ]),
]
