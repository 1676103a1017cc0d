import { describe, expect, test } from 'vitest'
import { lookupRenewal } from '../../runtime/call/lookup.ts'
import type { Json } from '../../runtime/model/json.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { type Answer, AuthSessionException, World, type WorldOptions } from '../support/world.ts'
import { openTrip } from './trip.ts'

const definition = (over = '') => `
base_url: https://api.acme.example
auth: { type: session }
properties:
  User: { in: script }
  Pass: { in: script, sensitive: true }
  SessionId: { in: header, as: X-Session, sensitive: true }
post_install: { method: login, values: { SessionId: data.session.id } }
script: main.js
methods:
  get: { path: /things }
  login: { verb: POST, path: /login, body_type: json, ignore_auth: true, body: { user: u } }
${over}`

const rejectEmpty = {
  after_action: (globals: Record<string, Json>) => {
    const body = globals.method_response as { error_code?: string } | null
    if (body?.error_code === 'You are not logged on.') throw new AuthSessionException()
  },
}

/** Knows one session at a time; a login makes the next one. */
function sessionVendor() {
  let current = 0
  const expire = () => {
    current += 1
  }
  const vendor: WorldOptions['vendor'] = ({ url, headers }) => {
    if (url.endsWith('/login')) return { json: { session: { id: `session-${current}` } } }
    const good = headers['X-Session'] === `session-${current}`
    return { json: good ? { fine: true } : { error_code: 'You are not logged on.' } }
  }
  return { vendor, expire }
}

function world(over: Partial<WorldOptions> & Pick<WorldOptions, 'vendor'>) {
  const properties = { User: 'u', Pass: 'password-1' }
  return new World({ definition: definition(), properties, hooks: rejectEmpty, ...over })
}

describe('the post-install lookup', () => {
  test('runs on AuthSessionException; its values are stored and sent with the replay', async () => {
    const { vendor } = sessionVendor()
    const acme = world({ vendor })
    expect(await acme.call()).toMatchObject({ kind: 'success', content: { fine: true } })
    expect(acme.credential.session.SessionId?.reveal()).toBe('session-0')
    expect(acme.credential.lookedUp).toBe(1)
    expect(acme.requests.at(-1)?.headers['X-Session']).toBe('session-0')
    expect(acme.requests.at(-1)?.credentialHeaders).toEqual(['x-session'])
  })

  test('never carries the stale session (peers, defect 9)', async () => {
    const { vendor, expire } = sessionVendor()
    const acme = world({ vendor })
    await acme.call()
    expire()
    await acme.call()
    const logins = acme.requests.filter(({ url }) => url.endsWith('/login'))
    expect(logins).toHaveLength(2)
    for (const login of logins) expect(login.headers).not.toHaveProperty('X-Session')
  })

  test('shows its hooks a placeholder for the session it found', async () => {
    const { vendor } = sessionVendor()
    const seen: Json[] = []
    const acme = world({
      vendor,
      hooks: {
        after_action: (globals) => {
          seen.push(globals.method_response ?? null)
          rejectEmpty.after_action(globals)
        },
      },
    })
    await acme.call()
    expect(JSON.stringify(seen)).not.toContain('session-0')
    expect(seen[1]).toEqual({ session: { id: expect.stringMatching(/^hkl_[0-9a-f]{32}$/) } })
  })

  test('lets after_action reshape the answer, and finds values by their own name', async () => {
    const acme = world({
      definition: definition().replace(
        'post_install: { method: login, values: { SessionId: data.session.id } }',
        'post_install: login',
      ),
      hooks: {
        after_action: (globals) => {
          const body = globals.method_response as { session?: { id: string } }
          if (body.session) globals.method_response = { SessionId: body.session.id, Other: 1 }
          else rejectEmpty.after_action(globals)
        },
      },
      vendor: sessionVendor().vendor,
    })
    expect(await acme.call()).toMatchObject({ kind: 'success' })
    expect(Object.keys(acme.credential.session)).toEqual(['SessionId'])
  })

  test('cannot itself renew: the exception inside it is the failure', async () => {
    const acme = world({
      hooks: {
        after_action: () => {
          throw new AuthSessionException('locked out')
        },
      },
      vendor: sessionVendor().vendor,
    })
    expect(await acme.call()).toMatchObject({
      failure: { type: 'AuthSessionFailed', reason: 'lookup-rejected' },
    })
    expect(acme.requests.filter(({ url }) => url.endsWith('/login'))).toHaveLength(1)
  })

  test('fails as an outage when the login answers 503, and marks nothing', async () => {
    const acme = world({
      vendor: ({ url }) =>
        url.endsWith('/login')
          ? { status: 503 }
          : { json: { error_code: 'You are not logged on.' } },
    })
    expect(await acme.call()).toMatchObject({
      failure: { type: 'AuthSessionFailed', reason: 'outage', httpCode: 503 },
    })
    expect(acme.marks).toEqual([])
  })

  test('fails when its answer has none of the values', async () => {
    const acme = world({
      vendor: ({ url }) => ({
        json: url.endsWith('/login') ? { hello: 1 } : { error_code: 'You are not logged on.' },
      }),
    })
    expect(await acme.call()).toMatchObject({ failure: { reason: 'no-values' } })
  })

  test('says so when a hook stopped it', async () => {
    const acme = world({
      hooks: { ...rejectEmpty, before_action: (globals) => globals.http_method !== 'POST' },
      vendor: sessionVendor().vendor,
    })
    expect(await acme.call()).toMatchObject({ failure: { reason: 'lookup-stopped' } })
  })

  test('an InvalidCredential rule on the login is the outcome, and marks the connection', async () => {
    const acme = world({
      definition: definition(`errors:
  - { type: InvalidCredential, message: "wrong password", filter: { all: [ { path: data.bad, operator: exists } ] } }`),
      vendor: ({ url }) => ({
        json: url.endsWith('/login') ? { bad: true } : { error_code: 'You are not logged on.' },
      }),
    })
    expect(await acme.call()).toMatchObject({
      failure: { type: 'InvalidCredential', message: 'wrong password' },
    })
    expect(acme.marks).toMatchObject([{ state: 'sessionInvalid' }])
  })

  test('keeps its steps in the trail, inside the renewal', async () => {
    const outcome = await world({ vendor: sessionVendor().vendor }).call()
    const steps = outcome.trail.attempts.flatMap((attempt) => attempt.steps)
    const renewal = steps.find((step) => step.kind === 'renewal')
    expect(renewal).toMatchObject({ by: 'session', result: 'renewed', generation: 2 })
    expect(renewal?.kind === 'renewal' && renewal.steps?.[0]).toMatchObject({
      kind: 'request',
      verb: 'POST',
      status: 200,
    })
  })
  test('takes the time of a request and of two hooks, and may be repeated', async () => {
    const limits = 'limits: { request_ms: 20000, hook_ms: 500 }'
    const acme = world({ definition: definition(limits), vendor: sessionVendor().vendor })
    using open = await openTrip(acme)
    expect(lookupRenewal(open.execution, [])).toMatchObject({
      by: 'session',
      repeatable: true,
      timeoutMs: 21_000,
    })
  })

  test('keeps what it found for whoever reads it, as session values', async () => {
    const acme = world({ vendor: sessionVendor().vendor })
    using open = await openTrip(acme)
    const renewal = lookupRenewal(open.execution, [])
    const read = await renewal.read('{"SessionId":"s-1"}', acme.credential)
    expect(read).toEqual({ by: 'session', session: { SessionId: expect.any(Secret) } })
  })

  test('goes before the hooks of calls, with a scratch object of its own', async () => {
    const acme = world({
      vendor: sessionVendor().vendor,
      hooks: {
        ...rejectEmpty,
        before_action: (globals) => {
          globals.action_data = { seen: globals.http_method ?? null }
        },
      },
    })
    expect(await acme.call()).toMatchObject({ kind: 'success' })
    const before = acme.jobs.filter(({ event }) => event === 'before_action')
    expect(before.map(({ urgent }) => urgent)).toEqual([false, true, false])
    const scratch = before.map(({ globals }) => JSON.parse(globals.action_data?.json ?? ''))
    expect(scratch).toEqual([{}, {}, { seen: 'GET' }])
  })

  test('takes the values of an error that after_error made a warning or a success of', async () => {
    for (const change of [{ isWarning: true }, { isSuccess: true }]) {
      const acme = world({
        hooks: {
          ...rejectEmpty,
          after_error: (globals) => {
            globals.method_error = { ...(globals.method_error as object), ...change }
          },
        },
        vendor: ({ url, headers }) => {
          if (url.endsWith('/login')) return { status: 409, json: { session: { id: 's-9' } } }
          const good = headers['X-Session'] === 's-9'
          return { json: good ? { fine: true } : { error_code: 'You are not logged on.' } }
        },
      })
      expect(await acme.call()).toMatchObject({ kind: 'success' })
      expect(acme.credential.session.SessionId?.reveal()).toBe('s-9')
    }
  })

  /** The failure of a call whose lookup is answered so. */
  async function failureOf(answer: Answer, over: Partial<WorldOptions> = {}) {
    const outcome = await world({
      vendor: ({ url }) =>
        url.endsWith('/login') ? answer : { json: { error_code: 'You are not logged on.' } },
      ...over,
    }).call()
    return outcome.kind === 'failure' ? outcome.failure : null
  }

  test('says of each way to fail that it was the lookup, which method, and how', async () => {
    expect(await failureOf({ status: 404, reason: 'Not Found' })).toMatchObject({
      type: 'AuthSessionFailed',
      reason: 'lookup-failed',
      httpCode: 404,
      message: expect.stringMatching(/^login .*HTTP 404 Not Found$/),
      cause: { type: 'HttpError' },
    })
    expect(await failureOf({ json: {} })).toMatchObject({
      type: 'AuthSessionFailed',
      message: expect.stringContaining('login'),
    })
    const stopping = {
      ...rejectEmpty,
      before_action: (g: Record<string, Json>) => g.http_method !== 'POST',
    }
    expect(await failureOf({ json: {} }, { hooks: stopping })).toMatchObject({
      type: 'AuthSessionFailed',
      message: expect.stringMatching(/^login .*before_action returned false$/),
    })
  })

  test('takes a 503 for an outage unless a rule says what it is', async () => {
    const rule =
      'errors: [ { type: Default, message: closed, filter: { path: data.closed, operator: exists } } ]'
    const ruled = { definition: definition(rule) }
    expect(await failureOf({ status: 503, json: {} }, ruled)).toMatchObject({ reason: 'outage' })
    expect(await failureOf({ status: 503, json: { closed: 1 } }, ruled)).toMatchObject({
      reason: 'lookup-failed',
      message: expect.stringContaining('closed'),
    })
  })

  test('puts no secret into a property that scripts see as it is', async () => {
    const failure = await failureOf(
      { json: { session: { id: 's-1' } } },
      {
        hooks: {
          after_action: (globals) => {
            const body = globals.method_response as { session?: { id: string } }
            if (body.session) globals.method_response = { ...body, User: body.session.id }
            else rejectEmpty.after_action(globals)
          },
        },
      },
    )
    expect(failure).toMatchObject({
      type: 'AuthSessionFailed',
      reason: 'not-sensitive',
      message: expect.stringMatching(/login .*`User`/),
    })
  })
})
