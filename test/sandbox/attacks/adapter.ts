import type { Attack } from './corpus.ts'

/**
 * How an attack's `method_request` is tried: as the request of the call itself, or as one that the
 * script makes with `http_request`. Both have to meet the policy.
 */
export type Route = 'call' | 'http_request'

export type Addresses = {
  /** The vendor's origin, which takes the place of the corpus's https://api.example.com. */
  readonly vendor: string
  readonly route: Route
}

/** The words of the adapter in the log; an attack cannot write them before it was loaded. */
export const marks = {
  start: 'ADAPTER start',
  sent: 'ADAPTER sent',
  refused: 'ADAPTER refused',
} as const

/** Of the corpus: what `method_request` and the like are before the script has touched them. */
export const fixtures = {
  response: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { items: [{ id: 1, name: 'a' }], next: null },
  },
  error: {
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    body: { error: 'invalid_token' },
    message: 'Unauthorized',
  },
} as const

/**
 * Loaded before the attack, as the connector's script: gives it the corpus's one `method_request`
 * with a credential in its headers, keeps what it needs out of the attack's reach, and shows the
 * vendor and the log that this attack began.
 */
export function prologue({ id }: Attack, { vendor }: Addresses): string {
  return `var __adapter = (function () {
  var ask = http_request, say = console.log
  var request = {
    url: '${vendor}/v1/items', method: 'GET', query: { page: 1 }, body: null,
    headers: { accept: 'application/json', Authorization: 'Bearer ' + method_auth_value }
  }
  method_request = request
  if (typeof method_response === 'undefined') globalThis.method_response = ${JSON.stringify(fixtures.response)}
  if (typeof method_error === 'undefined') globalThis.method_error = ${JSON.stringify(fixtures.error)}
  say('${marks.start} ${id}')
  ask({ url: '${vendor}/v1/start', parameters: { id: '${id}' } })
  var vendor = '${vendor}', padded = vendor.replace(/:(\\d+)$/, ':0$1'), corpus = 'https://api.example.com'
  var starts = bound(''.startsWith), slice = bound(''.slice)
  function bound(f) { return Function.prototype.call.bind(f) }
  function local(url) {
    if (typeof url !== 'string' || !starts(url, corpus)) return url
    var path = slice(url, corpus.length)
    if (starts(path, ':0443')) return padded + slice(path, 5)
    return vendor + (starts(path, '/redirect?') ? '/v1' : '') + path
  }
  return { ask: ask, say: say, local: local }
})()
`
}

/** Loaded after the attack, as the step's script: takes what it made of the request to the policy. */
export function epilogue({ hook, category }: Attack, { route }: Addresses): string {
  if (hook === 'after_error') return ''
  const event = hook === 'top-level' ? 'before_action' : hook
  if (route === 'http_request')
    return `function ${event}() { ${byHttpRequest}; return ${hook !== 'top-level'} }`
  const carries = hook === 'top-level' && category !== 'bleed'
  return `function ${event}() { ${carries ? byCall : ''} }`
}

const byCall = `
  var r = method_request
  if (r && typeof r === 'object' && r.url !== undefined) {
    method_endpoint = __adapter.local(r.url)
    method_request_headers = r.headers
    method_request_parameters = r.query
    method_request = r.body
  } else method_endpoint = r
`

const byHttpRequest = `
  var r = method_request
  try {
    var answer = __adapter.ask(r && r.url !== undefined
      ? { url: __adapter.local(r.url), method: r.method, headers: r.headers, parameters: r.query, data: r.body }
      : r)
    __adapter.say('${marks.sent} ' + answer.status_code)
  } catch (e) { __adapter.say('${marks.refused} ' + e.message) }
`
