/** Holds the server to its description: every status that it declares, and no other one. */
import { expect, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import { routes } from '../../runtime/server/routes.ts'
import type { ServerOptions } from '../../runtime/server/server.ts'
import { webhookPath } from '../../runtime/server/webhook-address.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { documented, theDefault } from '../route/support.ts'
import { faultsOf } from './json-schema.ts'
import { type Send, type send, startTestServer, success, webhookSecret } from './support.ts'

type Schema = { readonly [word: string]: unknown }
type Response = {
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>
  readonly headers?: object
}
type Operation = {
  readonly responses: Readonly<Record<string, Response>>
  readonly security?: readonly object[]
}
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

const example = documented('list-example.json')
const call = { connector: 'crm', method: 'get' }
const evil = { headers: { host: 'evil.example' } }
const large = {
  body: JSON.stringify('x'.repeat(2_000)),
  headers: { 'content-type': 'application/json' },
}
const plain = { body: '[]', headers: { 'content-type': 'text/plain' } }
const stale = { headers: { 'if-match': '"stale"' } }
const elsewhere = '/api/apps/other/error_handlers/'

const address = webhookPath(
  { tenant: 'acme', connector: 'crm', connection: null, method: 'created' },
  webhookSecret,
)
const failing: Partial<ServerOptions> = {
  webhooks: {
    secret: webhookSecret,
    accept: () => {},
    calls: {
      receive: async () => {
        const { call: id, trail } = success
        return { kind: 'failure', call: id, trail, failure: new CallFailure('Timeout', 'late') }
      },
    },
  },
}

const away = () => Promise.reject(new StoreFailure('The store is away', { cure: 'Wait' }))
const storeAway: Partial<ServerOptions> = { jobs: { enqueue: away, find: away } }

function waysOfWebhook(verb: string): Readonly<Record<string, Way>> {
  const name = `${verb} /webhooks/{tenant}/{connector}/{connection}/{method}/{key}`
  const way = { path: address, token: null }
  return {
    [`${name} 200`]: way,
    [`${name} 400`]: { ...way, ...evil },
    [`${name} 404`]: { ...way, path: `${address}x` },
    [`${name} 413`]: { ...way, ...large },
    [`${name} 503`]: { ...way, server: failing },
  }
}

type Way = Send & { readonly path?: string; readonly server?: Partial<ServerOptions> }

/** One way to come by each status that is declared. A path is given where it is another one. */
const ways: Readonly<Record<string, Way>> = {
  'get /api/apps/{app}/error_handlers/ 200': {},
  'get /api/apps/{app}/error_handlers/ 400': evil,
  'get /api/apps/{app}/error_handlers/ 401': { token: null },
  'get /api/apps/{app}/error_handlers/ 404': { path: elsewhere },
  'put /api/apps/{app}/error_handlers/ 201': { json: example },
  'put /api/apps/{app}/error_handlers/ 400': { json: [] },
  'put /api/apps/{app}/error_handlers/ 401': { json: example, token: 'nobody' },
  'put /api/apps/{app}/error_handlers/ 403': { json: example, token: 'reader' },
  'put /api/apps/{app}/error_handlers/ 404': { json: example, path: elsewhere },
  'put /api/apps/{app}/error_handlers/ 412': { json: [theDefault], ...stale },
  'put /api/apps/{app}/error_handlers/ 413': large,
  'put /api/apps/{app}/error_handlers/ 415': plain,
  'post /api/calls 200': { json: call },
  'post /api/calls 400': { json: {} },
  'post /api/calls 401': { json: call, token: null },
  'post /api/calls 403': { json: call, token: 'reader' },
  'post /api/calls 404': { json: { ...call, app: 'other' } },
  'post /api/calls 413': large,
  'post /api/calls 415': plain,
  'post /api/calls 202': { json: { ...call, async: true } },
  'post /api/calls 503': { json: { ...call, async: true }, server: storeAway },
  'get /api/calls/{id} 503': { path: '/api/calls/job-1', server: storeAway },
  'get /api/calls/{id} 200': { path: '/api/calls/job-1' },
  'get /api/calls/{id} 400': evil,
  'get /api/calls/{id} 401': { token: null },
  'get /api/calls/{id} 404': { path: '/api/calls/job-1', token: 'stranger' },
  'get /api/webhooks/{connector}/{connection}/{method} 200': {
    path: '/api/webhooks/crm/-/created',
  },
  'get /api/webhooks/{connector}/{connection}/{method} 400': { path: '/api/webhooks/a/%20/b' },
  'get /api/webhooks/{connector}/{connection}/{method} 401': { token: null },
  'get /api/webhooks/{connector}/{connection}/{method} 403': { token: 'reader' },
  'get /api/webhooks/{connector}/{connection}/{method} 404': { server: { webhooks: null } },
  ...waysOfWebhook('get'),
  ...waysOfWebhook('post'),
  ...waysOfWebhook('put'),
  'get /healthz 200': { token: null },
  'get /healthz 400': evil,
  'get /metrics 200': { token: 'operator' },
  'get /metrics 400': evil,
  'get /metrics 401': { token: null },
  'get /metrics 403': {},
  'get /openapi.json 200': { token: null },
  'get /openapi.json 400': evil,
}

async function openDocument(options: Partial<ServerOptions> = {}) {
  const server = await startTestServer({ limits: { bodyBytes: 1_000 }, ...options })
  const { json, status } = await server.send('/openapi.json', { token: null })
  expect(status).toBe(200)
  return { ...server, document: json as Document }
}

function operationsOf({ paths }: Document) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([verb]) => verb !== 'parameters')
      .map(([verb, operation]) => ({ path, verb, operation })),
  )
}

/** The body, against the schema of its status, or of `default`. */
function check(seen: Awaited<ReturnType<typeof send>>, operation: Operation, document: Document) {
  const response = operation.responses[seen.status] ?? operation.responses.default
  const type = String(seen.headers['content-type']).split(';')[0] ?? ''
  const schema = (response?.content[type] ?? response?.content['*/*'])?.schema
  expect(schema, `a body of ${type} is described`).toBeDefined()
  const body = type === 'application/json' ? seen.json : seen.text
  expect(faultsOf(body, schema ?? {}, document as unknown as Schema)).toEqual([])
  const declared = Object.keys(response?.headers ?? {}).map((name) => name.toLowerCase())
  expect(Object.keys(seen.headers)).toEqual(expect.arrayContaining(declared))
}

test('the description names every route, and no other one', async () => {
  const { document } = await openDocument()
  const described = operationsOf(document).map(({ path, verb }) => `${verb} ${path}`)
  const served = routes.map(({ verb, path }) => {
    const slash = path.endsWith('error_handlers') ? '/' : ''
    return `${verb.toLowerCase()} ${path}${slash}`
  })
  expect(described.toSorted()).toEqual(served.toSorted())
})

test('the description says which routes want a token', async () => {
  const { document, send } = await openDocument()
  for (const { path, verb, operation } of operationsOf(document)) {
    const seen = await send(path.replace('{app}', 'support'), {
      verb: verb.toUpperCase(),
      token: null,
    })
    expect([path, seen.status === 401]).toEqual([path, operation.security !== undefined])
  }
})

test('every declared status but 429 has a way to it here', async () => {
  const { document } = await openDocument()
  const declared = operationsOf(document).flatMap(({ path, verb, operation }) =>
    Object.keys(operation.responses).map((status) => `${verb} ${path} ${status}`),
  )
  const wanted = declared.filter((each) => !/ (429|default)$/.test(each))
  expect(Object.keys(ways).toSorted()).toEqual(wanted.toSorted())
})

test.each(Object.entries(ways))(
  '%s is what the server answers, as described',
  async (name, way) => {
    const { document, send } = await openDocument(way.server)
    const [verb = '', path = '', status = ''] = name.split(' ')
    const operation = document.paths[path]?.[verb]
    const seen = await send(way.path ?? path.replace('{app}', 'support'), {
      verb: verb.toUpperCase(),
      ...way,
    })
    expect(seen.status).toBe(Number(status))
    if (operation) check(seen, operation, document)
  },
)

test('429 is answered as described by every route that declares it', async () => {
  const { document } = await openDocument()
  const { send } = await startTestServer({ limits: { requests: 0 } })
  for (const { path, verb, operation } of operationsOf(document)) {
    const seen = await send(path.replace('{app}', 'support'), { verb: verb.toUpperCase() })
    expect([path, seen.status === 429]).toEqual([path, operation.responses[429] !== undefined])
    if (seen.status === 429) check(seen, operation, document)
  }
})

test('what goes wrong on this side is answered as described by default', async () => {
  const { document } = await openDocument()
  const calls = { call: () => Promise.reject(new TypeError('a bug')) }
  const { send } = await startTestServer({ calls })
  const operation = document.paths['/api/calls']?.post
  const seen = await send('/api/calls', { verb: 'POST', json: call })
  expect(seen.status).toBe(500)
  if (operation) check(seen, operation, document)
})

test('an outcome of each kind is as described', async () => {
  const { document } = await openDocument()
  const operation = document.paths['/api/calls']?.post
  const { call: id, trail } = success
  const failure = new CallFailure('Timeout', 'late', { httpCode: 504 })
  const handled = { index: 1, componentId: 'f', output: { id: 1 } }
  for (const outcome of [
    { call: id, trail, kind: 'warning', content: [], message: 'w', status: null },
    { call: id, trail, kind: 'stopped', message: 's' },
    { call: id, trail, kind: 'failure', failure },
    { call: id, trail, kind: 'failure', failure, handled },
  ] as const) {
    const { send } = await startTestServer({ calls: { call: async () => outcome } })
    const seen = await send('/api/calls', { verb: 'POST', json: call })
    expect(seen.json).toMatchObject({ kind: outcome.kind })
    if (operation) check(seen, operation, document)
  }
})

test('faultsOf() sees what is not as described', () => {
  const root = { defs: { name: { type: 'string', pattern: '^a' } } }
  const schema = {
    type: 'object',
    required: ['name', 'kind'],
    properties: {
      name: { $ref: '#/defs/name' },
      list: { type: 'array', items: { type: 'integer' } },
    },
    additionalProperties: false,
  }
  expect(faultsOf({ name: 'a', kind: 1 }, schema, root)).toEqual(['.kind is not described'])
  expect(faultsOf({ name: 'b', list: [1, 1.5] }, schema, root)).toEqual([
    '.kind is missing',
    '.name does not look like ^a',
    '.list[1] is number, not integer',
  ])
  expect(() => faultsOf(1, { oneOf: [] }, root)).toThrow('says oneOf')
})
