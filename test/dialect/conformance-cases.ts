/**
 * The dialect by examples: one for each row of `rows.json` that names no other test. Each is played
 * through the library, and through the command line.
 */
import { expect } from 'vitest'
import { json, type Reaction, reset, text, tooManyRequests } from '../support/vendor.ts'

export type Case = {
  /** The id of the row that it shows. */
  readonly row: string
  /** The method's script, or those of several levels. */
  readonly script: string | Readonly<Partial<Record<'connector' | 'method' | 'step', string>>>
  /** Keys of the connector, and of the method. */
  readonly connector?: Readonly<Record<string, unknown>>
  readonly method?: Readonly<Record<string, unknown>>
  /** How the connection authenticates; no connection at all unless said. */
  readonly auth?: 'oauth2' | 'session' | 'api_key' | 'basic'
  readonly input?: Readonly<Record<string, unknown>>
  /** What the vendor does, request by request. */
  readonly answers?: readonly Reaction[]
  /** What `run --json` says. */
  readonly says: Readonly<Record<string, unknown>>
  /** The vendor's requests, without those of logins and refreshes. */
  readonly sent?: readonly unknown[]
  /** What the trail logs. */
  readonly logs?: readonly unknown[]
  readonly warns?: readonly unknown[]
}

const good = { kind: 'success', content: { id: 7 } }
const failed = (type: string, message: unknown, reason?: string) => ({
  kind: 'failure',
  failure: { type, message, ...(reason === undefined ? {} : { reason }) },
})
const gone = json({ error: 'gone' }, { status: 404 })
const dead = json({ error: 'invalid_grant' })
const containing = (part: string) => expect.stringContaining(part)
const bearer = (token: string) => expect.objectContaining({ authorization: `Bearer ${token}` })

const events: readonly Case[] = [
  {
    row: '2 before_action true',
    script: 'function before_action() { return true }',
    says: good,
    sent: [{ method: 'POST' }],
  },
  {
    row: '2 before_action false',
    script: 'function before_action() { return false }',
    says: { kind: 'stopped', message: "the method's before_action returned false" },
    sent: [],
  },
  {
    row: '2 before_action throw',
    script: "function before_action() { throw new Error('no list was given') }",
    says: failed('ScriptError', 'no list was given'),
    sent: [],
  },
  {
    row: '2 after_action runs',
    script: 'function after_action() { method_response.seen = true; return true }',
    says: { kind: 'success', content: { id: 7, seen: true } },
  },
  {
    row: '2 after_action bare return',
    script: 'function after_action() { if (method_response == null) return }',
    answers: [text('', 'application/json')],
    says: { kind: 'success', content: null },
    warns: [],
  },
  {
    row: '2 after_action false',
    script: 'function after_action() { return false }',
    says: failed('ScriptError', "the method's after_action returned false", 'returned-false'),
  },
  {
    row: '2 after_action not after an error',
    script: 'function after_action() { method_response = 1 }',
    answers: [gone],
    says: failed('HttpError', containing('404')),
  },
  {
    row: '2 after_error runs',
    script: "function after_error() { throw new Error('told: ' + method_error.statusCode) }",
    answers: [gone],
    says: failed('ScriptError', 'told: 404'),
  },
  {
    row: '2 after_error false',
    script: 'function after_error() { return false }',
    answers: [gone],
    says: failed('ScriptError', "the method's after_error returned false", 'returned-false'),
  },
  {
    row: '2 after_action_paging once, unpaged',
    script: 'function after_action_paging() { method_response = [method_response]; return true }',
    says: { kind: 'success', content: [{ id: 7 }] },
  },
  {
    row: '2 action_condition exits',
    script: 'function action_condition() { return method_response.id > 7 }',
    says: { ...good, exit: false },
  },
  {
    row: '2 action_condition after an error made a success',
    script: `function after_error() { method_error.isSuccess = true; method_error.content = '{}' }
function action_condition() { return method_response.id !== undefined }`,
    answers: [gone],
    says: { kind: 'success', content: {}, exit: false },
  },
  {
    row: '1 order of before_ events',
    script: {
      connector: "function before_action() { method_request_headers.X += 'c' }",
      method: "function before_action() { method_request_headers.X = 'm' }",
      step: "function before_action() { method_request_headers.X += 's' }",
    },
    says: good,
    sent: [{ headers: expect.objectContaining({ x: 'mcs' }) }],
  },
  {
    row: '1 order of all other events',
    script: {
      connector: "function after_action() { method_response = 'c' }",
      method: "function after_action() { method_response += 'm' }",
      step: "function after_action() { method_response += 's' }",
    },
    says: { kind: 'success', content: 'cms' },
  },
]

const values: readonly Case[] = [
  {
    row: '3.1 changed in place',
    script: `function before_action() {
  method_request_headers['X-A'] = '1'
  delete method_request.note
  return true
}`,
    input: { note: 'secret', keep: 1 },
    says: good,
    sent: [{ body: '{"keep":1}', headers: expect.objectContaining({ 'x-a': '1' }) }],
  },
  {
    row: '3.1 assigned anew',
    script: 'function after_action() { var other = [1]; method_response = other; return true }',
    says: { kind: 'success', content: [1] },
  },
  {
    row: '3.1 copies',
    script: `function before_action() { action_data.body = method_request; method_request.a = 2 }
function after_action() { action_data.body.a = 3; method_response = [method_request, action_data.body] }`,
    input: { a: 1 },
    says: { kind: 'success', content: [{ a: 2 }, { a: 3 }] },
  },
  {
    row: '3.1 strict scripts assign globals',
    script: `'use strict'
function after_action_paging() { next_last_successful_run_date = new Date(0); method_response = 1; return true }`,
    says: { kind: 'success', content: 1 },
  },
  {
    row: '3.3 method_request may move to the query',
    script: `function before_action() {
  var xml = '<' + Object.keys(method_request)[0] + '/>'
  method_request_parameters.xmlData = xml
  method_request = null
  return true
}`,
    input: { Leads: 1 },
    says: good,
    sent: [{ path: '/it?xmlData=%3CLeads%2F%3E', body: '' }],
  },
  {
    row: '3.3 undeclared query parameters are sent',
    script:
      "function before_action() { method_request_parameters['filter_field_2'] = 'a'; return true }",
    says: good,
    sent: [{ path: '/it?filter_field_2=a' }],
  },
  {
    row: '3.3 action_data starts empty and lives through the hooks',
    script: `function before_action() { action_data.first = JSON.stringify(action_data) }
function after_action() { action_data.second = 1 }
function after_action_paging() { method_response = action_data }`,
    says: { kind: 'success', content: { first: '{}', second: 1 } },
  },
  {
    row: '3.3 script_parameters keep no change',
    script: `function before_action() { script_parameters.Region = 'us' }
function after_action() { method_response = script_parameters }`,
    connector: { properties: { Region: { in: 'script', default: 'eu' } } },
    says: { kind: 'success', content: { Region: 'eu' } },
  },
  {
    row: '3.3 mergefields carry what the vendor must not see',
    script: `function before_action() { method_request_mergefields.hidden = 'h' }
function after_action() { method_response = method_request_mergefields.hidden }`,
    says: { kind: 'success', content: 'h' },
    sent: [{ path: '/it', body: '' }],
  },
]

const exceptions: readonly Case[] = [
  {
    row: '4.1 AuthRefreshException in after_action, of a 200',
    auth: 'oauth2',
    script: `function after_action() {
  if (method_response != null && method_response.error === 'invalid_grant') {
    throw new AuthRefreshException()
  }
  return true
}`,
    answers: [dead, json({ id: 7 })],
    says: good,
    sent: [{ headers: bearer('first') }, { headers: bearer('fresh') }],
  },
  {
    row: '4.1 AuthRefreshException in after_error',
    auth: 'oauth2',
    script: `function after_error() {
  if (method_error.error != null && method_error.statusCode.toString() === '404') {
    throw new AuthRefreshException()
  }
  return true
}`,
    answers: [gone, json({ id: 7 })],
    says: good,
    sent: [{ headers: bearer('first') }, { headers: bearer('fresh') }],
  },
  {
    row: '4.1 AuthRefreshException without OAuth 2',
    script: 'function after_action() { throw new AuthRefreshException() }',
    says: failed('AuthRefreshFailed', containing('no OAuth 2 token'), 'no-renewal'),
    sent: [{}],
  },
  {
    row: '4.2 AuthSessionException in after_error',
    auth: 'session',
    script: 'function after_error() { throw new AuthSessionException() }',
    answers: [gone, json({ id: 7 })],
    says: good,
    sent: [{}, { headers: expect.objectContaining({ 'x-session': 'session-1' }) }],
  },
  {
    row: '4.2 AuthSessionException in after_action, of a 200',
    auth: 'session',
    script: 'function after_action() { if (method_response.error) throw AuthSessionException() }',
    answers: [dead, json({ id: 7 })],
    says: good,
    sent: [{}, { headers: expect.objectContaining({ 'x-session': 'session-1' }) }],
  },
  {
    row: '4.2 AuthSessionException without a login',
    script: 'function after_action() { throw new AuthSessionException() }',
    says: failed('AuthSessionFailed', containing('no post_install'), 'no-renewal'),
  },
  {
    row: '4.3 statusCode, reasonPhrase, content',
    script: `function after_error() {
  console.log(typeof method_error.statusCode, method_error.reasonPhrase, method_error.content)
}`,
    answers: [gone],
    says: failed('HttpError', containing('404')),
    logs: ['number Not Found {"error":"gone"}'],
  },
  {
    row: '4.3 error of the body',
    script: 'function after_error() { console.log(method_error.error) }',
    answers: [gone],
    says: { kind: 'failure' },
    logs: ['gone'],
  },
  {
    row: '4.3 error of a body that has none',
    script: 'function after_error() { console.log(method_error.error) }',
    answers: [text('<html>', 'text/html', { status: 502 })],
    says: { kind: 'failure' },
    logs: ['Bad Gateway'],
  },
  {
    row: '4.3 error of a rule',
    script: 'function after_error() { console.log(method_error.error, method_error.type) }',
    connector: {
      errors: [
        {
          type: 'Default',
          message: 'The vendor says {{ data.code }}',
          filter: { path: 'data.code', operator: 'exists' },
        },
      ],
    },
    answers: [json({ code: 12 })],
    says: failed('Default', 'The vendor says 12'),
    logs: ['The vendor says 12 Default'],
  },
  {
    row: '4.3 flags',
    script: `function after_error() {
  var e = method_error
  console.log(e.isError, e.isWarning, e.isSuccess)
}`,
    answers: [gone],
    says: { kind: 'failure' },
    logs: ['true false false'],
  },
  {
    row: '4.3 isWarning',
    script:
      'function after_error() { method_error.isWarning = true; method_error.isError = false }',
    answers: [gone],
    says: { kind: 'warning', status: 404 },
  },
  {
    row: '4.3 isSuccess',
    script: `function after_error() {
  if (method_error.statusCode === 404) { method_error.isSuccess = true; method_error.content = '[]' }
  return true
}`,
    answers: [gone],
    says: { kind: 'success', content: [] },
  },
]

const functions: readonly Case[] = [
  {
    row: '5 http_request answers',
    script: `function after_action() {
  var answer = http_request({ method: 'POST', url: method_endpoint, parameters: { a: 1 }, headers: { 'X-A': '1' }, data: 'plain' })
  method_response = Object.keys(answer).sort().concat(answer.status_code, answer.content)
}`,
    answers: [json({ id: 7 }), json([1], { status: 201 })],
    says: {
      kind: 'success',
      content: ['content', 'headers', 'request', 'status_code', 201, '[1]'],
    },
    sent: [
      {},
      { path: '/it?a=1', body: 'plain', headers: expect.objectContaining({ 'x-a': '1' }) },
    ],
  },
  {
    row: '5 http_request answers for every status',
    script:
      'function after_action() { method_response = http_request({ url: method_endpoint }).status_code }',
    answers: [json({ id: 7 }), gone],
    says: { kind: 'success', content: 404 },
  },
  {
    row: '5 http_request throws without an answer',
    script: `function after_action() {
  try { http_request({ url: method_endpoint }) } catch (error) { method_response = error instanceof Error }
}`,
    answers: [json({ id: 7 }), reset()],
    says: { kind: 'success', content: true },
  },
  {
    row: '5 http_request carries the credential',
    auth: 'oauth2',
    script: `function after_action() {
  http_request({ url: method_endpoint })
  http_request({ url: method_endpoint, headers: { Authorization: 'own ' + method_auth_value } })
}`,
    says: good,
    sent: [
      {},
      { headers: bearer('first') },
      { headers: expect.objectContaining({ authorization: 'own first' }) },
    ],
  },
  {
    row: '5 http_request stays within the origins',
    script: "function after_action() { http_request({ url: 'https://other.example/' }) }",
    says: failed('ScriptError', containing('other.example')),
  },
  {
    row: '5 not provided',
    script: `function after_action() {
  method_response = [typeof setTimeout, typeof fetch, typeof Buffer, typeof process, typeof crypto]
}`,
    says: { kind: 'success', content: Array(5).fill('undefined') },
  },
]

const scopes: readonly Case[] = [
  {
    row: '6 steps call what connectors define',
    script: {
      connector: "function sign() { method_request_headers.Hmac = 'of ' + method_request.a }",
      step: 'function before_action() { method_request.a = 2; sign(); return true }',
    },
    input: { a: 1 },
    says: good,
    sent: [{ body: '{"a":2}', headers: expect.objectContaining({ hmac: 'of 2' }) }],
  },
  {
    row: '6 methods rely on connectors although their handler runs first',
    script: {
      connector: 'function helper() { return 5 }',
      method: 'function before_action() { method_request.n = helper() }',
    },
    input: { n: 1 },
    says: good,
    sent: [{ body: '{"n":5}' }],
  },
  {
    row: '6 nothing survives between events',
    script: `var counter = 0
function before_action() { counter = counter + 1 }
function after_action() { method_response = counter }`,
    says: { kind: 'success', content: 0 },
  },
  {
    row: '6 a missing handler is skipped',
    script: { connector: 'var unused = 1' },
    says: good,
  },
]

const engine: readonly Case[] = [
  {
    row: '7 language',
    script: `function after_action() {
  class Point { constructor(x) { this.x = x } }
  const { x, ...rest } = { ...new Point(1), y: 2 }
  method_response = [x, rest, [[1]].flat(), null ?? 'n', Object.fromEntries([['a', 1]]), 'a-a'.replaceAll('-', '+')]
}`,
    says: { kind: 'success', content: [1, { y: 2 }, [1], 'n', { a: 1 }, 'a+a'] },
  },
  {
    row: '7 time limit',
    script: 'function after_action() { for (;;) {} }',
    connector: { limits: { hook_ms: 200 } },
    says: failed(
      'ScriptTimeout',
      containing('after_action of method.js did not end within 200 ms'),
    ),
  },
  {
    row: '7 secrets in error texts',
    auth: 'oauth2',
    script: "function before_action() { throw new Error('with ' + method_auth_value) }",
    says: failed('ScriptError', expect.not.stringMatching(/first|hkl_/)),
  },
]

const auth: readonly Case[] = [
  {
    row: '8.1 ApiKey',
    auth: 'api_key',
    script: '',
    says: good,
    sent: [{ headers: expect.objectContaining({ authorization: 'key-1' }) }],
  },
  {
    row: '8.1 ApiKey with a prefix from a script',
    auth: 'api_key',
    script: {
      connector:
        "function before_action() { method_request_headers.Authorization = 'Bearer ' + method_auth_value; return true }",
    },
    says: good,
    sent: [{ headers: bearer('key-1') }],
  },
  {
    row: '8.1 Basic',
    auth: 'basic',
    script: "function before_action() { method_request_headers['X-Copy'] = method_auth_value }",
    says: good,
    sent: [{ headers: expect.objectContaining({ authorization: 'Basic dTpw', 'x-copy': 'dTpw' }) }],
  },
  {
    row: '8.1 Ignore Authentication',
    auth: 'api_key',
    script: 'function before_action() { console.log(method_auth_value) }',
    method: { ignore_auth: true },
    says: good,
    sent: [{ headers: expect.not.objectContaining({ authorization: expect.anything() }) }],
    logs: ['null'],
  },
  {
    row: '8.3 the lookup stores properties, which travel by their place',
    auth: 'session',
    script:
      'function after_action() { if (method_response.error) throw new AuthSessionException() }',
    answers: [dead, json({ id: 7 })],
    says: good,
    sent: [
      { headers: expect.not.objectContaining({ 'x-session': expect.anything() }) },
      { headers: expect.objectContaining({ 'x-session': 'session-1' }) },
    ],
  },
  {
    row: '9.2 429 waits Retry-After',
    script: 'function after_error() { console.log("seen") }',
    answers: [tooManyRequests('0'), json({ id: 7 })],
    says: good,
    logs: [],
    sent: [{}, {}],
  },
  {
    row: '9.2 429 past the deadline',
    script: 'function after_error() { console.log("seen") }',
    connector: { limits: { call_ms: 2_000 } },
    answers: [tooManyRequests('60')],
    says: failed('RateLimited', expect.any(String)),
    logs: [],
    sent: [{}],
  },
]

const scriptsSeen: readonly Case[] = [
  {
    row: '11 lists of key and value',
    script: `function before_action() {
  var list = []
  for (var key in method_request.properties) list.push({ key: key, value: method_request.properties[key] })
  method_request.properties = list
  return true
}
function after_action() {
  var object = {}
  for (var i = 0; i < method_response.properties.length; i++) {
    object[method_response.properties[i].key] = method_response.properties[i].value
  }
  method_response.properties = object
  return true
}`,
    input: { properties: { a: 1 } },
    answers: [json({ properties: [{ key: 'b', value: 2 }] })],
    says: { kind: 'success', content: { properties: { b: 2 } } },
    sent: [{ body: '{"properties":[{"key":"a","value":1}]}' }],
  },
  {
    row: '11 a whole response made anew',
    script: `function after_action() { method_response.fields.forEach(pick) ; return true }
function pick(field) { field.type = field.type === 'txt' ? 'text' : field.type }
function after_action_paging() { method_response = method_response.fields.map(function (f) { return { name: f.id, type: f.type } }); return true }`,
    answers: [json({ fields: [{ id: 'a', type: 'txt' }] })],
    says: { kind: 'success', content: [{ name: 'a', type: 'text' }] },
  },
  {
    row: '11 an answer fetched by http_request',
    script:
      'function after_action() { method_response = http_request({ method: "GET", url: method_endpoint }).content; return true }',
    answers: [json({ id: 1 }), json({ more: [2] })],
    says: { kind: 'success', content: { more: [2] } },
  },
]

const rules: readonly Case[] = [
  {
    row: '14.2 sloppy scripts',
    script: 'function after_action() { result = method_response.id; method_response = result }',
    says: { kind: 'success', content: 7 },
  },
  {
    row: '14.3 other values count as true',
    script: 'function after_action() { return 0 }',
    says: good,
    warns: [containing('neither true nor false')],
  },
  {
    row: '14.3 a promise',
    script: 'async function after_action() {}',
    says: failed('ScriptError', containing('promise'), 'bad-return'),
  },
  {
    row: '14.4 recognised by name',
    auth: 'oauth2',
    script:
      "function after_action() { if (method_response.error) throw { name: 'AuthRefreshException' } }",
    answers: [dead, json({ id: 7 })],
    says: good,
    sent: [{ headers: bearer('first') }, { headers: bearer('fresh') }],
  },
  {
    row: '14.4 from before_action',
    auth: 'oauth2',
    script: `function before_action() {
  if (action_data.once) return true
  action_data.once = true
  throw AuthRefreshException('early')
}`,
    says: good,
    sent: [{ headers: bearer('fresh') }],
  },
  {
    row: '14.4 anything else fails with its message',
    script: "function after_action() { throw 'in plain words' }",
    says: failed('ScriptError', 'in plain words'),
  },
  {
    row: '14.5 a replay begins at before_action, from the input',
    auth: 'oauth2',
    script: `function before_action() { method_request.n += 1 }
function after_action() { if (method_response.error) throw new AuthRefreshException() }`,
    input: { n: 0 },
    answers: [dead, json({ id: 7 })],
    says: good,
    sent: [{ body: '{"n":1}' }, { body: '{"n":1}' }],
  },
  {
    row: '14.5 the second rejection is final',
    auth: 'oauth2',
    script: "function after_action() { throw new AuthRefreshException('dead') }",
    says: failed('AuthRefreshFailed', containing('dead'), 'rejected-again'),
    sent: [{ headers: bearer('first') }, { headers: bearer('fresh') }],
  },
  {
    row: '14.6 action_data survives a replay',
    auth: 'oauth2',
    script: `function after_action() {
  action_data.n = (action_data.n || 0) + 1
  if (method_response.error) throw new AuthRefreshException()
  method_response = action_data.n
}`,
    answers: [dead, json({ id: 7 })],
    says: { kind: 'success', content: 2 },
  },
  {
    row: '14.7 no answer leaves its own failure',
    script: "function after_error() { return method_error.statusCode.toString() === '403' }",
    answers: [reset()],
    says: { kind: 'failure', failure: { type: 'ConnectionError' } },
    warns: [containing('after_error')],
  },
  {
    row: '14.8 isSuccess goes on with the later hooks',
    script: `function after_error() { method_error.isSuccess = true; method_error.content = '[1]' }
function after_action() { method_response = 'never' }
function after_action_paging() { method_response.push(2) }`,
    answers: [gone],
    says: { kind: 'success', content: [1, 2] },
  },
  {
    row: '14.9 headers by any case',
    script: `function after_action() {
  method_response = [statusCode, reasonPhrase, method_response_headers['X-Request-Id'], method_response_headers['x-request-id']]
}`,
    answers: [json({}, { headers: { 'X-Request-Id': 'r' } })],
    says: { kind: 'success', content: [200, 'OK', 'r', 'r'] },
  },
  {
    row: '14.10 unparseable JSON is its text',
    script: 'function after_action() { method_response = typeof method_response }',
    answers: [text('{"half":', 'application/json')],
    says: { kind: 'success', content: 'string' },
    warns: [containing('JSON')],
  },
  {
    row: '14.11 what comes back is JSON',
    script: `function after_action() {
  method_response = { u: undefined, f: function () {}, d: new Date(0), list: [undefined] }
}`,
    says: { kind: 'success', content: { u: null, d: '1970-01-01T00:00:00.000Z', list: [null] } },
  },
  {
    row: '14.11 a text that is JSON is parsed',
    script: 'function after_action() { method_response = \'{"a":[1]}\' }',
    says: { kind: 'success', content: { a: [1] } },
  },
  {
    row: '14.11 a cycle',
    script: 'function after_action() { method_response.self = method_response }',
    says: failed('ScriptError', containing('method_response'), 'bad-return'),
  },
  {
    row: '14.12 the login runs with its own hooks, and cannot renew',
    auth: 'session',
    script: {
      connector: `function after_action() {
  if (method_response.error) throw new AuthSessionException()
  if (method_response.session) throw new AuthSessionException('in the login')
}`,
    },
    answers: [dead],
    says: { kind: 'failure', failure: { type: 'AuthSessionFailed' } },
    sent: [{}],
  },
  {
    row: '14.14 secrets are stand-ins',
    auth: 'oauth2',
    script: `function before_action() {
  console.log(method_auth_value.indexOf('first'))
  method_request_headers.Authorization = 'Bearer ' + method_auth_value
}`,
    says: good,
    sent: [{ headers: bearer('first') }],
    logs: ['-1'],
  },
  {
    row: '14.15 waiting for http_request is not on the hook’s clock',
    script: `function after_action() {
  http_request({ url: method_endpoint })
  method_response = 'done'
}`,
    connector: { limits: { hook_ms: 300 } },
    answers: [json({}), slowly(json({}), 600)],
    says: { kind: 'success', content: 'done' },
  },
  {
    row: '14.17 other modules',
    script: "function after_action() { require('lodash') }",
    says: failed('ScriptError', containing("Cannot find module 'lodash'")),
  },
  {
    row: '14.18 console',
    script: "function after_action() { console.warn('careful', { a: 1 }); return true }",
    says: good,
    logs: ['careful {"a":1}'],
  },
]

function slowly(reaction: Reaction, ms: number): Reaction {
  return async (...rest) => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    await reaction(...rest)
  }
}

export const cases: readonly Case[] = [
  ...events,
  ...values,
  ...exceptions,
  ...functions,
  ...scopes,
  ...engine,
  ...auth,
  ...scriptsSeen,
  ...rules,
]
