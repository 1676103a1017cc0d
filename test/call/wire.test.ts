/** What goes out, of the request that the hooks left. */
import { describe, expect, test } from 'vitest'
import type { Json } from '../../runtime/model/json.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { type FakeHook, World } from '../support/world.ts'

type Part = Readonly<Record<string, unknown>>
type Options = {
  readonly around?: Part
  readonly before?: FakeHook
  readonly input?: Readonly<Record<string, Json>>
  readonly properties?: Readonly<Record<string, string>>
}

async function send(method: Part, { around = {}, before, input = {}, properties = {} }: Options) {
  const world = new World({
    definition: JSON.stringify({
      base_url: 'https://api.acme.example',
      auth: { type: 'api_key', in: 'query', as: 'key' },
      ...(before ? { script: 'main.js' } : {}),
      methods: { get: { path: '/x', ...method } },
      ...around,
    }),
    auth: { kind: 'api_key', key: new Secret('the key&1') },
    properties,
    hooks: before ? { before_action: before } : {},
    vendor: () => ({ json: {} }),
  })
  const outcome = await world.call({ input })
  const [sent] = world.requests
  const body = sent?.body ? Buffer.from(sent.body).toString('utf8') : null
  const shown = outcome.trail.attempts[0]?.steps.find((step) => step.kind === 'request')
  return { outcome, request: sent, url: sent?.url, headers: sent?.headers, body, shown }
}

const field = { parameters: { id: { in: 'mergefield' } } }

describe('toWire() fills in the address', () => {
  test.each<[string, Json, string]>([
    ['/a/{{id}}', 'x y', '/a/x%20y'],
    ['/a/{{id}}/b', '../up?q#f', '/a/..%2Fup%3Fq%23f/b'],
    ['/a?q={{id}}', 'x&y=1', '/a?q=x%26y%3D1'],
    ['/a/{{ id }}', '{{id}}', '/a/%7B%7Bid%7D%7D'],
    ['/a/{{id}}', '...', '/a/...'],
    ['/a/{{id}}', 7, '/a/7'],
  ])('%s with %j', async (path, id, expected) => {
    const { url = '' } = await send({ path, ...field }, { input: { id } })
    const { pathname, search } = new URL(url)
    expect(`${pathname}${search}`.replace(/[?&]key=.*/, '')).toBe(expected)
  })

  test.each(['.', '..'])('never with a segment that would climb: %s', async (id) => {
    const { outcome, request } = await send({ path: '/a/{{id}}/b', ...field }, { input: { id } })
    expect(outcome).toMatchObject({ failure: { type: 'RequestForbidden', reason: 'url' } })
    expect(request).toBeUndefined()
  })

  test('with the host that the connection names, as it is', async () => {
    const around = {
      base_url: 'https://{{Dc}}.acme.example/{{Dc}}',
      properties: { Dc: { in: 'mergefield' } },
    }
    const { url } = await send({}, { around, properties: { Dc: 'eu.a' } })
    expect(url).toContain('https://eu.a.acme.example/eu.a/x?')
  })

  test('and says which value is missing', async () => {
    const { outcome, request } = await send({ path: '/a/{{id}}', ...field }, {})
    expect(outcome).toMatchObject({
      failure: {
        type: 'DefinitionInvalid',
        reason: 'missing-parameter',
        message: expect.stringContaining('`id`'),
      },
    })
    expect(request).toBeUndefined()
  })

  test('and lets a stand-in for a secret stand for its value, in one segment', async () => {
    const around = { properties: { Id: { in: 'mergefield', as: 'id', sensitive: true } } }
    const { url, shown } = await send(
      { path: '/a/{{id}}' },
      { around, properties: { Id: 'secret/1' } },
    )
    expect(url).toContain('/a/secret%2F1?')
    expect(shown).toMatchObject({ url: expect.stringContaining('/a/[secret]') })
  })
})

describe('toWire() adds the credential', () => {
  test('to the query, and shows nothing of it', async () => {
    const { url, shown, request } = await send({ query: { a: 'b c' } }, {})
    expect(url).toBe('https://api.acme.example/x?key=the+key%261&a=b+c')
    expect(shown).toMatchObject({ url: 'https://api.acme.example/x?a=b+c' })
    expect(request?.credentialHeaders).toEqual([])
  })

  test('to a header, and marks it; the script’s own header of that name wins', async () => {
    const around = { auth: { type: 'api_key', in: 'header', as: 'X-Key', prefix: 'Key ' } }
    const plain = await send({}, { around })
    expect(plain.headers).toEqual({ 'X-Key': 'Key the key&1' })
    expect(plain.request?.credentialHeaders).toEqual(['x-key'])
    const before: FakeHook = (globals) => {
      globals.method_request_headers = { 'x-key': `mine ${String(globals.method_auth_value)}` }
    }
    expect((await send({}, { around, before })).headers).toEqual({ 'x-key': 'mine the key&1' })
  })

  test('not where the method ignores it', async () => {
    expect((await send({ ignore_auth: true }, {})).url).toBe('https://api.acme.example/x')
  })
})

describe('toWire() puts secrets into the body', () => {
  const secret = 'a secret value'
  const sensitive = { Token: { in: 'script', sensitive: true } }
  const method = { verb: 'POST', body_type: 'json' }
  const sending = (made: (secret: string) => Json, value = secret) =>
    send(method, {
      around: { properties: sensitive },
      properties: { Token: value },
      before: (globals) => {
        const { Token } = globals.script_parameters as { Token: string }
        globals.method_request = made(Token)
      },
    })

  test('wherever they stand, and nowhere else', async () => {
    const { body } = await sending((token) => ({
      list: [token, 1, null, true, { deep: `Bearer ${token}` }],
      other: 'hkl_',
    }))
    expect(JSON.parse(body ?? '')).toEqual({
      list: [secret, 1, null, true, { deep: `Bearer ${secret}` }],
      other: 'hkl_',
    })
    expect((await sending((token) => token)).body).toBe(`"${secret}"`)
    expect((await sending(() => 7)).body).toBe('7')
  })

  test('but not so often that it would grow without end', async () => {
    const { outcome, request } = await sending(
      (token) => Array.from({ length: 300 }, () => token),
      'x'.repeat(4096),
    )
    expect(request).toBeUndefined()
    expect(outcome.kind).toBe('failure')
  })
})

describe('toWire() sends what before_action left', () => {
  test('in the address, the query, the headers and the body', async () => {
    const before: FakeHook = (globals) => {
      globals.method_endpoint = 'https://api.acme.example/y/{{id}}'
      globals.method_request_mergefields = { id: 7 }
      globals.method_request_parameters = { q: [1], none: null, t: true }
      globals.method_request_headers = { 'X-A': { a: 1 }, 'X-B': null, 'X-C': 1 }
      globals.method_request = { list: [String(globals.method_auth_value), 1, null] }
    }
    const { url, headers, body } = await send({ verb: 'POST' }, { before, input: { a: 1 } })
    expect(url).toBe('https://api.acme.example/y/7?key=the+key%261&q=%5B1%5D&t=true')
    expect(headers).toEqual({ 'Content-Type': 'application/json', 'X-A': '{"a":1}', 'X-C': '1' })
    expect(body).toBe('{"list":["the key&1",1,null]}')
  })

  test('and takes null for an empty record, what is neither for no change', async () => {
    const before: FakeHook = (globals) => {
      globals.method_endpoint = 7
      globals.method_request_parameters = 'x'
      globals.method_request_headers = null
      globals.method_request = null
    }
    const method = { verb: 'POST', query: { a: '1' }, headers: { 'X-A': '1' } }
    const { url, headers, body } = await send(method, { before, input: { a: 1 } })
    expect(url).toBe('https://api.acme.example/x?key=the+key%261&a=1')
    expect(headers).toEqual({})
    expect(body).toBeNull()
  })

  test('with its own content type before that of the body', async () => {
    const method = { verb: 'POST', headers: { 'content-type': 'application/vnd.acme+json' } }
    expect((await send(method, { input: { a: 1 } })).headers).toEqual({
      'content-type': 'application/vnd.acme+json',
    })
  })

  test('with the query of the address kept, and shown', async () => {
    const { url, shown } = await send({ path: '/x?a=1', query: { b: '2' } }, {})
    expect(url).toBe('https://api.acme.example/x?a=1&key=the+key%261&b=2')
    expect(shown).toMatchObject({ url: 'https://api.acme.example/x?a=1&b=2' })
  })
})
