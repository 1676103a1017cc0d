import { describe, expect, test } from 'vitest'
import type { Json } from '../../runtime/model/json.ts'
import { AuthSessionException, World, type WorldOptions } from '../support/world.ts'

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
})
