import fc from 'fast-check'
import { expect, test } from 'vitest'
import { importConnector } from '../../runtime/authoring/import/definition.ts'
import { loadData } from '../../runtime/definition/load.ts'
import type { Connector } from '../../runtime/model/connector.ts'
import { asMethodName } from '../../runtime/model/ids.ts'
import type { JsonObject } from '../../runtime/model/json.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { flat, listed } from './exports.ts'

function imported(json: unknown): {
  readonly connector: Connector
  readonly notes: readonly string[]
  readonly text: string
} {
  const { files, notes } = importConnector(json as JsonObject, {})
  const text = files.get('connector.yaml') ?? ''
  const { connector } = loadData({
    definition: `name: acme\n${text}`,
    scripts: Object.fromEntries(files),
  })
  return { connector, text, notes: notes.map(({ path, message }) => `${path}: ${message}`) }
}

function methodOf({ methods }: Connector, name: string) {
  const method = methods.get(asMethodName(name))
  if (!method) throw new Error(`no method ${name} among ${[...methods.keys()].join(', ')}`)
  return method
}

test('importConnector() reads the flat generation', () => {
  const { connector } = imported(flat)
  expect(connector).toMatchObject({
    title: 'Acme CRM',
    version: '1.4',
    baseUrl: 'https://{{Dc}}.api.acme.example',
    auth: {
      type: 'oauth2',
      grant: 'authorization_code',
      authorizationUrl: 'https://login.acme.example/authorize',
      tokenUrl: 'https://login.acme.example/token',
      clientId: 'abc',
      scopes: ['contacts.read', 'contacts.write'],
    },
    properties: [{ name: 'Dc', place: 'mergefield', sensitive: false, label: 'Data centre' }],
    headers: { 'X-Version': '3' },
    query: { page: 'CYCLR_PAGE_NUMBER' },
  })
  expect([...connector.methods.keys()]).toEqual([
    'contacts.list_contacts',
    'contacts.create_contact',
    'contacts.create_contact_2',
    'contact_changed',
  ])
})

test('importConnector() carries over methods with parameters, bodies, paging and scripts', () => {
  const { connector } = imported(flat)
  expect(methodOf(connector, 'contacts.list_contacts')).toMatchObject({
    verb: 'GET',
    path: '/3.0/contacts',
    paging: { size: 50, items: 'data.contacts' },
    responseFields: ['[contacts].id', '[contacts].name'],
    parameters: [
      { name: 'since', place: 'query', required: false },
      { name: 'order', place: 'query', required: true },
    ],
  })
  expect(methodOf(connector, 'contacts.create_contact')).toMatchObject({
    verb: 'POST',
    parameters: [
      { name: 'list', place: 'mergefield', required: true },
      { place: 'body', target: 'name', required: true },
      { place: 'body', target: 'address.street', required: false },
      { place: 'body', target: '[tags].\\a.b\\' },
    ],
    script: { source: expect.stringContaining('AuthRefreshException') },
  })
  expect(methodOf(connector, 'contacts.create_contact_2')).toMatchObject({
    path: 'https://upload.acme.example/contacts',
    bodyType: 'form',
  })
  expect(methodOf(connector, 'contact_changed')).toMatchObject({ type: 'webhook' })
})

test('importConnector() reads the generation of 2022', () => {
  const { connector } = imported(listed)
  expect(connector).toMatchObject({
    auth: { type: 'session' },
    rateLimit: { requests: 5, windowMs: 1000 },
    testCall: 'get_shop',
    postInstall: { method: 'session.login', values: { X_Session: 'data.session.id' } },
    properties: [
      { name: 'X_Session', place: 'header', target: 'X-Session', sensitive: true },
      { name: 'Password', place: 'mergefield', sensitive: true },
    ],
  })
  expect(methodOf(connector, 'session.login')).toMatchObject({
    ignoreAuth: true,
    parameters: [{ name: 'password', default: '{{Password}}' }],
  })
  expect(methodOf(connector, 'list_orders')).toMatchObject({
    query: { cursor: 'CYCLR_PAGE_TOKEN' },
    paging: { items: 'data.data.orders', tokens: { '': 'data.paging.next' } },
  })
  expect(methodOf(connector, 'send_orders').outboundPaging).toEqual({
    location: '[orders]',
    size: 100,
  })
  expect(methodOf(connector, 'countries').type).toBe('script')
})

test('importConnector() says what it could not carry over, and where', () => {
  expect(imported(flat).notes).toEqual([
    'Parameters[3]: there is no such parameter here: FilterField',
    'Methods[0].Parameters[1].Values: the choice of values was not kept: asc, desc',
    'Methods[0].Parameters[1].TriggerName: choices that a trigger loads are not carried over',
    'ClientSecret: secrets are not copied; `hookline connect` asks for it',
    'Triggers[0]: there are no triggers here',
  ])
  expect(imported(listed).notes).toEqual([
    'Authentication[0]: a connector has one authentication here; the default one was taken',
    'RateLimits[1]: a connector has one rate limit here',
    'Deprecations: nothing here takes it',
  ])
})

test('importConnector() copies no secret of the client', () => {
  const { files, notes } = importConnector(flat as unknown as JsonObject, {})
  expect(JSON.stringify([[...files], notes])).not.toContain('never-copy-this')
})

test.each([
  ['ApiKey', { AuthScheme: 'X-Key' }, { type: 'api_key', place: 'header', target: 'X-Key' }],
  ['apikey', {}, { type: 'api_key', target: 'Authorization' }],
  ['Basic', {}, { type: 'basic' }],
  ['None', {}, { type: 'none' }],
  ['OAuth1', {}, { type: 'none' }],
  [
    'OAuth2',
    { OAuth2Type: 'ClientCredentials', AccessTokenUrl: 'https://api.vendor.example/token' },
    { type: 'oauth2', grant: 'client_credentials' },
  ],
])('importConnector() takes the authentication %s', (type, fields, expected) => {
  const method = { Name: 'Get', HttpMethod: 'GET', EndPoint: 'https://api.vendor.example/' }
  const { connector, notes } = imported({ Name: 'A', AuthType: type, ...fields, Methods: [method] })
  expect(connector.auth).toMatchObject(expected)
  expect(notes.length).toBe(type === 'OAuth1' ? 1 : 0)
})

test('importConnector() leaves paging out where nothing asks for a next page', () => {
  const method = {
    Name: 'List',
    HttpMethod: 'GET',
    EndPoint: 'https://api.vendor.example/',
    PagedInbound: true,
  }
  const { connector, notes } = imported({ Name: 'A', Methods: [method] })
  expect(methodOf(connector, 'list').paging).toBeNull()
  expect(notes).toEqual([expect.stringContaining('Methods[0].PagedInbound: no parameter asks')])
})

test('importConnector() refuses what is no export, and what has no address', () => {
  expect(() => importConnector({ Name: 'A' }, {})).toThrow(/no `Methods`/)
  const relative = { Methods: [{ Name: 'Get', EndPoint: '/things' }] }
  expect(() => importConnector(relative, {})).toThrow(/where the API is/)
  const given = importConnector(relative, { baseUrl: 'https://api.vendor.example/v1/' })
  expect(given.files.get('connector.yaml')).toContain('base_url: https://api.vendor.example/v1\n')
})

test('importConnector() gives a file or says why not, whatever it reads', () => {
  const words = ['Name', 'Methods', 'Parameters', 'Script', 'EndPoint', 'Values', 'Authentication']
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...words), tie('tree')),
    ),
  }))
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...words), tree), (json) => {
      try {
        const { files } = importConnector(json as JsonObject, { baseUrl: 'https://a.example' })
        for (const path of files.keys())
          expect(path).toMatch(/^(?:connector\.yaml|scripts\/[\w.]+)$/)
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError)
      }
    }),
  )
})
