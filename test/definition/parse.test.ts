import { expect, test } from 'vitest'
import { asMethodName } from '../../runtime/model/ids.ts'
import { faultsOf, parse } from './parse-text.ts'

test('parseConnector() fills in what a small file leaves out', () => {
  const { connector, warnings } = parse(`
base_url: https://api.acme.example/v1/
methods:
  contacts.list: { path: /contacts }
`)
  expect(warnings).toEqual([])
  expect(connector).toEqual({
    name: 'acme',
    version: '0.0.0',
    title: 'acme',
    baseUrl: 'https://api.acme.example/v1',
    origins: [{ origin: 'https://api.acme.example', pathPrefix: '/' }],
    auth: { type: 'none' },
    properties: [],
    postInstall: null,
    testCall: null,
    headers: {},
    query: {},
    errors: [],
    unmatched: 'error',
    script: null,
    paging: null,
    rateLimit: null,
    limits: {
      hookMs: 5000,
      requestMs: 30_000,
      callMs: 120_000,
      responseBytes: 20_971_520,
      callBytes: 268_435_456,
    },
    revealSecrets: false,
    methods: new Map([
      [
        asMethodName('contacts.list'),
        {
          name: 'contacts.list',
          title: 'contacts.list',
          type: 'action',
          verb: 'GET',
          path: '/contacts',
          query: {},
          headers: {},
          parameters: [],
          body: null,
          bodyType: 'none',
          xmlRoot: 'root',
          response: 'auto',
          ignoreAuth: false,
          replay: 'always',
          idempotencyKey: null,
          errors: [],
          unmatched: null,
          paging: null,
          outboundPaging: null,
          rateLimit: null,
          responseFields: [],
          script: null,
        },
      ],
    ]),
  })
})

const full = `
name: acme-crm
version: 1.0.0
title: Acme CRM
base_url: https://api.acme.example/v1
origins: [https://files.acme.example/public/, https://login.acme.example]
auth:
  type: oauth2
  grant: authorization_code
  authorization_url: https://login.acme.example/authorize
  token_url: https://login.acme.example/token
  revocation_url: https://login.acme.example/revoke
  device_authorization_url: https://login.acme.example/device
  client_authentication: basic
  client_id: our-client
  scopes: [a, b]
  token_parameters: { audience: crm, version: 2 }
  header: X-Auth
  prefix: Token
  answer: { access_token: data.authed_user.access_token, expires_in: 'data["x.y"]' }
  dead_codes: [token_revoked]
properties:
  SessionId: { in: header, as: X-Session, sensitive: true, label: Session, default: none }
  Region: { in: script, sensitive: false }
post_install: { method: login, values: { SessionId: data.session.id } }
test_call: contacts.get
headers: { Accept: application/json }
query: { limit: 100 }
script: script.js
unmatched: success
paging: { size: 100, next_url: headers.Link, max_pages: 9 }
rate_limit: { per_second: 4 }
limits: { hook_ms: 60000, request_ms: 2, call_ms: 3, response_bytes: 4, call_bytes: 5 }
reveal_secrets: true
errors:
  - type: ExpiredToken
    message: "{{ data.reason }}"
    renew: session
    filter: { all: [ { path: headers.http-code, operator: equal, value: 401 } ] }
methods:
  login: { verb: POST, path: /login, ignore_auth: true }
  contacts.get:
    title: Get a contact
    type: action
    verb: POST
    path: /contacts/{{id}}
    query: { expand: all, after: CYCLR_PAGE_TOKEN, x: CYCLR_PAGE_TOKEN_B }
    paging: { items: data.rows, tokens: { '': data.next, B: 'data["b.c"]' } }
    outbound_paging: { location: 'contact.[rows]', size: 3 }
    rate_limit: { gap_ms: 250 }
    response_fields: [id, name]
    headers: { X-Trace: on }
    parameters:
      id: { in: mergefield, required: true }
      note: { as: '[notes].text', default: [1] }
      a.b: {}
    body: { contact: { id: 1 } }
    body_type: xml
    xml_root: contact
    response: json
    replay: never
    idempotency_key: { header: Idempotency-Key }
    errors: [ { type: Default, filter: { path: data.error, operator: exists } } ]
    unmatched: error
    script: scripts/contacts.ts
`

test('parseConnector() reaches every field of a connector', () => {
  const { connector } = parse(full, { 'script.js': 'a', 'scripts/contacts.ts': 'b' })
  const method = connector.methods.get(asMethodName('contacts.get'))
  expect({ ...connector, methods: [...connector.methods.keys()] }).toEqual({
    name: 'acme-crm',
    version: '1.0.0',
    title: 'Acme CRM',
    baseUrl: 'https://api.acme.example/v1',
    origins: [
      { origin: 'https://api.acme.example', pathPrefix: '/' },
      { origin: 'https://files.acme.example', pathPrefix: '/public/' },
      { origin: 'https://login.acme.example', pathPrefix: '/' },
    ],
    auth: {
      type: 'oauth2',
      grant: 'authorization_code',
      authorizationUrl: 'https://login.acme.example/authorize',
      tokenUrl: 'https://login.acme.example/token',
      deviceAuthorizationUrl: 'https://login.acme.example/device',
      revocationUrl: 'https://login.acme.example/revoke',
      clientAuthentication: 'basic',
      clientId: 'our-client',
      scopes: ['a', 'b'],
      tokenParameters: { audience: 'crm', version: '2' },
      header: 'X-Auth',
      prefix: 'Token ',
      answer: { accessToken: 'authed_user.access_token', expiresIn: 'x\\.y' },
      deadCodes: ['token_revoked'],
      errors: [],
    },
    properties: [
      {
        name: 'SessionId',
        place: 'header',
        target: 'X-Session',
        sensitive: true,
        label: 'Session',
        default: 'none',
      },
      {
        name: 'Region',
        place: 'script',
        target: 'Region',
        sensitive: false,
        label: 'Region',
        default: null,
      },
    ],
    postInstall: { method: 'login', values: { SessionId: 'data.session.id' } },
    testCall: 'contacts.get',
    headers: { Accept: 'application/json' },
    query: { limit: '100' },
    errors: [
      {
        type: 'ExpiredToken',
        message: '{{ data.reason }}',
        renew: 'session',
        filter: { all: [{ path: 'headers.http-code', operator: 'equal', value: 401 }] },
      },
    ],
    unmatched: 'success',
    script: { source: 'a', file: 'script.js' },
    paging: { size: 100, items: null, nextUrl: 'headers.link', tokens: {}, maxPages: 9 },
    rateLimit: { requests: 4, windowMs: 1000 },
    limits: { hookMs: 60_000, requestMs: 2, callMs: 3, responseBytes: 4, callBytes: 5 },
    revealSecrets: true,
    methods: ['login', 'contacts.get'],
  })
  expect(method).toEqual({
    name: 'contacts.get',
    title: 'Get a contact',
    type: 'action',
    verb: 'POST',
    path: '/contacts/{{id}}',
    query: { expand: 'all', after: 'CYCLR_PAGE_TOKEN', x: 'CYCLR_PAGE_TOKEN_B' },
    headers: { 'X-Trace': 'on' },
    parameters: [
      { name: 'id', place: 'mergefield', target: 'id', required: true, default: null },
      { name: 'note', place: 'body', target: '[notes].text', required: false, default: [1] },
      { name: 'a.b', place: 'body', target: '\\a.b\\', required: false, default: null },
    ],
    body: { contact: { id: 1 } },
    bodyType: 'xml',
    xmlRoot: 'contact',
    response: 'json',
    ignoreAuth: false,
    replay: 'never',
    idempotencyKey: { place: 'header', name: 'Idempotency-Key' },
    errors: [
      {
        type: 'Default',
        message: '',
        renew: null,
        filter: { all: [{ path: 'data.error', operator: 'exists' }] },
      },
    ],
    unmatched: 'error',
    paging: {
      size: null,
      items: 'data.rows',
      nextUrl: null,
      tokens: { '': 'data.next', B: 'data.b\\.c' },
      maxPages: 10_000,
    },
    outboundPaging: { location: 'contact.[rows]', size: 3 },
    rateLimit: { requests: 1, windowMs: 250 },
    responseFields: ['id', 'name'],
    script: { source: 'b', file: 'scripts/contacts.ts' },
  })
})

test('parseConnector() names file, line, path and cure of every fault at once', () => {
  const error = faultsOf(`base_url: https://api.acme.example
metods: {}
methods:
  list:
    verb: FETCH
    path: /x
  "a.b":
    verb: GET
`)
  expect(error).toEqual([
    'connector.yaml:2:1 metods: unknown key "metods"; did you mean "methods"?',
    'connector.yaml:5:5 methods.list.verb: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; got "FETCH"',
    'connector.yaml:7:3 methods["a.b"].path: missing; expected a text',
  ])
})
