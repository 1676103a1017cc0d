import { describe, expect, test } from 'vitest'
import { beginExecution } from '../../runtime/call/execution.ts'
import { openLoginHooks } from '../../runtime/call/oauth/login-hooks.ts'
import { refreshRenewal } from '../../runtime/call/refresh.ts'
import { resolveCall } from '../../runtime/call/resolve.ts'
import { asConnectionId, asTenant } from '../../runtime/model/ids.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { type FakeHook, tokens, World } from '../support/world.ts'

const definition = `
base_url: https://api.acme.example
auth: { type: oauth2, grant: authorization_code, authorization_url: https://acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id }
script: main.js
methods: { get: { path: /things } }
`
const never = new AbortController().signal

async function open(hooks: Readonly<Record<string, FakeHook>>) {
  const world = new World({ definition, hooks, vendor: () => ({ json: {} }) })
  const connector = await world.registry().catalogue.find('acme')
  if (!connector) throw new Error('no connector')
  const key = { tenant: asTenant('t'), id: asConnectionId('c') }
  const login = { connector, key, properties: { ClientSecret: new Secret('our-secret') } }
  return { world, hooks: await openLoginHooks(login, async () => world.ports(), never) }
}

describe('openLoginHooks()', () => {
  const checkedBy = { state: 's', redirect_uri: 'r', code_challenge: 'c' }
  const address = new URL(`https://acme.example/authorize?${new URLSearchParams(checkedBy)}`)

  test('lets before_oauth2_authorise change the address, and nothing that the answer is checked by', async () => {
    const { hooks } = await open({
      before_oauth2_authorise: (globals) => {
        globals.method_endpoint = `${String(globals.method_endpoint).replace('state=s', 'state=x')}&prompt=login`
        return true
      },
    })
    using login = hooks
    const url = await login.authorise(address)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      state: 's',
      redirect_uri: 'r',
      code_challenge: 'c',
      prompt: 'login',
    })
  })

  test('puts back each value that the answer is checked by, and adds none', async () => {
    const checked = { ...checkedBy, code_challenge_method: 'S256', nonce: 'n' }
    const asked = new URL(`https://acme.example/authorize?${new URLSearchParams(checked)}`)
    const { hooks } = await open({
      before_oauth2_authorise: (globals) => {
        globals.method_endpoint = 'https://login.acme.example/?nonce=mine&state=mine'
      },
    })
    using login = hooks
    const url = await login.authorise(asked)
    expect(url.hostname).toBe('login.acme.example')
    expect(Object.fromEntries(url.searchParams)).toEqual(checked)
    expect((await login.authorise(address)).searchParams.has('code_challenge_method')).toBe(false)
  })

  test('leaves an address that no hook changes, and one without TLS that a hook asks for', async () => {
    using silent = (await open({ after_oauth2_token: () => true })).hooks
    expect(await silent.authorise(address)).toBe(address)
    using plain = (
      await open({
        before_oauth2_authorise: (globals) => {
          globals.method_endpoint = 'http://127.0.0.1/authorize'
        },
      })
    ).hooks
    expect((await plain.authorise(address)).origin).toBe('http://127.0.0.1')
  })

  test.each([
    [199, false],
    [200, true],
    [299, true],
    [300, false],
  ])('shows after_oauth2_token an answer of %i: %s', async (status, shown) => {
    const { hooks, world } = await open({ after_oauth2_token: () => true })
    using login = hooks
    const answer = { status, contentType: 'application/json', body: '{}' }
    expect(await login.afterToken(answer)).toEqual(answer)
    expect(world.jobs).toHaveLength(shown ? 1 : 0)
  })

  test('gives its hooks the client, and neither a credential nor a cycle', async () => {
    const { hooks, world } = await open({ before_oauth2_authorise: () => true })
    using login = hooks
    await login.authorise(address)
    const globals = world.jobs[0]?.globals ?? {}
    const read = (name: string) => JSON.parse(globals[name]?.json ?? '"none"')
    expect(read('method_auth_value')).toBeNull()
    expect([read('cyclr_account_id'), read('external_account_id')]).toEqual(['t', 'c'])
    expect(read('script_execution_context')).toBe('RUNNING_TRANSACTION')
    expect(read('method_response_fields_in_use')).toEqual([])
    expect(read('oauth_client_id')).toBe('id')
    expect(read('oauth_client_secret')).toMatch(/^hkl_/)
    expect(['cycle_id', 'cycle_step_id', 'service_domain'].map(read)).toEqual(['', '', ''])
    expect([read('cycle_variables'), read('action_data')]).toEqual([{}, {}])
  })

  test.each(['javascript:alert(1)', 'xhttps://acme.example', 'no address'])(
    'rejects %s for an address',
    async (said) => {
      const { hooks } = await open({
        before_oauth2_authorise: (globals) => {
          globals.method_endpoint = said
        },
      })
      using login = hooks
      await expect(login.authorise(address)).rejects.toMatchObject({
        type: 'ScriptError',
        reason: 'bad-return',
        message: expect.stringContaining('before_oauth2_authorise'),
      })
    },
  )

  test('rejects where the hook returned false', async () => {
    using login = (await open({ before_oauth2_authorise: () => false })).hooks
    await expect(login.authorise(address)).rejects.toMatchObject({
      reason: 'returned-false',
      message: expect.stringContaining('before_oauth2_authorise'),
    })
  })

  test('conceals the code and its verifier on the way out, and the tokens on the way back', async () => {
    const seen: unknown[] = []
    const { hooks, world } = await open({
      before_oauth2_token: (globals) => {
        seen.push(globals.method_request)
        globals.action_data = { step: 1 }
        globals.method_request = { ...(globals.method_request as object), extra: 'x' }
        return true
      },
      after_oauth2_token: (globals) => {
        seen.push(globals.method_response, globals.action_data)
        return true
      },
    })
    using login = hooks
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'c0de',
      code_verifier: 'v3rify',
    })
    const request = {
      verb: 'POST',
      url: 'https://api.acme.example/token',
      headers: {},
      credentialHeaders: [],
    } as const
    const sent = await login.beforeToken({ ...request, body: Buffer.from(body.toString()) })
    expect(Buffer.from(sent.body ?? []).toString()).toBe(`${body}&extra=x`)
    const answer = {
      status: 200,
      contentType: 'application/json',
      body: '{"access_token":"t0ken"}',
    }
    expect(await login.afterToken(answer)).toEqual(answer)
    expect(JSON.stringify(seen)).not.toMatch(/c0de|v3rify|t0ken/)
    expect(seen.at(-1)).toEqual({ step: 1 })
    expect(world.jobs.every(({ urgent }) => urgent)).toBe(true)
  })
})

test('refreshRenewal() reads a stored answer in another execution, and its hooks run there', async () => {
  const world = new World({
    definition,
    auth: tokens('old'),
    hooks: {
      after_oauth2_refresh: (globals) => {
        globals.method_response = {
          access_token: (globals.method_response as { key_token: string }).key_token,
        }
        return true
      },
    },
    vendor: () => ({ json: { key_token: 'new' } }),
  })
  const renewal = async () => {
    const request = { tenant: 't', connector: 'acme', method: 'get', connection: 'c' }
    const call = await resolveCall(request, world.registry(), () => 'call')
    return refreshRenewal(beginExecution(call, world.ports(), never), [])
  }
  const stored = await (await renewal()).send(world.credential, never)
  for (const another of [await renewal(), await renewal()]) {
    const { auth } = (await another.read(stored, world.credential)) as {
      auth: ReturnType<typeof tokens>
    }
    expect(auth.accessToken?.reveal()).toBe('new')
  }
  expect(world.jobs).toHaveLength(2)
  expect(world.requests).toHaveLength(1)
})
