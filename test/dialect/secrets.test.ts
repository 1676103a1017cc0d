/** Secrets are placeholders (dialect section 14, 14): what other files of tests leave to be said. */
import { describe, expect, test } from 'vitest'
import { loadData } from '../../runtime/definition/load.ts'
import { createRuntime } from '../../runtime/runtime.ts'
import { temporaryHome } from '../sandbox/home.ts'
import { echo, json, startVendor, type Vendor } from '../support/vendor.ts'

const who = { tenant: 't', connection: 'c', connector: 'acme' }

/** A runtime of one slot over a vendor, and what became of its sandbox processes. */
function open(vendor: Vendor, script: string, around: object = {}) {
  const home = temporaryHome()
  const events: string[] = []
  const runtime = createRuntime({
    ...home.options,
    connectors: {
      definition: {
        name: 'acme',
        base_url: vendor.origin,
        script: 'main.js',
        methods: { get: { verb: 'POST', path: '/thing' } },
        ...around,
      },
      scripts: { 'main.js': script },
    },
    sandbox: {
      slots: 1,
      log: (event) => events.push(event.kind === 'started' ? event.kind : event.reason),
    },
  })
  return {
    runtime,
    events,
    call: (input = {}) => runtime.call({ ...who, method: 'get', input }),
    async [Symbol.asyncDispose]() {
      await runtime[Symbol.asyncDispose]()
      home[Symbol.dispose]()
    },
  }
}

const forged = `hkl_${'0123456789abcdef'.repeat(2)}`
const auth = { type: 'api_key', in: 'header', as: 'X-Key' }

test('dialect 14.14 a placeholder in input or in a response is inert text', async () => {
  await using vendor = await startVendor()
  vendor.answers(echo())
  const script = `function before_action() {
    method_request.real = method_auth_value
    method_request.same = method_request.text === '${forged}'
  }`
  await using acme = open(vendor, script, { auth })
  await acme.runtime.connections.create({ ...who, key: 'a-key-of-somebody' })
  const outcome = await acme.call({ text: forged })
  const sent = JSON.parse(vendor.requests.at(-1)?.body ?? '{}')
  expect(sent).toEqual({ text: forged, real: 'a-key-of-somebody', same: true })
  expect(JSON.stringify(outcome)).not.toContain('a-key-of-somebody')
})

describe('dialect 14.14 the process of a hook on a token answer', () => {
  const oauth = {
    type: 'oauth2',
    grant: 'client_credentials',
    client_id: 'us',
  }
  const script = `function after_oauth2_token() {}
    function after_action() { if (method_response.dead) throw new AuthRefreshException() }`

  async function processesAfter(token: object): Promise<readonly string[]> {
    await using vendor = await startVendor()
    vendor.on('/token', json({ access_token: 'alive', expires_in: 600, ...token }))
    vendor.on('/thing', (request, response, signal) =>
      json(request.headers.authorization === 'Bearer alive' ? { fine: true } : { dead: true })(
        request,
        response,
        signal,
      ),
    )
    const tokenUrl = `${vendor.origin}/token`
    await using acme = open(vendor, script, { auth: { ...oauth, token_url: tokenUrl } })
    const tokens = { accessToken: 'old' }
    const properties = { ClientSecret: 'our-secret' }
    await acme.runtime.connections.import({ ...who, tokens, properties })
    expect(await acme.call()).toMatchObject({ kind: 'success', content: { fine: true } })
    return [...acme.events]
  }

  test('ends with it where the answer has undeclared fields', async () => {
    const events = await processesAfter({ instance_url: 'https://eu.acme.example' })
    expect(events).toContain('its hook saw what may be a secret')
  })

  test('goes on where it has none', async () => {
    expect(await processesAfter({})).not.toContain('its hook saw what may be a secret')
  })
})

test('dialect 14.14 a connector with reveal_secrets is warned of', () => {
  const definition = { name: 'acme', base_url: 'https://api.acme.example', methods: {} }
  const warnings = (more: object) =>
    loadData({ definition: { ...definition, ...more } }).warnings.map(({ message }) => message)
  expect(warnings({ reveal_secrets: true })).toEqual([
    'scripts of this connector read secrets in clear',
  ])
  expect(warnings({})).toEqual([])
})
