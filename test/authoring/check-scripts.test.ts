import { expect, test } from 'vitest'
import { scriptWarnings } from '../../runtime/authoring/check-scripts.ts'
import { loadData } from '../../runtime/definition/load.ts'

type Given = {
  readonly auth?: unknown
  readonly connector?: Readonly<Record<string, unknown>>
  readonly method?: Readonly<Record<string, unknown>>
  /** Of the method. */
  readonly script?: string
  readonly connectorScript?: string
  readonly files?: Readonly<Record<string, string>>
}

/** `file:line:column message` of each warning. */
async function warnings(given: Given): Promise<readonly string[]> {
  const { script, connectorScript, files = {}, connector = {}, method = {}, auth } = given
  const texts = {
    ...(script === undefined ? {} : { 'method.js': script }),
    ...(connectorScript === undefined ? {} : { 'main.js': connectorScript }),
    ...files,
  }
  const found = await scriptWarnings(
    loadData({
      definition: {
        name: 'acme',
        base_url: 'https://api.vendor.example',
        ...(auth === undefined ? {} : { auth }),
        ...(connectorScript === undefined ? {} : { script: 'main.js' }),
        ...connector,
        methods: {
          login: { path: '/login' },
          list: { path: '/', ...(script === undefined ? {} : { script: 'method.js' }), ...method },
        },
      },
      scripts: texts,
    }),
  )
  return found.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)
}

const oauth2 = {
  type: 'oauth2',
  authorization_url: 'https://api.vendor.example/authorize',
  token_url: 'https://api.vendor.example/token',
}

test('scriptWarnings() has nothing to say of the documented samples', async () => {
  const script = `
function after_action() {
  if (method_response != null && method_response.error === 'invalid_grant') {
    throw new AuthRefreshException()
  }
  return true
}
function after_error() {
  if (method_error.error != null && method_error.statusCode.toString() === '403') {
    throw new AuthRefreshException()
  }
  return true
}
function before_action() {
  method_request_headers.Authorization = 'Bearer ' + method_auth_value
  delete method_request.note
  action_data.stamp = moment().toISOString()
  for (var key in method_request) { console.log(key, CryptoJS.MD5(key).toString()) }
  return true
}
function after_action_paging() {
  next_last_successful_run_date = new Date()
  method_response = method_response.map((item) => ({ id: item.id, ...item }))
  return true
}`
  expect(await warnings({ auth: oauth2, script })).toEqual([])
})

test('scriptWarnings() warns of an auth exception that no renewal can follow', async () => {
  const script = `function after_error() {
  if (method_error.statusCode === 401) throw new AuthRefreshException()
  if (method_error.statusCode === 403) throw AuthSessionException()
  if (method_error.error instanceof AuthRefreshException) return true
}`
  expect(await warnings({ auth: 'basic', script })).toEqual([
    'method.js:2:46 AuthRefreshException can never renew anything: auth is basic, so there is no OAuth 2 token to refresh',
    'method.js:3:46 AuthSessionException can never renew anything: the connector has no `post_install`, so there is no login to run',
  ])
  expect(await warnings({ auth: oauth2, script })).toEqual([
    expect.stringContaining(
      'method.js:3:46 AuthSessionException can never renew anything: the connector has no `post_install`, so there is no login to run; AuthRefreshException refreshes the token',
    ),
  ])
  const session = { auth: 'session', connector: { post_install: 'login' } }
  expect(await warnings({ ...session, script })).toEqual([
    expect.stringContaining('so there is no OAuth 2 token to refresh; AuthSessionException runs'),
  ])
})

test('scriptWarnings() knows an auth exception by its name in an object', async () => {
  const script = `function after_error() { throw { name: 'AuthSessionException' } }`
  expect(await warnings({ script })).toEqual([
    expect.stringMatching(/^method\.js:1:34 AuthSessionException can never renew/),
  ])
  const comparing = `function after_error() { return method_error.error.name !== 'AuthSessionException' }`
  expect(await warnings({ script: comparing })).toEqual([])
})

test('scriptWarnings() warns of an auth exception in the login itself', async () => {
  const given = {
    auth: 'session',
    connector: { post_install: 'list' },
    script: 'function after_error() { throw new AuthSessionException() }',
  }
  expect(await warnings(given)).toEqual([expect.stringContaining('list is the login itself')])
})

test.each([
  ['after_eror', 'after_error'],
  ['afterAction', 'after_action'],
  ['Before_Action', 'before_action'],
  ['before_oauth_token', 'before_oauth2_token'],
])('scriptWarnings() takes %s for a misspelt %s', async (name, meant) => {
  expect(await warnings({ auth: oauth2, script: `function ${name}() {}` })).toEqual([
    `method.js:1:10 \`${name}\` is no event, so nothing calls it; did you mean \`${meant}\`?`,
  ])
})

test('scriptWarnings() leaves functions alone that are used, or are like no event', async () => {
  const script = `
function after_action() { after_actions(); return before_all([]) }
function after_actions() {}
function before_all(list) { return list.length === 0 }
function format() {}`
  expect(await warnings({ script })).toEqual([])
})

test('scriptWarnings() warns of events of the original that nothing runs', async () => {
  expect(await warnings({ script: 'function before_step_delete() {}' })).toEqual([
    expect.stringContaining('nothing runs `before_step_delete` here: there are no cycles'),
  ])
})

test('scriptWarnings() warns of hooks that are async, generators, or take arguments', async () => {
  const script = `
const after_action = async () => true
function* before_action() {}
function after_error(error) {}`
  const found = await warnings({ script })
  expect(found).toEqual([
    expect.stringMatching(/^method\.js:2:7 `after_action` is async: hooks are synchronous/),
    expect.stringMatching(/^method\.js:3:11 `before_action` is a generator/),
    expect.stringMatching(/^method\.js:4:10 `after_error` is called without arguments/),
  ])
})

test('scriptWarnings() warns of a handler that is no function', async () => {
  expect(await warnings({ script: 'var after_action = { run: true }' })).toEqual([
    'method.js:1:5 `after_action` is not a function, so the call fails there',
  ])
})

test('scriptWarnings() warns of hooks that never run', async () => {
  const found = await warnings({
    script: 'function before_webhook() {}\nfunction before_oauth2_refresh() {}',
    connectorScript: 'function before_webhook() {}\nfunction before_oauth2_token() {}',
  })
  expect(found).toEqual([
    'main.js:2:10 `before_oauth2_token` never runs: auth is none, not oauth2',
    'method.js:1:10 `before_webhook` never runs: list is of type action, not webhook',
    "method.js:2:10 `before_oauth2_refresh` never runs: it belongs into the connector's own script",
  ])
})

test('scriptWarnings() warns of a global that the event lacks', async () => {
  const script = `function before_action() {
  if (method_response) return true
  return helper()
}
function after_error() { return helper() }
function helper() { return statusCode === 200 }`
  expect(await warnings({ script })).toEqual([
    'method.js:2:7 there is no `method_response` in before_action; there is one in before_webhook, after_webhook, webhook_condition, after_action, after_action_paging, action_condition, after_oauth2_token, after_oauth2_refresh',
    'method.js:6:28 there is no `statusCode` in before_action and after_error, by way of helper(); there is one in after_action, after_oauth2_token, after_oauth2_refresh',
  ])
})

test('scriptWarnings() warns of what loading a script reads, which every event does', async () => {
  const script = `var first = method_response.items[0]
function after_action() { return first != null }
function before_action() { return true }`
  expect(await warnings({ script })).toEqual([
    expect.stringContaining(
      'method.js:1:13 there is no `method_response` outside of any function, which is evaluated for before_action too',
    ),
  ])
})

test('scriptWarnings() lets a method without a request answer in before_action', async () => {
  const script = 'function before_action() { method_response = [] }'
  expect(await warnings({ script })).toHaveLength(1)
  expect(await warnings({ script, method: { type: 'script' } })).toEqual([])
})

test('scriptWarnings() lets a script ask whether there is a global', async () => {
  const script = `function before_action() {
  return typeof method_response === 'undefined' || method_response == null
}`
  expect(await warnings({ script })).toEqual([])
})

test('scriptWarnings() warns of changes that are lost', async () => {
  const script = `function action_condition() {
  method_response = null
  method_request_headers['X-A'] = '1'
  var method_error = 1
  return method_error === 1
}
function after_action() {
  const { method_response: { length }, ...statusCode } = { method_response: [] }
  script_parameters.a = length + statusCode.x
}`
  expect(await warnings({ script })).toEqual([
    'method.js:2:3 a change of `method_response` is lost in action_condition; it has effect in before_webhook, after_webhook, after_action, after_action_paging, after_oauth2_token, after_oauth2_refresh',
    'method.js:3:3 a change of `method_request_headers` is lost in action_condition; it has effect in before_action, before_oauth2_token, before_oauth2_refresh',
    'method.js:9:3 a change of `script_parameters` is lost in after_action; scripts only read it',
  ])
})

test('scriptWarnings() warns of names that nothing has', async () => {
  const script = `function after_action() {
  label: for (const { id, ...rest } of method_reponse) { try { use(rest) } catch (e) { break label } }
  setTimeout(() => fetch('x'), 1)
  counter = 1
  return counter + JSON.stringify({ counter }).length + arguments.length
}
class Use { static use = new.target }`
  expect(await warnings({ script })).toEqual([
    'method.js:2:40 nothing is called `method_reponse` here; did you mean `method_response`?',
    'method.js:2:64 nothing is called `use` here; did you mean `Use`?',
    'method.js:3:3 nothing is called `setTimeout` here: a hook is synchronous and nothing in it can run later',
    'method.js:3:20 nothing is called `fetch` here: use `http_request`, which returns the answer',
  ])
})

test('scriptWarnings() knows what the connector’s script gives to its methods', async () => {
  const given = {
    connectorScript: 'function signed(text) { return text + suffix }',
    script: "var suffix = '!'\nfunction before_action() { return signed('a') === 'a!' }",
  }
  expect(await warnings(given)).toEqual([])
})

test('scriptWarnings() warns of secrets that people come to read', async () => {
  const given = {
    auth: 'api_key',
    connector: { properties: { Pin: { sensitive: true }, Region: {} } },
    script: `function before_action() {
  const header = 'Bearer ' + method_auth_value
  console.log(header, script_parameters.Region)
  if (method_auth_value == null) throw new Error('no key: ' + (method_auth_value == null))
  throw new Error('with ' + script_parameters.Pin)
}`,
  }
  expect(await warnings(given)).toEqual([
    'method.js:3:3 reveals a secret: `method_auth_value` goes into the trail (as a stand-in, unless `reveal_secrets` is set)',
    'method.js:5:3 reveals a secret: `script_parameters.Pin` goes into an error message (as a stand-in, unless `reveal_secrets` is set)',
  ])
  const clear = { ...given, connector: { ...given.connector, reveal_secrets: true } }
  expect((await warnings(clear))[0]).toMatch(/in clear, as `reveal_secrets` is set$/)
})

test('scriptWarnings() warns of a secret that is hashed, or stored', async () => {
  const given = {
    auth: 'api_key',
    script: `function before_action() {
  CryptoJS.HmacSHA256('text', method_auth_value)
  cyclr_storage_set('key', btoa(method_auth_value))
  cyclr_sign('HMAC-SHA256', method_auth_value, 'text')
}`,
  }
  expect(await warnings(given)).toEqual([
    'method.js:2:3 CryptoJS refuses `method_auth_value`, which is a stand-in; `cyclr_sign` and `btoa` take it',
    expect.stringMatching(/^method\.js:3:3 reveals a secret: .* goes into the storage of scripts/),
  ])
})

test('scriptWarnings() warns of a hook that reads undeclared fields of a token answer', async () => {
  const given = { auth: oauth2, connectorScript: 'function after_oauth2_token() {}' }
  expect(await warnings(given)).toEqual([
    expect.stringMatching(
      /^main\.js:1:10 reveals secrets: `after_oauth2_token` reads a token answer/,
    ),
  ])
})

test('scriptWarnings() warns of requests to where the connector may not go', async () => {
  const script = `function after_action() {
  http_request({ method: 'GET', url: 'https://api.vendor.example/more' })
  http_request({ method: 'GET', url: 'https://other.example/more' })
}`
  expect(await warnings({ script })).toEqual([
    'method.js:3:38 https://other.example is not among this connector\'s origins, so the request is refused; add it to "origins"',
  ])
})

test('scriptWarnings() reads TypeScript and what is imported, at the places of the author', async () => {
  const given = {
    method: { script: 'hooks.ts' },
    files: {
      'hooks.ts': `import { check } from './shared.ts'
type Item = {
  readonly id: number
}
export function after_action(): boolean {
  const items: Item[] = method_response
  return check(items.length) && statuscode === 200
}
function after_eror(): void {}`,
      'shared.ts': 'export function check(n: number): boolean {\n  return n > 0 || nowhere\n}',
    },
  }
  expect(await warnings(given)).toEqual([
    'hooks.ts:7:33 nothing is called `statuscode` here; did you mean `statusCode`?',
    'hooks.ts:9:10 `after_eror` is no event, so nothing calls it; did you mean `after_error`?',
    'shared.ts:2:19 nothing is called `nowhere` here',
  ])
})

test('scriptWarnings() outlives what is nested more deeply than a stack', async () => {
  const script = `function after_action() { return ${'1+'.repeat(50_000)}1 }`
  expect(await warnings({ script })).toEqual([])
  expect(await warnings({ script: `var a = ${'['.repeat(50_000)}` })).toEqual([])
})
