import { describe, expect, test } from 'vitest'
import { asMethodName } from '../../runtime/model/ids.ts'
import { faultsOf, parse, warningsOf } from './parse-text.ts'

const base = 'base_url: https://api.acme.example/v1\n'
const list = 'methods: { list: { path: /x } }\n'
const plain = base + list

/** Faults without the place, which other tests look at. */
function said(text: string, scripts: Readonly<Record<string, string>> = {}): readonly string[] {
  return faultsOf(text, scripts).map((fault) => fault.replace(/^\S+ /, ''))
}

function warned(text: string, scripts: Readonly<Record<string, string>> = {}): readonly string[] {
  return warningsOf(text, scripts).map((warning) => warning.replace(/^\S+ /, ''))
}

test('parseConnector() tells a misspelt key once, not as missing too', () => {
  const text = `${plain}rate_limit: { pre_second: 3 }`
  expect(said(text)).toEqual([
    'rate_limit.pre_second: unknown key "pre_second"; did you mean "per_second"?',
  ])
  const both = said(`${plain}rate_limit: { zzzzzzz: 3 }`)
  expect(both.join()).toMatch(/missing/)
  expect(both.join()).toMatch(/unknown key "zzzzzzz"/)
})

describe('parseConnector() explains a wrong shape', () => {
  test.each([
    ['', 'expected a mapping; got null'],
    ['[]', 'expected a mapping; got []'],
    ['{}', 'missing; expected a text'],
    [`${plain}version: 1.0`, 'version: expected a text; got 1; write "1" in quotes'],
    [
      `${plain}auth: ouath2`,
      'auth: expected one of none, api_key, basic, session, or a mapping; got "ouath2"',
    ],
    [`${plain}auth: 7`, 'auth: expected one of none, api_key, basic, session, or a mapping; got 7'],
    [
      `${plain}auth: { type: api-key }`,
      'auth.type: expected one of none, api_key, basic, oauth2, session; got "api-key"; did you mean api_key?',
    ],
    [
      `${plain}auth: {}`,
      'auth.type: missing; expected one of none, api_key, basic, oauth2, session',
    ],
    [
      `${plain}auth: { type: oauth2, tokenurl: x }`,
      'auth.tokenurl: unknown key "tokenurl"; did you mean "token_url"?',
    ],
    [`${plain}auth: { type: api_key, sa: X }`, 'auth.sa: unknown key "sa"; did you mean "as"?'],
    [
      `${plain}auth: { type: api_key, zzzzz: X }`,
      'auth.zzzzz: unknown key "zzzzz"; known here: type, in, as, prefix',
    ],
    [
      `${plain}properties: { A: { inn: header } }`,
      'properties.A.inn: unknown key "inn"; did you mean "in"?',
    ],
    [`${plain}limits: { hook_ms: 60001 }`, 'limits.hook_ms: expected at most 60000; got 60001'],
    [`${plain}limits: { hook_ms: 0 }`, 'limits.hook_ms: expected at least 1; got 0'],
    [`${plain}limits: { call_ms: 1.5 }`, 'limits.call_ms: expected a whole number; got 1.5'],
    [`${plain}title: ""`, 'title: expected a text that is not empty; got ""'],
    [`${plain}headers: { "a b": x }`, 'headers["a b"]: expected the name of a header'],
    [`${plain}reveal_secrets: yes`, 'reveal_secrets: expected true or false; got "yes"'],
    [`${plain}post_install: [login]`, 'post_install: expected a text, or a mapping; got ["login"]'],
    [
      `${plain}errors: [ { type: default, filter: { path: data.x, operator: exists } } ]`,
      'errors[0].type: expected one of Default, InvalidCredential, ExpiredToken; got "default"; did you mean Default?',
    ],
    [
      `${base}methods: { list: { verb: get, path: /x } }`,
      'methods.list.verb: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; got "get"; did you mean GET?',
    ],
    [
      `${base}methods: { list: { path: /x, idempotency_key: { heder: X } } }`,
      'methods.list.idempotency_key.heder: unknown key "heder"; did you mean "header"?',
    ],
  ])('%j', (text, fault) => {
    expect(
      said(text).map((each) =>
        each.replace(/^(?:base_url|connector.yaml:1:1): missing/, 'missing'),
      ),
    ).toContain(fault)
  })

  test('a text that is too long, or of more than one line', () => {
    expect(said(`base_url: https://a.example/${'/'.repeat(2048)}x\n${list}`)[0]).toMatch(
      /^base_url: expected a text of at most 2048 characters; got/,
    )
    expect(said(`${plain}headers: { A: "x\\nB: y" }`)).toEqual([
      'headers.A: expected a text of one line',
    ])
    expect(parse(`${plain}headers: { A: 1 }`).connector.headers).toEqual({ A: '1' })
  })

  test('the first hundred faults of a hopeless file', () => {
    const rows = Array.from({ length: 5000 }, (_, index) => `bad${index}: 1`)
    expect(said(plain + rows.join('\n'))).toHaveLength(100)
  })

  test('a long value is cut short', () => {
    expect(said(`${plain}limits: ${'x'.repeat(200)}`)[0]).toBe(
      `limits: expected a mapping; got "${'x'.repeat(56)}…`,
    )
  })
})

describe('parseConnector() checks names', () => {
  test.each([
    [`name: "a b"\n${plain}`, /^name: "a b" cannot be a name/],
    [`${base}methods: { "a b": { path: /x } }`, /^methods\["a b"\]: a method has a name/],
    [`${plain}properties: { "a-b": {} }`, /^properties\.a-b: a property has a name/],
    [
      `${plain}properties: { A: { in: header, as: "X Y" } }`,
      /"X Y" cannot be the name of a header/,
    ],
    [
      `${base}methods: { a: { path: /x, parameters: { "X Y": { in: header } } } }`,
      /^methods\.a\.parameters\["X Y"\]: "X Y" cannot/,
    ],
  ])('%j', (text, fault) => {
    expect(said(text)).toEqual([expect.stringMatching(fault)])
  })
})

describe('parseConnector() checks addresses', () => {
  test.each([
    [`base_url: api.acme.example\n${list}`, /^base_url: expected a URL that begins with https/],
    [`base_url: ftp://acme.example\n${list}`, /^base_url: expected a URL/],
    [`base_url: https://a:b@acme.example\n${list}`, /^base_url: a URL here holds no user name/],
    [`base_url: https://acme.example?x=1\n${list}`, /^base_url: paths follow the base URL/],
    [`${plain}origins: [acme.example]`, /^origins\[0\]: expected a URL/],
    [`${plain}origins: [https://api.acme.example/v2/]`, /^base_url: .*\/v1 is not among/],
    [
      `${base}methods: { a: { path: x } }`,
      /^methods\.a\.path: expected a path that begins with \//,
    ],
    [
      `${base}methods: { a: { path: "https://evil.example/x" } }`,
      /^methods\.a\.path: https:\/\/evil.example\/x is not among this connector's origins/,
    ],
    [
      `${base}methods: { a: { path: "http://api.acme.example/x" } }`,
      /^methods\.a\.path: http:\/\/api.acme.example\/x is not among/,
    ],
  ])('%j', (text, fault) => {
    expect(said(text)).toContainEqual(expect.stringMatching(fault))
  })

  test('what is declared may be called, below its path', () => {
    const text = (path: string) =>
      `${base}origins: [https://files.acme.example/public]\nmethods: { a: { path: "https://files.acme.example/${path}" } }`
    expect(warned(text('public/x'))).toEqual([])
    expect(warned(text('public'))).toEqual([])
    expect(said(text('publicity'))).toEqual([expect.stringContaining('is not among')])
    expect(said(text('private'))).toEqual([expect.stringContaining('is not among')])
  })

  test("a connector may narrow its base URL's own origin", () => {
    const { connector } = parse(`${plain}origins: [https://api.acme.example/v1/]`)
    expect(connector.origins).toEqual([{ origin: 'https://api.acme.example', pathPrefix: '/v1/' }])
  })

  test('http is allowed as declared, with a warning unless it stays on this machine', () => {
    expect(warned(`base_url: http://acme.example\n${list}`)).toEqual([
      'base_url: http:// sends credentials where others can read them',
    ])
    for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:1']) {
      expect(warned(`base_url: http://${host}\n${list}`)).toEqual([])
    }
  })
})

describe('parseConnector() checks mergefields', () => {
  const dc = 'properties: { Dc: { in: mergefield } }\n'
  const host = 'base_url: https://{{Dc}}.acme.example/{{Dc}}/\n'

  test('of a host, which a property fills', () => {
    const { connector } = parse(host + dc + list)
    expect(connector.baseUrl).toBe('https://{{Dc}}.acme.example/{{Dc}}')
    expect(connector.origins).toEqual([{ origin: 'https://{{Dc}}.acme.example', pathPrefix: '/' }])
    expect(said(host + list)).toEqual([
      'base_url: {{Dc}} decides where requests go, so it must be a property with in: mergefield',
    ])
    expect(said(`${host}properties: { Dc: { in: header } }\n${list}`)).toHaveLength(1)
  })

  test('of a host, which neither a script nor a caller fills', () => {
    const scripts = { 'a.js': '' }
    expect(said(`${host}script: a.js\n${list}`, scripts)).toHaveLength(1)
    const path = 'path: "https://{{who}}.acme.example/", parameters: { who: { in: mergefield } }'
    expect(said(`${base}methods: { a: { ${path} } }`)).toEqual([
      'methods.a.path: {{who}} decides where requests go, so it must be a property with in: mergefield',
    ])
  })

  test('of a path, which a parameter, a property or a script fills', () => {
    const path = (rest: string) => `methods: { a: { path: "/{{ id }}", ${rest} } }\n`
    expect(warned(base + path('parameters: { id: { in: mergefield } }'))).toEqual([])
    expect(warned(base + path('parameters: { x: { in: mergefield, as: id } }'))).toEqual([])
    expect(warned(`${base}properties: { id: { in: mergefield } }\n${path('title: a')}`)).toEqual([])
    expect(said(base + path('title: a'))).toEqual([
      'methods.a.path: nothing fills {{id}}; declare id with in: mergefield',
    ])
    expect(said(base + path('parameters: { id: { in: query } }'))).toHaveLength(1)
    expect(said(base + path('parameters: { other: { in: mergefield } }'))).toEqual([
      'methods.a.path: nothing fills {{id}}; declare id with in: mergefield',
    ])
    expect(
      said(
        `${base}methods: { a: { path: "/{{contcat}}", parameters: { contact: { in: mergefield } } } }`,
      ),
    ).toEqual(['methods.a.path: nothing fills {{contcat}}; did you mean {{contact}}?'])
    const maybe = [
      'methods.a.path: nothing fills {{id}}; declare id with in: mergefield (unless a script does)',
    ]
    expect(warned(base + path('script: a.js'), { 'a.js': '' })).toEqual(maybe)
    expect(warned(`${base}script: a.js\n${path('title: a')}`, { 'a.js': '' })).toEqual(maybe)
    expect(said(`${base}methods: { a: { path: "/{{ a b }}" } }`)).toEqual([
      'methods.a.path: "{{a b}}" is not a mergefield: it has a name, as {{id}}',
    ])
  })
})

describe('parseConnector() checks authentication', () => {
  const oauth = (rest: string) =>
    `${plain}auth: { type: oauth2, token_url: "https://api.acme.example/token", ${rest} }\n`

  test('defaults of each type', () => {
    expect(parse(`${plain}auth: api_key`).connector.auth).toEqual({
      type: 'api_key',
      place: 'header',
      target: 'Authorization',
      prefix: '',
    })
    expect(
      parse(`${plain}auth: { type: api_key, in: query, as: key, prefix: "token=" }`).connector.auth,
    ).toEqual({ type: 'api_key', place: 'query', target: 'key', prefix: 'token=' })
    expect(parse(`${plain}auth: { type: api_key, prefix: Bearer }`).connector.auth).toMatchObject({
      prefix: 'Bearer ',
    })
    expect(parse(`${plain}auth: { type: basic }`).connector.auth).toEqual({ type: 'basic' })
    expect(parse(oauth('grant: client_credentials')).connector.auth).toEqual({
      type: 'oauth2',
      grant: 'client_credentials',
      authorizationUrl: null,
      tokenUrl: 'https://api.acme.example/token',
      deviceAuthorizationUrl: null,
      revocationUrl: null,
      clientAuthentication: 'body',
      clientId: null,
      scopes: [],
      tokenParameters: {},
      header: 'Authorization',
      prefix: 'Bearer ',
      answer: {},
      deadCodes: [],
      errors: [],
    })
  })

  test('a key in the query has a name', () => {
    expect(said(`${plain}auth: { type: api_key, in: query }`)).toEqual([
      'auth: missing "as": the name of the query parameter that carries the key',
    ])
  })

  test('a grant has what it needs', () => {
    expect(said(oauth('scopes: [a]'))).toEqual([
      expect.stringMatching(/^auth: missing "authorization_url": the grant authorization_code/),
    ])
    expect(said(oauth('grant: authorization_code'))).toHaveLength(1)
    expect(warned(oauth('grant: password, authorization_url: "https://a.example"'))).toEqual([
      'auth.authorization_url: is not used by the grant password',
    ])
    expect(said(oauth('authorization_url: a.example'))).toEqual([
      expect.stringMatching(/^auth.authorization_url: expected a URL/),
    ])
  })

  test('a rule of the token request renews nothing', () => {
    const rules = (type: string) =>
      oauth(
        `authorization_url: 'https://a.example', errors: [{ type: ${type}, message: x, filter: { path: data.x, operator: exists } }]`,
      )
    const scheme = parse(rules('InvalidCredential')).connector.auth
    expect(scheme).toMatchObject({ errors: [{ type: 'InvalidCredential', message: 'x' }] })
    expect(said(rules('ExpiredToken'))).toEqual([
      'auth.errors[0].type: a token request renews nothing: Default or InvalidCredential',
    ])
  })

  test('credentials go to declared origins only', () => {
    const elsewhere =
      'grant: password, revocation_url: "https://a.example/r", device_authorization_url: "https://a.example/d"'
    expect(said(oauth(elsewhere))).toEqual([
      expect.stringMatching(/^auth.revocation_url: https:\/\/a.example\/r is not among/),
      expect.stringMatching(/^auth.device_authorization_url: https:\/\/a.example\/d is not among/),
    ])
    const token = 'auth: { type: oauth2, grant: password, token_url: "https://id.example/t" }\n'
    expect(said(plain + token)).toEqual([
      'auth.token_url: https://id.example/t is not among this connector\'s origins; add it to "origins"',
    ])
    expect(warned(`${plain}origins: [https://id.example]\n${token}`)).toEqual([])
    const field = token.replace('id.example', '{{Dc}}.id.example')
    expect(warned(plain + field)).toEqual([
      expect.stringMatching(/^auth.token_url: https:\/\/\{\{Dc\}\}.id.example\/t is not among/),
    ])
  })

  test('answer paths begin with data', () => {
    expect(said(oauth('grant: password, answer: { access_token: token }'))).toEqual([
      'auth.answer.access_token: expected a path that begins with data., as in data.session.id; got "token"',
    ])
    expect(said(oauth('grant: password, answer: { error: data }'))).toHaveLength(1)
  })

  test('secrets are said to be, or not to be', () => {
    expect(warned(`${plain}properties: { SessionId: {} }`)).toEqual([
      'properties.SessionId: looks like a secret: say sensitive: true, or sensitive: false',
    ])
    expect(warned(`${plain}properties: { SessionId: { sensitive: false }, Dc: }`)).toEqual([])
    expect(warned(`${plain}reveal_secrets: true`)).toEqual([
      'reveal_secrets: scripts of this connector read secrets in clear',
    ])
  })
})

describe('parseConnector() checks what names something else', () => {
  test('post_install, in both spellings', () => {
    const login = `${base}methods: { login: { path: /l } }\nproperties: { Id: {} }\n`
    expect(parse(`${login}post_install: login`).connector.postInstall).toEqual({
      method: 'login',
      values: {},
    })
    expect(
      parse(`${login}post_install: { method: login, values: { Id: 'data["a.b"][0]' } }`).connector
        .postInstall,
    ).toEqual({ method: 'login', values: { Id: 'data.a\\.b.0' } })
    expect(said(`${login}post_install: logn`)).toEqual([
      'post_install: no such method "logn"; did you mean "login"?',
    ])
    expect(said(`${login}post_install: { method: login, values: { ID: data.x, Xy: x } }`)).toEqual([
      'post_install.values.ID: no such property; did you mean "Id"?',
      expect.stringMatching(/^post_install.values.Xy: expected a path that begins with data/),
      'post_install.values.Xy: no such property',
    ])
  })

  test('test_call', () => {
    expect(parse(`${plain}test_call: list`).connector.testCall).toBe('list')
    expect(said(`${plain}test_call: lst`)).toEqual([
      'test_call: no such method "lst"; did you mean "list"?',
    ])
  })

  test('auth: session needs a post_install', () => {
    expect(said(`${plain}auth: session`)).toEqual([
      'auth: session needs "post_install": the method that opens a session',
    ])
    expect(parse(`${plain}auth: session\npost_install: list`).connector.auth).toEqual({
      type: 'session',
    })
  })

  test('scripts', () => {
    expect(said(`${plain}script: a.js`)).toEqual([
      'script: there is no file "a.js" in the connector\'s folder (links are not followed)',
    ])
    expect(said(`${plain}script: a.py`, { 'a.py': '' })).toEqual([
      'script: expected a .js or .ts file; got "a.py"',
    ])
    const text = `${base}methods: { a: { path: /x, script: "./a.ts" } }`
    expect(said(text)).toEqual([expect.stringMatching(/^methods.a.script: there is no file/)])
  })
})

describe('parseConnector() fills in methods', () => {
  function methodOf(text: string) {
    return parse(`${base}methods: { a: ${text} }`).connector.methods.get(asMethodName('a'))
  }

  test('where parameters go, by the verb', () => {
    expect(methodOf('{ path: /x, parameters: { p: } }')?.parameters[0]?.place).toBe('query')
    expect(
      methodOf('{ path: /x, verb: DELETE, parameters: { p: {} } }')?.parameters[0]?.place,
    ).toBe('query')
    expect(methodOf('{ path: /x, verb: PUT, parameters: { p: {} } }')?.parameters[0]?.place).toBe(
      'body',
    )
  })

  test('the type of the body, by the verb and the body', () => {
    expect(methodOf('{ path: /x, verb: DELETE }')?.bodyType).toBe('none')
    expect(methodOf('{ path: /x, verb: DELETE, body: { a: 1 } }')?.bodyType).toBe('json')
    expect(methodOf('{ path: /x, verb: POST }')?.bodyType).toBe('json')
    expect(methodOf('{ path: /x, verb: POST, body_type: form }')?.bodyType).toBe('form')
  })

  test('the idempotency key in a field', () => {
    expect(methodOf('{ path: /x, idempotency_key: { field: ref } }')?.idempotencyKey).toEqual({
      place: 'field',
      name: 'ref',
    })
  })

  test('an empty path, or a query alone', () => {
    expect(methodOf('{ path: "" }')?.path).toBe('')
    expect(methodOf('{ path: "?a=1" }')?.path).toBe('?a=1')
  })
})
