/** What a request is made of, before any hook has seen it (dialect sections 9.3 and 10). */
import { describe, expect, test } from 'vitest'
import { buildRequest, mergeHeaders } from '../../runtime/auth/build.ts'
import { Placeholders } from '../../runtime/auth/placeholders.ts'
import type { Setting } from '../../runtime/auth/system-fields.ts'
import { resolveCall } from '../../runtime/call/resolve.ts'
import type { CallRequest } from '../../runtime/model/call.ts'
import type { Json, JsonObject } from '../../runtime/model/json.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { World } from '../support/world.ts'

type Part = Readonly<Record<string, unknown>>
type Over = {
  readonly around?: Part
  readonly request?: Partial<CallRequest>
  readonly page?: Partial<Setting['page']>
  readonly properties?: Readonly<Record<string, string>>
  readonly session?: Readonly<Record<string, string>>
  readonly auth?: Setting['credential']['auth']
}

const secrets = (values: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Secret(value)]))

/** The request of a connector with one method; placeholders count from 1. */
async function build(method: Part, over: Over = {}) {
  const definition = JSON.stringify({
    base_url: 'https://api.acme.example',
    methods: { it: { path: '/it', ...method } },
    ...over.around,
  })
  const world = new World({ definition, vendor: () => ({}) })
  const request = { tenant: 't', connector: 'acme', method: 'it', connection: 'c', ...over.request }
  const call = await resolveCall(request, world.registry(), () => 'call-1')
  let made = 0
  const setting: Setting = {
    credential: {
      ...world.credential,
      auth: over.auth ?? { kind: 'none' },
      properties: secrets(over.properties),
      session: secrets(over.session),
    },
    placeholders: new Placeholders(() => String(++made).padStart(32, '0'), false),
    page: { number: 1, size: null, nextUrl: null, tokens: {}, piece: null, ...over.page },
    lastRun: new Date('2026-03-09T15:04:05.067Z'),
  }
  return buildRequest(call, setting)
}

const requestOf = async (method: Part, over?: Over) => (await build(method, over)).request
const first = `hkl_${'1'.padStart(32, '0')}`

describe('buildRequest() joins the address', () => {
  test.each([
    ['https://api.acme.example', '/it', 'https://api.acme.example/it'],
    ['https://api.acme.example/', '/it', 'https://api.acme.example/it'],
    ['https://api.acme.example/v1', '//it', 'https://api.acme.example/v1/it'],
    ['https://api.acme.example/v1', '', 'https://api.acme.example/v1'],
    ['https://api.acme.example', '?q=a/b', 'https://api.acme.example/?q=a/b'],
    ['https://api.acme.example', 'https://up.acme.example/x', 'https://up.acme.example/x'],
    ['https://api.acme.example', 'HTTP://up.acme.example/x', 'HTTP://up.acme.example/x'],
    ['https://api.acme.example', '/x/{{cycle_id}}', 'https://api.acme.example/x/{{cycle_id}}'],
    [
      'https://api.acme.example',
      '/to?u=https://x.example',
      'https://api.acme.example/to?u=https://x.example',
    ],
  ])('%s and %s', async (base_url, path, endpoint) => {
    const origins = [
      'https://api.acme.example',
      'https://up.acme.example',
      'http://up.acme.example',
    ]
    const request = await requestOf({ path }, { around: { base_url, origins } })
    expect(request.endpoint).toBe(endpoint)
  })

  test('with what the vendor named as the next page, and then sends only the connection’s own query', async () => {
    const around = {
      query: { all: '1' },
      properties: { Account: { in: 'query', as: 'account' }, Region: { in: 'header' } },
    }
    const method = { query: { limit: '5' }, parameters: { q: { in: 'query' } } }
    const properties = { Account: 'a1', Region: 'eu' }
    const request = { input: { q: 'x' } }
    const on = { around, properties, request }
    expect(await requestOf(method, on)).toMatchObject({
      endpoint: 'https://api.acme.example/it',
      query: { all: '1', limit: '5', q: 'x', account: 'a1' },
      headers: { Region: 'eu' },
    })
    const nextUrl = 'https://api.acme.example/it?page=2'
    const next = await requestOf(method, { ...on, page: { number: 2, nextUrl } })
    expect(next.endpoint).toBe(nextUrl)
    expect(next.query).toEqual({ account: 'a1' })
  })
})

describe('buildRequest() sends values where they belong', () => {
  test('a method’s headers over the connector’s, a property’s over both, whatever the case', async () => {
    const around = {
      headers: { 'X-A': 'connector', 'X-B': 'connector', 'X-C': 'connector' },
      properties: { C: { in: 'header', as: 'X-c' } },
    }
    const method = { headers: { 'x-b': 'method', 'x-c': 'method' } }
    const request = await requestOf(method, { around, properties: { C: 'property' } })
    expect(request.headers).toEqual({ 'X-A': 'connector', 'x-b': 'method', 'X-c': 'property' })
  })

  test('nothing of the connector’s that the method ignores', async () => {
    const ignored = 'CYCLR_IGNORE_PARAMETER'
    const around = { headers: { 'X-A': 'a', 'X-B': 'b' }, query: { a: '1', b: '2' } }
    const method = {
      verb: 'POST',
      headers: { 'X-A': ignored },
      query: { a: ignored },
      body: { a: ignored, b: [1, ignored, 2] },
    }
    expect(await requestOf(method, { around })).toMatchObject({
      headers: { 'X-B': 'b' },
      query: { b: '2' },
      body: { b: [1, 2] },
    })
    const request = await requestOf(method, { around })
    expect(Object.keys(request.headers)).toEqual(['X-B'])
    expect(request.body).not.toHaveProperty('a')
  })

  test('an undeclared value: into the address, the body, or the query of what has no body', async () => {
    const input = { Cyclr_Webhook_Id: 7, 'a.b': [1] }
    const request = { input }
    const mergefields = { Cyclr_Webhook_Id: '7' }
    const path = '/x/{{Cyclr_Webhook_Id}}'
    const get = await requestOf({ path }, { request })
    expect(get).toMatchObject({ mergefields, query: { 'a.b': '[1]' }, body: null })
    const post = await requestOf({ verb: 'POST', path }, { request })
    expect(post).toMatchObject({ mergefields, query: {}, body: { 'a.b': [1] } })
  })

  test.each([
    ['the query', { query: { q: '{{id}}' } }, {}],
    ['a header', { headers: { q: '{{id}}' } }, {}],
    ['the connector’s query', {}, { query: { q: '{{id}}' } }],
    ['the connector’s headers', {}, { headers: { q: '{{id}}' } }],
    ['the body', { verb: 'POST', body: { q: ['{{id}}'] } }, {}],
  ])('an undeclared value that %s names is a mergefield', async (_where, method, around) => {
    const properties = { properties: { unused: { in: 'script' } } }
    const { mergefields, query } = await requestOf(method, {
      around: { ...properties, ...around },
      request: { input: { id: 7 } },
    })
    expect(mergefields).toEqual({ id: '7' })
    expect(query).not.toHaveProperty('id')
  })

  test('a declared parameter where it says, by its default where the caller has none', async () => {
    const parameters = {
      head: { in: 'header', as: 'X-Head' },
      merge: { in: 'mergefield', as: 'm' },
      quiet: { in: 'script', as: 'seen' },
      q: { in: 'query', default: 'd' },
      gone: { in: 'query', default: null },
      since: { in: 'query', default: 'LastSuccessfulRunDate format=yyyy' },
      odd: { in: 'query', default: 'Cyclr_Webhook_Id' },
    }
    const input = { head: 'h', merge: true, quiet: { deep: [1] } }
    const { request, scriptParameters } = await build({ parameters }, { request: { input } })
    expect(request).toMatchObject({ headers: { 'X-Head': 'h' }, mergefields: { m: 'true' } })
    expect(request.query).toEqual({ q: 'd', since: '2026', odd: 'Cyclr_Webhook_Id' })
    expect(scriptParameters).toEqual({ seen: { deep: [1] } })
  })

  test('nothing that a caller wrote like a system value is filled', async () => {
    const input = { q: 'LastSuccessfulRunDate', m: '{{transaction_id}}' }
    const { query } = await requestOf(
      { parameters: { q: { in: 'query' } } },
      { request: { input } },
    )
    expect(query).toEqual(input)
  })

  test('a required value or nothing: null is none', async () => {
    const method = { parameters: { id: { in: 'query', required: true } } }
    for (const input of [{}, { id: null }]) {
      await expect(build(method, { request: { input } })).rejects.toMatchObject({
        type: 'DefinitionInvalid',
        reason: 'missing-parameter',
        message: expect.stringContaining('`id`'),
      })
    }
    const { query } = await requestOf(method, { request: { input: { id: 0 } } })
    expect(query).toEqual({ id: '0' })
  })
})

describe('buildRequest() and the properties of a connection', () => {
  const around = {
    properties: {
      Plain: { in: 'query', as: 'plain' },
      Hidden: { in: 'header', as: 'X-Hidden', sensitive: true },
      Given: { in: 'script', default: 'usual' },
      Unsaid: { in: 'query' },
    },
  }

  test('conceals the sensitive ones, and only those', async () => {
    const properties = { Plain: 'p', Hidden: 'h' }
    const { request, scriptParameters } = await build({}, { around, properties })
    expect(request).toMatchObject({ query: { plain: 'p' }, headers: { 'X-Hidden': first } })
    expect(request.query).not.toHaveProperty('Unsaid')
    expect(scriptParameters).toEqual({ Given: 'usual' })
  })

  test('conceals a sensitive default, and sends none where there is none', async () => {
    const hidden = { in: 'header', as: 'X-Hidden', sensitive: true }
    const withDefault = { properties: { Hidden: { ...hidden, default: 'd' } } }
    expect((await requestOf({}, { around: withDefault })).headers).toEqual({ 'X-Hidden': first })
    expect((await requestOf({}, { around: { properties: { Hidden: hidden } } })).headers).toEqual(
      {},
    )
  })

  test('takes the session’s value before the one given at install, but not where auth is ignored', async () => {
    const values = { properties: { Plain: 'installed' }, session: { Plain: 'found' } }
    const asked = (method: Part) => requestOf(method, { around, ...values })
    expect((await asked({})).query).toEqual({ plain: 'found' })
    expect((await asked({ ignore_auth: true })).query).toEqual({ plain: 'installed' })
  })
})

describe('buildRequest() makes the body', () => {
  const bodyOf = async (method: Part, input: JsonObject = {}, more: Over = {}): Promise<Json> => {
    const { body } = await requestOf({ verb: 'POST', ...method }, { request: { input }, ...more })
    return body
  }

  test('of the template, whose leaves are filled once, and of the values beside it', async () => {
    const body = {
      whole: '{{list}}',
      text: 'n: {{n}}',
      ahead: '{{n}} of {{n}}',
      missing: '{{nobody}}',
      deep: [{ n: '{{ n }}', fixed: true, nothing: null }],
    }
    const input = { list: ['{{n}}'], n: 3, beside: '{{n}}' }
    expect(await bodyOf({ body }, input)).toEqual({
      whole: ['{{n}}'],
      text: 'n: 3',
      ahead: '3 of 3',
      missing: '{{nobody}}',
      deep: [{ n: 3, fixed: true, nothing: null }],
      beside: '{{n}}',
    })
    expect(await bodyOf({ body: { a: '{{n}}' } }, { n: null })).toEqual({ a: null })
  })

  test('of system values, which are left out where there is none', async () => {
    const body = {
      page: 'CYCLR_PAGE_NUMBER',
      size: 'CYCLR_PAGE_SIZE',
      token: 'x{{CYCLR_PAGE_TOKEN}}',
      id: 'Cyclr_Webhook_Id',
      list: ['CYCLR_PAGE_SIZE', 'transaction_id'],
    }
    expect(await bodyOf({ body })).toEqual({
      page: 1,
      token: 'x',
      id: 'Cyclr_Webhook_Id',
      list: ['call-1'],
    })
  })

  test('of the caller’s fields alone where there is no template, and null where there are none', async () => {
    expect(await bodyOf({}, { a: 1 })).toEqual({ a: 1 })
    expect(await bodyOf({})).toBeNull()
    expect(await bodyOf({ body: 'CYCLR_IGNORE_PARAMETER' })).toBeNull()
    expect(await bodyOf({ verb: 'GET' }, { a: 1 })).toBeNull()
  })

  test('of the caller’s `$` alone: neither template nor other values are added', async () => {
    const parameters = { a: {} }
    const input = { $: [1], a: 1, b: 2 }
    expect(await bodyOf({ body: { x: 1 } }, input)).toEqual([1])
    expect(await bodyOf({ body: { x: 1 }, parameters }, input)).toEqual([1])
    expect(await bodyOf({ body: [9] }, { a: 1 })).toEqual({ a: 1 })
  })

  test('with values at their locations; an ignored one is not there', async () => {
    const parameters = {
      name: { as: 'contact.name' },
      rows: { as: '[rows].id' },
      none: { default: 'CYCLR_IGNORE_PARAMETER' },
    }
    const input = { name: 'Ann', rows: [1, 2], 'x.y': 3 }
    expect(await bodyOf({ parameters }, input)).toEqual({
      contact: { name: 'Ann' },
      rows: [{ id: 1 }, { id: 2 }],
      'x.y': 3,
    })
  })

  test('with the piece of the list that is sent', async () => {
    const method = { outbound_paging: { location: 'data.[rows]', size: 2 } }
    const input = { data: { rows: [1, 2, 3], kept: true } }
    expect(await bodyOf(method, input, { page: { piece: [3] } })).toEqual({
      data: { rows: [3], kept: true },
    })
    expect(await bodyOf(method, input)).toEqual(input)
    expect(await bodyOf({}, input, { page: { piece: [3] } })).toEqual(input)
  })
})

describe('buildRequest() adds the idempotency key', () => {
  const request = { input: { a: 1 }, idempotencyKey: 'k' }

  test('as a header, in place of one of that name', async () => {
    const method = {
      verb: 'POST',
      idempotency_key: { header: 'Idempotency-Key' },
      headers: { 'idempotency-key': 'x', 'X-A': 'a' },
    }
    const { headers, body } = await requestOf(method, { request })
    expect(headers).toEqual({ 'X-A': 'a', 'Idempotency-Key': 'k' })
    expect(body).toEqual({ a: 1 })
  })

  test('as a field of the body, also of an empty one', async () => {
    const method = { verb: 'POST', idempotency_key: { field: 'key' } }
    expect((await requestOf(method, { request })).body).toEqual({ a: 1, key: 'k' })
    const empty = await requestOf(method, { request: { idempotencyKey: 'k' } })
    expect(empty).toMatchObject({ body: { key: 'k' }, headers: {} })
  })

  test('only where the method declares one', async () => {
    const { headers, body } = await requestOf({ verb: 'POST' }, { request })
    expect([headers, body]).toEqual([{}, { a: 1 }])
  })
})

describe('buildRequest() fills system values', () => {
  const filled = async (texts: readonly string[], over: Over = {}) => {
    const query = Object.fromEntries(texts.map((text) => [text, text]))
    return (await requestOf({ query }, over)).query
  }

  test('of the page', async () => {
    const fields = ['NUMBER', 'SIZE', 'OFFSET', 'TOKEN', 'TOKEN_b'].map((n) => `CYCLR_PAGE_${n}`)
    const page = { number: 3, size: 10, tokens: { '': 'next', b: 'other' } }
    expect(Object.values(await filled(fields, { page }))).toEqual([
      '3',
      '10',
      '20',
      'next',
      'other',
    ])
    expect(await filled(fields)).toEqual({ CYCLR_PAGE_NUMBER: '1' })
    const nextUrl = 'https://api.acme.example/2'
    const { body } = await requestOf(
      { verb: 'POST', body: { at: 'CYCLR_PAGE_NEXT_URL' } },
      { page: { nextUrl } },
    )
    expect(body).toEqual({ at: nextUrl })
  })

  test('of the call, its cycle and its connection', async () => {
    const cycle = { id: 'cy', stepId: 'st' }
    const fields = [
      'cyclr_account_id',
      'external_account_id',
      'cycle_id',
      'cycle_step_id',
      'transaction_id',
      'cyclr_transaction_id',
    ]
    const values = await filled(fields, { request: { cycle } })
    expect(Object.values(values)).toEqual(['t', 'c', 'cy', 'st', 'call-1', 'call-1'])
  })

  test.each<[string, Setting['credential']['auth'], object]>([
    ['none', { kind: 'none' }, {}],
    ['a key', { kind: 'api_key', key: new Secret('k') }, { Cyclr_Auth_ApiKey: first }],
    [
      'a password',
      { kind: 'basic', username: 'ann', password: new Secret('pw') },
      { Cyclr_Auth_Username: 'ann', Cyclr_Auth_Password: first },
    ],
  ])('of a credential that is %s, its secrets as placeholders', async (_name, auth, expected) => {
    const fields = ['Cyclr_Auth_ApiKey', 'Cyclr_Auth_Username', 'Cyclr_Auth_Password']
    expect(await filled(fields, { auth })).toEqual(expected)
  })

  test('of an OAuth 2 credential, whose key is its access token', async () => {
    const none = { refreshToken: null, expiresAt: null, issuedAt: null, scope: null }
    const auth = { kind: 'oauth2', accessToken: new Secret('t'), ...none } as const
    const fields = ['Cyclr_Auth_ApiKey', 'Cyclr_Auth_Username', 'Cyclr_Auth_Password']
    expect(await filled(fields, { auth })).toEqual({ Cyclr_Auth_ApiKey: first })
    expect(await filled(fields, { auth: { ...auth, accessToken: null } })).toEqual({})
  })

  test.each([
    ['LastSuccessfulRunDate', '2026-03-09T15:04:05.067Z'],
    ['LastSuccessfulRunDate format=yyyy-MM-dd HH:mm', '2026-03-09 15:04'],
    ['LastSuccessfulRunDate format="yyyy"', '2026'],
    ["LastSuccessfulRunDate format='yyyy'", '2026'],
    ['LastSuccessfulRunDate  format=', '2026-03-09T15:04:05.067Z'],
    ['LastSuccessfulRunDate other', '2026-03-09T15:04:05.067Z'],
    ['on {{LastSuccessfulRunDate format=dd}}', 'on 09'],
  ])('of the last run: %s', async (text, expected) => {
    expect(await filled([text])).toEqual({ [text]: expected })
  })

  test('and leaves a field that neither the runtime nor the caller fills', async () => {
    expect(await filled(['Cyclr_Webhook_Id', '{{Cyclr_Webhook_Id}}'])).toEqual({
      Cyclr_Webhook_Id: 'Cyclr_Webhook_Id',
      '{{Cyclr_Webhook_Id}}': '{{Cyclr_Webhook_Id}}',
    })
  })
})

test('mergeHeaders() lets the second one win, and keep its spelling', () => {
  expect(mergeHeaders({ 'X-A': '1', 'X-B': '2' }, { 'x-a': '3' })).toEqual({
    'X-B': '2',
    'x-a': '3',
  })
})
