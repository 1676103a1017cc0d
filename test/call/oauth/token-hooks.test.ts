/** Hooks around a token request (dialect section 2), over played ports. */
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../runtime/model/json.ts'
import {
  type Answer,
  AuthRefreshException,
  type FakeHook,
  tokens,
  World,
} from '../../support/world.ts'

const definition = (grant: string) => `
base_url: https://api.acme.example
auth: { type: oauth2, grant: ${grant}, authorization_url: https://api.acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id, client_authentication: body }
script: main.js
methods: { get: { path: /things } }
`

type Hooks = Readonly<Record<string, FakeHook>>

/** One call whose token is dead, and what went to the token endpoint. */
async function renew(
  hooks: Hooks,
  answer: Answer = { json: { access_token: 'new-token' } },
  grant = 'authorization_code',
) {
  const world = new World({
    definition: definition(grant),
    auth: tokens('dead-token', 'refresh-token'),
    properties: { ClientSecret: 'client-secret' },
    hooks: {
      after_action: (globals) => {
        if ((globals.method_response as { dead?: boolean }).dead) throw new AuthRefreshException()
      },
      ...hooks,
    },
    vendor: ({ url, headers }) => {
      if (url.endsWith('/token')) return answer
      return { json: headers.Authorization === 'Bearer dead-token' ? { dead: true } : { fine: 1 } }
    },
  })
  const outcome = await world.call()
  const asked = world.requests.find(({ url }) => url.endsWith('/token'))
  const text = Buffer.from(asked?.body ?? []).toString('utf8')
  const used = world.requests.at(-1)?.headers.Authorization
  return { world, outcome, asked, text, used }
}

describe('before_oauth2_refresh', () => {
  test('sees the form without its secrets, and the endpoint', async () => {
    const seen: Json[] = []
    const { text } = await renew({
      before_oauth2_refresh: (globals) => {
        seen.push(globals.method_request ?? null, globals.method_endpoint ?? null)
      },
    })
    expect(seen[0]).toMatchObject({ grant_type: 'refresh_token', client_id: 'id' })
    expect(seen[1]).toBe('https://api.acme.example/token')
    expect(JSON.stringify(seen)).not.toMatch(/refresh-token|client-secret/)
    expect(Object.fromEntries(new URLSearchParams(text))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-token',
      client_id: 'id',
      client_secret: 'client-secret',
    })
  })

  test('changes form and headers; what it took away is not sent', async () => {
    const { asked, text } = await renew({
      before_oauth2_refresh: (globals) => {
        const { refresh_token } = globals.method_request as Record<string, Json>
        globals.method_request = { token: refresh_token ?? null, extra: 'é' }
        globals.method_request_headers = { 'X-Token': `T ${refresh_token}`, 'X-N': 7, gone: null }
      },
    })
    expect(text).toBe('token=refresh-token&extra=%C3%A9')
    expect(asked?.headers).toEqual({ 'X-Token': 'T refresh-token', 'X-N': '7' })
  })

  test.each<[Json, Record<string, string>, string]>([
    ['raw=1', {}, 'raw=1'],
    [{ a: 1 }, { 'Content-Type': 'application/json' }, '{"a":1}'],
    [{ a: 1 }, { 'content-type': 'application/vnd.acme+JSON; v=1' }, '{"a":1}'],
    [{ a: 1 }, { 'content-type': 'application/jsonish' }, 'a=1'],
    [{ a: 1 }, { 'X-Json': 'json' }, 'a=1'],
  ])('encodes %j by its type %j', async (body, headers, expected) => {
    const { text } = await renew({
      before_oauth2_refresh: (globals) => {
        globals.method_request = body
        globals.method_request_headers = headers
      },
    })
    expect(text).toBe(expected)
  })

  test.each<[string, FakeHook, object]>([
    ['false', () => false, { reason: 'returned-false' }],
    [
      'an exception',
      () => {
        throw new Error('no licence')
      },
      { message: 'no licence' },
    ],
  ])('ends the renewal by %s, and nothing is asked', async (_how, hook, failure) => {
    const { outcome, asked } = await renew({ before_oauth2_refresh: hook })
    expect(outcome).toMatchObject({ failure: { type: 'ScriptError', ...failure } })
    expect(asked).toBeUndefined()
  })
})

describe('the process of a hook on a token answer', () => {
  const discards = async (json: Json, status = 200) => {
    const hooks = { after_oauth2_refresh: () => true, after_oauth2_refresh_error: () => true }
    const { world } = await renew(hooks, { status, json })
    return world.jobs
      .filter(({ event }) => event.startsWith('after_oauth2'))
      .map(({ event, discard }) => [event, discard])
  }

  test('is kept where the hook sees stand-ins and what is public alone', async () => {
    const plain = { access_token: 'new-token', token_type: 'bearer', expires_in: 60 }
    expect(await discards(plain)).toEqual([['after_oauth2_refresh', false]])
  })

  test('is used for no other hook where it sees what nobody declared', async () => {
    const more = { access_token: 'new-token', sid: 'a-session' }
    expect(await discards(more)).toEqual([['after_oauth2_refresh', true]])
    expect(await discards({ error: 'server_error', ticket: 'a-session' }, 400)).toEqual([
      ['after_oauth2_refresh_error', true],
    ])
  })

  test('of other hooks is kept', async () => {
    const { world } = await renew({ before_oauth2_refresh: () => true })
    expect(world.jobs.some(({ discard }) => discard)).toBe(false)
  })
})

describe('after_oauth2_refresh', () => {
  test('sees the status and an answer without tokens, and may put others in their place', async () => {
    const seen: Json[] = []
    const { used, outcome } = await renew(
      {
        after_oauth2_refresh: (globals) => {
          seen.push(globals.method_response ?? null, globals.statusCode ?? null)
          const { data } = globals.method_response as { data: { my_token: string } }
          globals.method_response = JSON.stringify({ access_token: data.my_token })
        },
      },
      { status: 201, json: { data: { my_token: 'new-token' } } },
    )
    expect(outcome.kind).toBe('success')
    expect(used).toBe('Bearer new-token')
    expect(seen[1]).toBe(201)
    expect(JSON.stringify(seen)).not.toContain('new-token')
  })

  test('is not asked about a refusal', async () => {
    const asked: string[] = []
    const note = (name: string) => () => {
      asked.push(name)
    }
    await renew(
      { after_oauth2_refresh: note('good'), after_oauth2_refresh_error: note('error') },
      { status: 300, json: { error: 'x' } },
    )
    expect(asked).toEqual(['error'])
  })

  test('that returns false, or throws, ends the renewal', async () => {
    const no = await renew({ after_oauth2_refresh: () => false })
    expect(no.outcome).toMatchObject({ failure: { reason: 'returned-false' } })
    const broken = await renew({
      after_oauth2_refresh: () => {
        throw new Error('broken')
      },
    })
    expect(broken.outcome).toMatchObject({ failure: { type: 'ScriptError', message: 'broken' } })
  })
})

describe('after_oauth2_refresh_error', () => {
  const refusal = { status: 400, json: { error: 'invalid_grant', token: 'echoed-token' } }

  test('sees what the vendor said', async () => {
    let seen: Json = null
    await renew(
      {
        after_oauth2_refresh_error: (globals) => {
          seen = globals.method_error ?? null
        },
      },
      refusal,
    )
    expect(seen).toEqual({
      statusCode: 400,
      reasonPhrase: '',
      content: expect.stringMatching(/^\{"error":"invalid_grant","token":"hkl_[0-9a-f]{32}"\}$/),
      error: 'invalid_grant',
      type: 'InvalidCredential',
      isError: true,
      isWarning: false,
      isSuccess: false,
    })
  })

  test('makes a success of it only by saying so', async () => {
    const saying = (said: Json) =>
      renew(
        {
          after_oauth2_refresh_error: (globals) => {
            globals.method_error = said
          },
        },
        refusal,
      )
    const content = { access_token: 'made-token' }
    const made = await saying({ isSuccess: true, content })
    expect([made.outcome.kind, made.used]).toEqual(['success', 'Bearer made-token'])
    const asText = await saying({ isSuccess: true, content: JSON.stringify(content) })
    expect(asText.used).toBe('Bearer made-token')
    for (const said of [{ isSuccess: 'true', content }, 'success', { content }, null]) {
      expect((await saying(said)).outcome).toMatchObject({ failure: { type: 'InvalidCredential' } })
    }
    expect((await saying({ isSuccess: true })).outcome).toMatchObject({
      failure: { type: 'AuthRefreshFailed', reason: 'no-token' },
    })
  })

  test('says it in its own words; what that means stays the vendor’s', async () => {
    const { outcome } = await renew(
      {
        after_oauth2_refresh_error: () => {
          throw new Error('log in again, please')
        },
      },
      refusal,
    )
    expect(outcome).toMatchObject({
      failure: {
        type: 'InvalidCredential',
        message: 'log in again, please',
        reason: 'invalid_grant',
        httpCode: 400,
        cause: { type: 'ScriptError' },
      },
    })
  })
})

describe('before_oauth2_token and after_oauth2_token', () => {
  test('are those of a machine’s grant, and the hooks of a refresh are not', async () => {
    const asked: string[] = []
    const note = (name: string) => () => {
      asked.push(name)
    }
    const names = ['before_oauth2_token', 'after_oauth2_token', 'before_oauth2_refresh']
    const others = ['after_oauth2_refresh', 'after_oauth2_refresh_error']
    const hooks = Object.fromEntries([...names, ...others].map((name) => [name, note(name)]))
    const { outcome } = await renew(hooks, undefined, 'client_credentials')
    expect(outcome.kind).toBe('success')
    expect(asked).toEqual(['before_oauth2_token', 'after_oauth2_token'])
    asked.length = 0
    await renew(hooks, { status: 400, json: { error: 'x' } }, 'client_credentials')
    expect(asked).toEqual(['before_oauth2_token'])
  })
})
