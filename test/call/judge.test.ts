import { describe, expect, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { Json } from '../../runtime/model/json.ts'
import { AuthRefreshException, tokens, World, type WorldOptions } from '../support/world.ts'

const expired = '{ all: [ { path: data.error, operator: equal, value: expired } ] }'
const definition = (rules = '') => `
base_url: https://api.acme.example
auth: { type: oauth2, grant: authorization_code, authorization_url: https://api.acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id }
script: main.js
${rules}
methods: { get: { path: /things } }
`
const expiredRule = definition(
  `errors: [ { type: ExpiredToken, message: "{{ data.why }}", filter: ${expired} } ]`,
)

function world(over: Partial<WorldOptions> & Pick<WorldOptions, 'vendor'>) {
  return new World({ definition: definition(), auth: tokens('old'), ...over })
}

/** Answers of the vendor in turn; the token endpoint always has a new token. */
function vendorOf(...answers: readonly { status?: number; reason?: string; json: Json }[]) {
  let at = 0
  return ({ url }: { readonly url: string }) =>
    url.endsWith('/token')
      ? { json: { access_token: 'new' } }
      : (answers[Math.min(at++, answers.length - 1)] ?? { json: null })
}

describe('judge() lets rules speak first', () => {
  test('A24 an ExpiredToken rule renews and replays, and the hooks run once', async () => {
    const seen: Json[] = []
    const acme = world({
      definition: expiredRule,
      hooks: {
        after_action: (globals) => {
          seen.push(globals.method_response ?? null)
          return true
        },
      },
      vendor: vendorOf({ json: { error: 'expired', why: 'old' } }, { json: { fine: 1 } }),
    })
    expect(await acme.call()).toMatchObject({ kind: 'success', content: { fine: 1 } })
    expect(acme.renewals).toBe(1)
    expect(acme.requests).toHaveLength(3)
    expect(seen).toEqual([{ fine: 1 }])
  })

  test('A26 a second match fails with the text of the second answer', async () => {
    const acme = world({
      definition: expiredRule,
      vendor: vendorOf(
        { json: { error: 'expired', why: 'first' } },
        { json: { error: 'expired', why: 'second' } },
      ),
    })
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ExpiredToken', message: 'second', blockIndex: 0 },
    })
    expect(acme.renewals).toBe(1)
    expect(acme.requests).toHaveLength(3)
  })

  test('A28 a refresh that fails has the text of the first answer, and the refresh as its cause', async () => {
    const acme = world({
      definition: expiredRule,
      vendor: ({ url }) =>
        url.endsWith('/token')
          ? { status: 503 }
          : { json: { error: 'expired', why: 'the token is old' } },
    })
    expect(await acme.call()).toMatchObject({
      failure: {
        type: 'AuthRefreshFailed',
        message: 'the token is old',
        cause: { reason: 'http-503' },
      },
    })
  })

  test('A32 InvalidCredential fails, marks the connection, and asks for no refresh', async () => {
    const acme = world({
      definition: definition(
        `errors: [ { type: InvalidCredential, message: revoked, filter: ${expired} } ]`,
      ),
      vendor: vendorOf({ json: { error: 'expired' } }),
    })
    expect(await acme.call()).toMatchObject({ failure: { type: 'InvalidCredential' } })
    expect(acme.renewals).toBe(0)
    expect(acme.marks).toEqual([{ state: 'sessionInvalid', reason: 'revoked' }])
  })

  test('A34 the script has the last word over a rule, and then nothing is marked', async () => {
    const acme = world({
      definition: definition(
        `errors: [ { type: InvalidCredential, message: revoked, filter: ${expired} } ]`,
      ),
      hooks: {
        after_error: (globals) => {
          const error = globals.method_error as Record<string, Json>
          globals.method_error = { ...error, isError: false, isSuccess: true, content: '{"ok":1}' }
        },
      },
      vendor: vendorOf({ json: { error: 'expired' } }),
    })
    expect(await acme.call()).toMatchObject({ kind: 'success', content: { ok: 1 } })
    expect(acme.marks).toEqual([])
  })

  test('A35 method_error of a matched 200 has the status, the text and the type', async () => {
    let seen: Json = null
    const acme = world({
      definition: definition(
        `errors: [ { type: Default, message: "no: {{ data.a }}", filter: { all: [ { path: data.a, operator: exists } ] } } ]`,
      ),
      hooks: {
        after_error: (globals) => {
          seen = globals.method_error ?? null
        },
      },
      vendor: vendorOf({ reason: 'OK', json: { a: 1 } }),
    })
    await acme.call()
    expect(seen).toEqual({
      statusCode: 200,
      reasonPhrase: 'OK',
      content: '{"a":1}',
      error: 'no: 1',
      type: 'Default',
      isError: true,
      isWarning: false,
      isSuccess: false,
    })
  })

  test('A36 AuthRefreshException after a matched rule renews; with none left the rule stands', async () => {
    const acme = world({
      definition: definition(
        `errors: [ { type: Default, message: "rule: {{ data.n }}", filter: { all: [ { path: data.n, operator: exists } ] } } ]`,
      ),
      hooks: {
        after_error: () => {
          throw new AuthRefreshException()
        },
      },
      vendor: vendorOf({ json: { n: 1 } }, { json: { n: 2 } }),
    })
    expect(await acme.call()).toMatchObject({ failure: { type: 'Default', message: 'rule: 2' } })
    expect(acme.renewals).toBe(1)
  })

  test('a rule that matches makes after_error run instead of after_action', async () => {
    const acme = world({
      definition: definition(`errors: [ { type: Default, message: no, filter: ${expired} } ]`),
      hooks: { after_action: () => true, after_error: () => true },
      vendor: vendorOf({ json: { error: 'expired' } }),
    })
    await acme.call()
    expect(acme.jobs.map(({ event }) => event)).toEqual(['after_error'])
  })

  test('A37 a status other than 2xx without a rule is an error, unless the definition says success', async () => {
    const vendor = vendorOf({ status: 404, reason: 'Not Found', json: { gone: true } })
    expect(await world({ vendor }).call()).toMatchObject({
      failure: { type: 'HttpError', httpCode: 404, message: 'HTTP 404 Not Found' },
    })
    const lenient = world({ definition: definition('unmatched: success'), vendor })
    expect(await lenient.call()).toMatchObject({ kind: 'success', status: 404 })
  })

  test.each([
    [199, 'failure'],
    [200, 'success'],
    [299, 'success'],
    [300, 'failure'],
  ])('status %i is a %s', async (status, kind) => {
    expect(await world({ vendor: vendorOf({ status, json: {} }) }).call()).toMatchObject({ kind })
  })
})

describe('judge() and after_action', () => {
  test('gives the script status, reason, headers and body, and takes what it leaves', async () => {
    let seen: unknown[] = []
    const acme = world({
      hooks: {
        after_action: (globals) => {
          seen = [globals.statusCode, globals.reasonPhrase, globals.method_response_headers]
          globals.method_response = { changed: true }
        },
      },
      vendor: () => ({ status: 201, reason: 'Created', headers: { 'x-a': '1' }, json: { a: 1 } }),
    })
    expect(await acme.call()).toMatchObject({
      kind: 'success',
      status: 201,
      content: { changed: true },
    })
    expect(seen).toEqual([201, 'Created', { 'content-type': 'application/json', 'x-a': '1' }])
  })

  test('parses a method_response that was set to a text of JSON, and leaves other texts', async () => {
    const left = async (text: string) => {
      const outcome = await world({
        hooks: {
          after_action: (globals) => {
            globals.method_response = text
          },
        },
        vendor: vendorOf({ json: {} }),
      }).call()
      return outcome.kind === 'success' ? outcome.content : outcome
    }
    expect(await left(' [1] ')).toEqual([1])
    expect(await left('12 apples')).toBe('12 apples')
    expect(await left('plain')).toBe('plain')
  })

  test('fails as ScriptError, returned-false, on strict false', async () => {
    const acme = world({ hooks: { after_action: () => false }, vendor: vendorOf({ json: {} }) })
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ScriptError', reason: 'returned-false' },
    })
  })

  test('fails with the text of anything else that was thrown', async () => {
    const acme = world({
      hooks: {
        after_action: () => {
          throw new Error('no such order')
        },
      },
      vendor: vendorOf({ json: {} }),
    })
    expect(await acme.call()).toMatchObject({
      failure: { type: 'ScriptError', message: 'no such order' },
    })
  })
})

describe('judge() and after_error', () => {
  const errorOf = async (answer: { status?: number; reason?: string; json: Json }) => {
    let error: Json = null
    await world({
      hooks: {
        after_error: (globals) => {
          error = (globals.method_error as Record<string, Json>).error ?? null
        },
      },
      vendor: vendorOf(answer),
    }).call()
    return error
  }

  test('never has a null error: the body, the reason, the status', async () => {
    expect(await errorOf({ status: 403, json: { error: { code: 7 } } })).toEqual({ code: 7 })
    expect(await errorOf({ status: 403, reason: 'Forbidden', json: { error: null } })).toBe(
      'Forbidden',
    )
    expect(await errorOf({ status: 403, json: [] })).toBe('HTTP 403')
  })

  test('keeps the failure where the script leaves it one', async () => {
    const acme = world({
      hooks: { after_error: () => true },
      vendor: vendorOf({ status: 500, json: {} }),
    })
    expect(await acme.call()).toMatchObject({ failure: { type: 'HttpError', httpCode: 500 } })
  })

  test.each([[{ isWarning: true }], [{ isError: false }]])(
    'turns %j into a warning',
    async (change) => {
      const acme = world({
        hooks: {
          after_error: (globals) => {
            globals.method_error = { ...(globals.method_error as object), ...change }
          },
        },
        vendor: vendorOf({ status: 404, json: { a: 1 } }),
      })
      expect(await acme.call()).toMatchObject({
        kind: 'warning',
        message: 'HTTP 404',
        status: 404,
        content: { a: 1 },
      })
    },
  )

  test('fails as ScriptError on strict false', async () => {
    const acme = world({
      hooks: { after_error: () => false },
      vendor: vendorOf({ status: 404, json: {} }),
    })
    expect(await acme.call()).toMatchObject({ failure: { reason: 'returned-false' } })
  })

  test('runs without a response, and cannot hide the failure by a careless throw', async () => {
    let seen: Json = null
    const acme = world({
      hooks: {
        after_error: (globals) => {
          seen = globals.method_error ?? null
          throw new TypeError('Cannot read properties of null')
        },
      },
      vendor: () => {
        throw new CallFailure('Timeout', 'Request timed out')
      },
    })
    const outcome = await acme.call()
    expect(outcome).toMatchObject({
      failure: { type: 'Timeout', cause: { type: 'ScriptError' } },
    })
    expect(seen).toMatchObject({ statusCode: null, error: 'Request timed out', content: '' })
    expect(outcome.trail.attempts[0]?.steps).toContainEqual({
      kind: 'warning',
      message: expect.stringContaining('after_error threw'),
    })
  })

  test('renews on AuthRefreshException also without a response', async () => {
    let calls = 0
    const acme = world({
      hooks: {
        after_error: () => {
          throw new AuthRefreshException()
        },
      },
      vendor: ({ url }) => {
        if (url.endsWith('/token')) return { json: { access_token: 'new' } }
        if (++calls === 1) throw new CallFailure('ConnectionError', 'gone')
        return { json: { fine: true } }
      },
    })
    expect(await acme.call()).toMatchObject({ kind: 'success' })
  })

  test('is not asked about what no hook may explain', async () => {
    const acme = world({
      hooks: { after_error: () => true },
      vendor: () => {
        throw new CallFailure('RequestForbidden', 'not there')
      },
    })
    expect(await acme.call()).toMatchObject({ failure: { type: 'RequestForbidden' } })
    expect(acme.jobs).toEqual([])
  })
})

describe('a 429', () => {
  const limited = (first: Readonly<Record<string, string>>) =>
    world({
      hooks: { after_error: () => true },
      vendor: (_request, nth) =>
        nth === 1 ? { status: 429, headers: first } : { json: { fine: true } },
    })

  test('is waited out, as long as the vendor says, and no hook sees it', async () => {
    const acme = limited({ 'retry-after': '7' })
    expect(await acme.call()).toMatchObject({ kind: 'success' })
    expect(acme.waits).toEqual([7000])
    expect(acme.jobs).toEqual([])
  })

  test('is waited out for a minute where the vendor does not say', async () => {
    const acme = limited({})
    await acme.call()
    expect(acme.waits).toEqual([60_000])
  })

  test('adds minutes to each further wait', async () => {
    const acme = world({
      definition: definition('limits: { call_ms: 100000000 }'),
      vendor: (_request, nth) =>
        nth < 8 ? { status: 429, headers: { 'retry-after': '1' } } : { json: {} },
    })
    await acme.call()
    const minutes = acme.waits.map((ms) => (ms - 1000) / 60_000)
    expect(minutes).toEqual([0, 1, 3, 7, 15, 30, 30])
  })

  test('that outlasts the call is RateLimited, with the time to come back', async () => {
    const acme = limited({ 'retry-after': '3600' })
    const before = Date.now()
    const outcome = await acme.call()
    if (outcome.kind !== 'failure') throw new Error(outcome.kind)
    expect(outcome.failure).toMatchObject({ type: 'RateLimited', httpCode: 429 })
    expect(outcome.failure.retryAt?.getTime()).toBeGreaterThanOrEqual(before + 3_600_000)
    expect(acme.waits).toEqual([])
    expect(acme.jobs).toEqual([])
  })
})
