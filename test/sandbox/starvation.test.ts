/** The pool can neither deadlock nor starve anybody, whatever its slots are taken by. */
import { describe, expect, test } from 'vitest'
import { createRuntime } from '../../runtime/runtime.ts'
import { json, startVendor, type Vendor } from '../support/vendor.ts'
import { temporaryHome } from './home.ts'
import { pendingCapability, watchedSandbox } from './support.ts'

const after = (body: string): string => `function after_action() { ${body} }`
const endless = after('for (;;);')
const asking = after('http_request({})')
const plain = after('')

describe('slots that are taken', () => {
  test('by hooks that all wait in http_request(): others run, and the waiting ones go on', async () => {
    await using pool = await watchedSandbox({ slots: 1, maxProcesses: 3 })
    const vendors = [pendingCapability(), pendingCapability(), pendingCapability()]
    const waiting = vendors.map(({ capability }, index) =>
      pool.run({ tenant: `t${index}`, connector: asking, capability }),
    )
    await Promise.all(vendors.map(({ asked }) => asked))
    // Every process is taken; one more is kept for a renewal, for which the others may be waiting.
    const late = pool.run({ tenant: 'late', connector: plain })
    expect(await pool.run({ tenant: 'x', connector: plain, urgent: true })).toBeDefined()
    vendors[0]?.answer()
    expect(await late).toMatchObject({ kind: 'returned' })
    for (const vendor of vendors) vendor.answer()
    expect(await Promise.all(waiting)).toHaveLength(3)
  })

  test('by one tenant’s loops: another tenant’s hooks do not wait for their end', async () => {
    await using pool = await watchedSandbox({ slots: 2 })
    let ended = 0
    const loops = Array.from({ length: 6 }, () =>
      pool.run({ tenant: 'bad', connector: endless, hookMs: 3_000 }).catch(() => ended++),
    )
    for (let index = 0; index < 10; index++) {
      expect(await pool.run({ tenant: 'good', connector: plain })).toBeDefined()
    }
    expect(ended).toBe(0)
    await pool[Symbol.asyncDispose]()
    await Promise.all(loops)
  })

  test('by loops of more tenants than there are slots: the same', async () => {
    await using pool = await watchedSandbox({ slots: 1 })
    let ended = 0
    const loops = ['a', 'b', 'c'].map((tenant) =>
      pool.run({ tenant, connector: endless, hookMs: 3_000 }).catch(() => ended++),
    )
    expect(await pool.run({ tenant: 'good', connector: plain })).toBeDefined()
    expect(ended).toBe(0)
    await pool[Symbol.asyncDispose]()
    await Promise.all(loops)
  })

  test('by what hooks left behind: the next one does not wait for it', async () => {
    await using pool = await watchedSandbox({ slots: 1 })
    const busy = after('Promise.resolve().then(() => { for (;;); })')
    await pool.run({ tenant: 'a', connector: busy, hookMs: 20_000 })
    expect(await pool.run({ tenant: 'b', connector: plain })).toMatchObject({ kind: 'returned' })
    expect(pool.pids('ended')).toEqual([])
  })
})

describe('a renewal while every slot is taken', () => {
  const refreshing = (origin: string) => ({
    definition: {
      name: 'oauth',
      base_url: origin,
      auth: {
        type: 'oauth2',
        authorization_url: `${origin}/authorize`,
        token_url: `${origin}/token`,
        client_id: 'client',
      },
      script: 'main.js',
      methods: { get: { path: '/oauth' } },
    },
    scripts: {
      'main.js': `function after_error() { throw new AuthRefreshException() }
        function before_oauth2_refresh() { method_request_headers['X-Hook'] = 'ran' }`,
    },
  })

  test('gets the slot that is kept for its hooks', async () => {
    await using vendor = await startVendor()
    onlyWith(vendor, { path: '/oauth', header: 'authorization', value: 'Bearer second' })
    vendor.on('/token', json({ access_token: 'second', token_type: 'Bearer' }))
    using home = temporaryHome()
    await using runtime = createRuntime({
      ...home.options,
      connectors: [refreshing(vendor.origin), loopsAt(vendor.origin)],
      sandbox: { slots: 1, maxProcesses: 1 },
    })
    const who = { tenant: 'good', connection: 'c', connector: 'oauth' }
    const tokens = { accessToken: 'first', refreshToken: 'refresh' }
    await runtime.connections.import({ ...who, tokens })
    const loop = runtime.call({ tenant: 'bad', connector: 'loops', method: 'get' })
    const calls = Array.from({ length: 5 }, () => runtime.call({ ...who, method: 'get' }))
    for (const outcome of await Promise.all(calls)) {
      expect(outcome).toMatchObject({ kind: 'success', content: { fine: true } })
    }
    const token = vendor.requests.filter(({ path }) => path === '/token')
    expect(token.map(({ headers }) => headers['x-hook'])).toEqual(['ran'])
    expect(await loop).toMatchObject({ failure: { type: 'ScriptTimeout' } })
  })

  test('looks a session up by a method that calls http_request()', async () => {
    await using vendor = await startVendor()
    onlyWith(vendor, { path: '/session', header: 'x-session', value: 's-1' })
    vendor.on('/login', json({ step: 1 }))
    vendor.on('/id', json({ SessionId: 's-1' }))
    using home = temporaryHome()
    await using runtime = createRuntime({
      ...home.options,
      connectors: sessionAt(vendor.origin),
      sandbox: { slots: 1, maxProcesses: 1 },
    })
    const who = { tenant: 'good', connection: 'c', connector: 'session' }
    await runtime.connections.create(who)
    const calls = Array.from({ length: 5 }, () => runtime.call({ ...who, method: 'get' }))
    for (const outcome of await Promise.all(calls)) {
      expect(outcome).toMatchObject({ kind: 'success', content: { fine: true } })
    }
  })
})

function loopsAt(origin: string) {
  return {
    definition: {
      ...{ name: 'loops', base_url: origin, script: 'main.js', limits: { hook_ms: 2_000 } },
      methods: { get: { path: '/anything' } },
    },
    scripts: { 'main.js': 'function before_action() { for (;;); }' },
  }
}

function sessionAt(origin: string) {
  return {
    definition: {
      name: 'session',
      base_url: origin,
      auth: { type: 'session' },
      properties: { SessionId: { in: 'header', as: 'X-Session' } },
      post_install: { method: 'login', values: { SessionId: 'data.SessionId' } },
      script: 'main.js',
      methods: { get: { path: '/session' }, login: { path: '/login', script: 'login.js' } },
    },
    scripts: {
      'main.js': 'function after_error() { throw new AuthSessionException() }',
      'login.js': `function after_action() {
        method_response = JSON.parse(http_request({ url: '${origin}/id' }).content) }`,
    },
  }
}

type Wanted = { readonly path: string; readonly header: string; readonly value: string }

/** Answers 401 to whoever does not bring that header. */
function onlyWith(vendor: Vendor, { path, header, value }: Wanted): void {
  vendor.on(path, (request, response, signal) => {
    const isGood = request.headers[header] === value
    return (isGood ? json({ fine: true }) : json({}, { status: 401 }))(request, response, signal)
  })
}
