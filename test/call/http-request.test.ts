import { describe, expect, test } from 'vitest'
import { capabilityOf } from '../../runtime/call/capability.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { Json, JsonObject } from '../../runtime/model/json.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { type Answer, tokens, World } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (method: object = {}) =>
  JSON.stringify({
    base_url: 'https://api.acme.example',
    auth: {
      type: 'oauth2',
      authorization_url: 'https://api.acme.example/authorize',
      token_url: 'https://api.acme.example/token',
      client_id: 'id',
    },
    methods: { get: { path: '/', ...method } },
  })

const url = 'https://api.acme.example/x'

/** What a script is answered, and what went out. */
async function ask(
  argument: Json | ((secret: string) => Json),
  vendor: () => Answer = () => ({ json: { fine: true } }),
  method: object = {},
) {
  const world = new World({ definition: definition(method), auth: tokens('access-token'), vendor })
  using open = await openTrip(world)
  const secret = open.execution.placeholders.conceal(new Secret('a secret/value'))
  const asked = typeof argument === 'function' ? argument(secret) : argument
  const ability = capabilityOf(open.trip)
  const answer = await ability('http_request', asked, new AbortController().signal)
  const [sent] = world.requests
  const body = sent?.body ? Buffer.from(sent.body).toString('utf8') : null
  return { answer, world, secret, sent: sent && { ...sent, body }, trail: open.execution.trail }
}

describe('http_request', () => {
  test('sends a GET with the credential, and tells status, headers, text and what was asked', async () => {
    const vendor = () => ({ status: 404, headers: { 'x-a': '1' }, text: 'gone' })
    const { answer, sent, trail } = await ask({ url }, vendor)
    expect(answer).toEqual({
      ok: true,
      value: {
        status_code: 404,
        headers: { 'content-type': 'text/plain', 'x-a': '1' },
        content: 'gone',
        request: { url },
      },
    })
    expect(sent).toEqual({
      verb: 'GET',
      url,
      headers: { Authorization: 'Bearer access-token' },
      body: null,
      credentialHeaders: ['authorization'],
    })
    expect(trail.trail().attempts[0]?.steps).toMatchObject([
      { kind: 'request', verb: 'GET', url, status: 404, bytes: 4 },
    ])
  })

  test('takes method, parameters, headers and data', async () => {
    const { sent } = await ask({
      method: 'post',
      url: `${url}?a=1`,
      parameters: { b: 2, c: 'x y', d: null, e: [1] },
      headers: { 'X-A': true, 'X-B': null },
      data: 'text',
    })
    expect(sent).toMatchObject({
      verb: 'POST',
      url: `${url}?a=1&b=2&c=x+y&e=%5B1%5D`,
      headers: { 'X-A': 'true' },
      body: 'text',
    })
    expect(sent?.headers).not.toHaveProperty('X-B')
  })

  test.each<[Json, string | null]>([
    [{ a: 1 }, '{"a":1}'],
    [0, '0'],
    ['', ''],
    [null, null],
  ])('sends data %j as %j', async (data, body) => {
    const { sent } = await ask({ url, method: 'PUT', data })
    expect(sent?.body ?? null).toBe(body === '' ? '' : body)
  })

  test.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'knows %s',
    async (verb) => {
      expect((await ask({ url, method: verb })).sent?.verb).toBe(verb)
    },
  )

  test('leaves a header to the script that sets it, whatever its case', async () => {
    const { sent } = await ask((secret) => ({ url, headers: { authorization: `Key ${secret}` } }))
    expect(sent).toMatchObject({
      headers: { authorization: 'Key a secret/value' },
      credentialHeaders: ['authorization', 'authorization'],
    })
    expect(sent?.headers).not.toHaveProperty('Authorization')
  })

  test('adds no credential where the method ignores it', async () => {
    const { sent } = await ask({ url }, undefined, { ignore_auth: true })
    expect(sent).toMatchObject({ headers: {}, credentialHeaders: [] })
  })

  test('puts secrets in on the way out, and takes them out of the answer', async () => {
    const { sent, answer, secret, trail } = await ask(
      (text) => ({
        url: `${url}/${text}`,
        method: 'POST',
        parameters: { q: text },
        headers: { 'X-Key': text, 'X-Plain': 'x' },
        data: { deep: [text] },
      }),
      () => ({ json: { echo: 'a secret/value' } }),
    )
    expect(sent).toMatchObject({
      url: `${url}/a%20secret%2Fvalue?q=a+secret%2Fvalue`,
      headers: { 'X-Key': 'a secret/value' },
      body: '{"deep":["a secret/value"]}',
      credentialHeaders: ['authorization', 'x-key'],
    })
    const { value } = answer as { value: JsonObject }
    expect(value.content).toBe(`{"echo":"${secret}"}`)
    expect(JSON.stringify(answer)).not.toContain('a secret/value')
    expect(JSON.stringify(trail.trail())).not.toMatch(/a secret|hkl_/)
  })

  test.each<[Json, string]>([
    [null, 'an object'],
    ['x', 'an object'],
    [{}, '`url`'],
    [{ url: 7 }, '`url`'],
    [{ url, method: 'TRACE' }, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    [{ url, method: 7 }, 'GET'],
    [{ url, headers: 'x' }, '`headers`'],
    [{ url, parameters: [] }, '`parameters`'],
    [{ url: 'no address' }, 'URL'],
  ])('says what is wrong with %j, and sends nothing', async (argument, words) => {
    const { answer, sent } = await ask(argument)
    expect(answer).toEqual({ ok: false, message: expect.stringContaining(words) })
    expect(sent).toBeUndefined()
  })

  test.each<[Json]>([[{ url, headers: null, parameters: null, method: null }]])(
    'takes null for what is not said: %j',
    async (argument) => {
      expect((await ask(argument)).sent).toMatchObject({ verb: 'GET', url })
    },
  )

  test('does not wait out a 429, nor renew', async () => {
    const { answer, world } = await ask({ url }, () => ({ status: 429 }))
    expect(answer).toMatchObject({ value: { status_code: 429 } })
    expect([world.waits, world.renewals]).toEqual([[], 0])
  })

  test.each(['ConnectionError', 'Timeout', 'RequestForbidden'] as const)(
    'answers a %s in its words, without a secret',
    async (type) => {
      const { answer } = await ask({ url }, () => {
        throw new CallFailure(type, 'no way to a secret/value')
      })
      expect(answer).toEqual({ ok: false, message: 'no way to [secret]' })
    },
  )
})

test('capabilityOf() answers for whatever it does not know', async () => {
  using open = await openTrip(new World({ definition: definition(), vendor: () => ({}) }))
  const ability = capabilityOf(open.trip)
  expect(await ability('toString', null, new AbortController().signal)).toEqual({
    ok: false,
    message: expect.stringContaining('toString'),
  })
})

test('http_request ends with its script, and with its call', async () => {
  const world = new World({
    definition: definition(),
    auth: tokens('access-token'),
    vendor: (_request, _nth, signal) =>
      new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  })
  const ended = new CallFailure('ScriptTimeout', 'the script is over')
  using open = await openTrip(world)
  const ability = capabilityOf(open.trip)
  expect(await ability('http_request', { url }, AbortSignal.abort(ended))).toMatchObject({
    message: 'the script is over',
  })
  const call = { ...open.execution, signal: AbortSignal.abort(new Error('the call is over')) }
  const late = capabilityOf({ ...open.trip, execution: call })
  expect(await late('http_request', { url }, new AbortController().signal)).toMatchObject({
    message: 'the call is over',
  })
})
