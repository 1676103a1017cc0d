import { expect, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { AuthRefreshException, AuthSessionException, tokens, World } from '../support/world.ts'

const oauth = `
base_url: https://api.acme.example
auth: { type: oauth2, grant: authorization_code, authorization_url: https://api.acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id }
script: main.js
methods:
  get: { path: /things }
  make: { verb: POST, path: /things, body_type: json }
  once: { verb: POST, path: /things, body_type: json, replay: never }
`

const isToken = (url: string) => url.endsWith('/token')

/** A vendor whose token `dead` is rejected by a 200, and whose endpoint hands out `alive`. */
const rejecting =
  (dead: string) => (request: { url: string; headers: Readonly<Record<string, string>> }) => {
    if (isToken(request.url)) return { json: { access_token: 'alive', refresh_token: 'refresh-2' } }
    const good = request.headers.Authorization !== `Bearer ${dead}`
    return good ? { json: { fine: true } } : { json: { error: 'invalid_grant' } }
  }

const refreshOnBody = {
  after_action: (globals: Record<string, unknown>) => {
    const body = globals.method_response as { error?: string } | null
    if (body?.error === 'invalid_grant') throw new AuthRefreshException()
    return true
  },
}

test('executeCall() refreshes on AuthRefreshException and replays with the new token', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('old'),
    hooks: refreshOnBody,
    vendor: rejecting('old'),
  })
  const outcome = await world.call()
  expect(outcome).toMatchObject({ kind: 'success', content: { fine: true } })
  expect(world.requests.map(({ url }) => new URL(url).pathname)).toEqual([
    '/things',
    '/token',
    '/things',
  ])
  expect(world.requests[2]?.headers.Authorization).toBe('Bearer alive')
  expect(outcome.trail.attempts.map(({ cause, verdict }) => `${cause} → ${verdict}`)).toEqual([
    'first → recover by refresh',
    'replay → accept',
  ])
})

test('executeCall() fails as AuthRefreshFailed, rejected-again, when the renewed token dies too', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('old'),
    hooks: {
      after_action: () => {
        throw new AuthRefreshException('dead as ever')
      },
    },
    vendor: rejecting('none'),
  })
  const outcome = await world.call()
  if (outcome.kind !== 'failure') throw new Error(outcome.kind)
  expect(outcome.failure).toMatchObject({ type: 'AuthRefreshFailed', reason: 'rejected-again' })
  expect(outcome.failure.message).toContain('dead as ever')
  expect(world.renewals).toBe(1)
  expect(world.requests.filter(({ url }) => !isToken(url))).toHaveLength(2)
})

test('executeCall() replays from before_action, which is given the new token', async () => {
  const seen: unknown[] = []
  const world = new World({
    definition: oauth,
    auth: tokens('old'),
    hooks: {
      ...refreshOnBody,
      before_action: (globals) => {
        seen.push(globals.method_auth_value)
        globals.method_request_headers = {
          ...(globals.method_request_headers as object),
          Authorization: `Bearer ${String(globals.method_auth_value)}`,
        }
        return true
      },
    },
    vendor: rejecting('old'),
  })
  await world.call()
  expect(seen).toHaveLength(2)
  expect(seen[0]).not.toBe(seen[1])
  expect(JSON.stringify(seen)).not.toMatch(/old|alive/)
  expect(world.requests[2]?.headers).toMatchObject({ Authorization: 'Bearer alive' })
})

test('executeCall() keeps action_data over hooks and replays, and nothing else', async () => {
  const seen: unknown[] = []
  const world = new World({
    definition: oauth,
    auth: tokens('old'),
    hooks: {
      before_action: (globals) => {
        const data = globals.action_data as { runs?: number }
        seen.push([data.runs ?? 0, globals.method_request_parameters])
        globals.action_data = { runs: (data.runs ?? 0) + 1 }
        globals.method_request_parameters = { added: '1' }
        return true
      },
      ...refreshOnBody,
    },
    vendor: rejecting('old'),
  })
  await world.call()
  expect(seen).toEqual([
    [0, {}],
    [1, {}],
  ])
})

test('executeCall() stops where before_action returns false, and sends nothing', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('old'),
    hooks: { before_action: () => false },
    vendor: () => ({}),
  })
  expect(await world.call()).toMatchObject({ kind: 'stopped' })
  expect(world.requests).toEqual([])
})

test('executeCall() fails with the thrown text where before_action throws', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('old'),
    hooks: {
      before_action: () => {
        throw new Error('no order number')
      },
    },
    vendor: () => ({}),
  })
  expect(await world.call()).toMatchObject({
    kind: 'failure',
    failure: { type: 'ScriptError', message: 'no order number' },
  })
  expect(world.requests).toEqual([])
})

test('executeCall() does not replay a method that says never, but renews its connection', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('old'),
    hooks: refreshOnBody,
    vendor: rejecting('old'),
  })
  const outcome = await world.call({ method: 'once', input: { a: 1 } })
  expect(outcome).toMatchObject({ kind: 'failure', failure: { reason: 'replay-never' } })
  expect(outcome.trail.attempts.flatMap(({ steps }) => steps)).toContainEqual({
    kind: 'warning',
    message: expect.stringMatching(/^not replayed: once .*renewed/),
  })
  expect(world.requests.filter(({ url }) => !isToken(url))).toHaveLength(1)
  expect(world.credential.refreshed).toBe(1)
})

test('executeCall() says so when the connector has no way to renew', async () => {
  const world = new World({
    definition:
      'base_url: https://api.acme.example\nscript: main.js\nmethods: { get: { path: /x } }',
    hooks: {
      after_action: () => {
        throw new AuthSessionException()
      },
    },
    vendor: () => ({ json: {} }),
  })
  expect(await world.call()).toMatchObject({
    failure: { type: 'AuthSessionFailed', reason: 'no-renewal' },
  })
})

test('executeCall() marks the connection when the refresh token is dead, and not otherwise', async () => {
  const dead = (status: number, error: string) =>
    new World({
      definition: oauth,
      auth: tokens('old'),
      hooks: refreshOnBody,
      vendor: (request) =>
        isToken(request.url) ? { status, json: { error } } : { json: { error: 'invalid_grant' } },
    })
  const revoked = dead(400, 'invalid_grant')
  expect(await revoked.call()).toMatchObject({ failure: { type: 'InvalidCredential' } })
  const operator = dead(401, 'invalid_client')
  expect(await operator.call()).toMatchObject({
    failure: { type: 'AuthRefreshFailed', reason: 'invalid_client' },
  })
  expect(operator.marks).toEqual([])
})

test('executeCall() asks for no refresh where there is no refresh token', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('old', null),
    hooks: refreshOnBody,
    vendor: rejecting('old'),
  })
  expect(await world.call()).toMatchObject({
    failure: { type: 'InvalidCredential', reason: 'no-refresh-token' },
  })
  expect(world.requests).toHaveLength(1)
  expect(world.marks[0]).toMatchObject({ state: 'sessionExpired' })
})

test('executeCall() renews an expired token before it sends anything', async () => {
  const world = new World({
    definition: oauth,
    auth: { ...tokens('old'), expiresAt: new Date(Date.now() - 1000) },
    vendor: rejecting('old'),
  })
  expect(await world.call()).toMatchObject({ kind: 'success' })
  expect(world.requests.map(({ url }) => isToken(url))).toEqual([true, false])
})

test('executeCall() makes a connection active again when a call succeeds', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('good'),
    state: 'sessionInvalid',
    vendor: rejecting('old'),
  })
  await world.call()
  expect(world.marks).toEqual([{ state: 'active', reason: null }])
})

test('executeCall() retries a passing failure only as often, and only where it may be repeated', async () => {
  const failing = () =>
    new World({
      definition: oauth,
      auth: tokens('good'),
      vendor: (_request, nth) => (nth < 3 ? { status: 503 } : { json: { fine: true } }),
    })
  expect(await failing().call({ retries: 2 })).toMatchObject({ kind: 'success' })
  expect(await failing().call({ retries: 1 })).toMatchObject({ failure: { httpCode: 503 } })
  expect(await failing().call()).toMatchObject({ failure: { httpCode: 503 } })
  const unsafe = failing()
  expect(await unsafe.call({ method: 'make', retries: 5 })).toMatchObject({
    failure: { type: 'HttpError' },
  })
  expect(unsafe.requests).toHaveLength(1)
})

test('executeCall() waits twice as long before each further retry', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('good'),
    vendor: () => {
      throw new CallFailure('ConnectionError', 'gone')
    },
  })
  await world.call({ retries: 3 })
  expect(world.waits).toEqual([500, 1000, 2000])
})

test('executeCall() leaves no secret in a failure, whoever put it there', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('very-secret-token'),
    hooks: {
      before_action: (globals) => {
        throw new Error(`my token is ${String(globals.method_auth_value)}`)
      },
    },
    vendor: () => ({}),
  })
  const outcome = await world.call()
  expect(outcome).toMatchObject({ failure: { message: 'my token is [secret]' } })
  expect(JSON.stringify(outcome)).not.toMatch(/very-secret-token|hkl_/)
})

test('executeCall() lets a bug of ours escape', async () => {
  const world = new World({
    definition: oauth,
    auth: tokens('good'),
    vendor: () => {
      throw new RangeError('a bug')
    },
  })
  await expect(world.call()).rejects.toThrow(RangeError)
})

test('executeCall() rejects with the reason of an aborted signal', async () => {
  const world = new World({ definition: oauth, auth: tokens('good'), vendor: () => ({}) })
  const reason = new Error('the worker stops')
  await expect(world.call({}, AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(world.requests).toEqual([])
})

test('executeCall() ends at the call deadline, with a Timeout', async () => {
  const world = new World({
    definition: `${oauth}limits: { call_ms: 30 }`,
    auth: tokens('good'),
    vendor: (_request, _nth, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  })
  expect(await world.call()).toMatchObject({
    failure: { type: 'Timeout', reason: 'call-deadline' },
  })
})

test('executeCall() sends the idempotency key of the call, the same in every attempt', async () => {
  const world = new World({
    definition: `${oauth}  paid: { verb: POST, path: /pay, body_type: json, idempotency_key: { header: Idempotency-Key } }`,
    auth: tokens('good'),
    vendor: (_request, nth) => (nth === 1 ? { status: 500 } : { json: {} }),
  })
  await world.call({ method: 'paid', retries: 1, idempotencyKey: 'order-7' })
  expect(world.requests.map(({ headers }) => headers['Idempotency-Key'])).toEqual([
    'order-7',
    'order-7',
  ])
})

test('executeCall() conceals a sensitive property from scripts and still sends it', async () => {
  const seen: unknown[] = []
  const world = new World({
    definition: `
base_url: https://api.acme.example
properties: { Token: { in: header, as: X-Token, sensitive: true }, Region: { in: query, as: region } }
script: main.js
methods: { get: { path: /x } }`,
    properties: { Token: 'sssssssecret', Region: 'eu' },
    hooks: {
      before_action: (globals) => {
        seen.push(globals.method_request_headers, globals.method_request_parameters)
        return true
      },
    },
    vendor: () => ({ json: { echo: 'sssssssecret' } }),
  })
  await world.call()
  expect(JSON.stringify(seen)).not.toContain('sssssssecret')
  expect(seen[1]).toEqual({ region: 'eu' })
  expect(world.requests[0]).toMatchObject({
    url: 'https://api.acme.example/x?region=eu',
    headers: { 'X-Token': 'sssssssecret' },
    credentialHeaders: ['x-token'],
  })
})

test('Secret does not print', () => {
  expect(`${new Secret('x')} ${JSON.stringify(new Secret('x'))}`).toBe('[secret] "[secret]"')
})
