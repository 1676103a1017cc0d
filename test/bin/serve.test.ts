import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { send } from '../server/support.ts'
import { listenOnLoopback } from '../support/loopback.ts'
import { startPostgres } from '../support/postgres.ts'
import { echo, json, startVendor, type Vendor } from '../support/vendor.ts'
import { type Circumstances, type Cli, type Finished, openCli } from './cli.ts'

let cli: Cli
let vendor: Vendor
let apps: string

beforeAll(async () => {
  cli = openCli()
  vendor = await startVendor()
  cli.connector('crm', `base_url: ${vendor.origin}\nmethods:\n  get: { verb: GET, path: /zip }\n`)
  apps = join(cli.connectors, '..', 'apps')
  mkdirSync(apps)
  const app = 'group: g\nflows:\n  note: { source: "function handle() {}" }\n'
  writeFileSync(join(apps, 'support.yaml'), app)
})
afterAll(async () => {
  await vendor[Symbol.asyncDispose]()
  cli[Symbol.dispose]()
})

/** Starts a server, plays with it, and asks it to stop. */
async function serving(
  words: readonly string[],
  play: (origin: string, said: string) => Promise<void>,
  circumstances: Circumstances = {},
): Promise<Finished> {
  const started = Promise.withResolvers<ChildProcess>()
  const all = ['serve', '--port', '0', '--apps', apps, ...words]
  const finished = cli.hookline(all, { ...circumstances, meanwhile: started.resolve })
  const child = await started.promise
  let said = ''
  if (!child.stderr) throw new Error('the process has no stderr')
  for await (const line of createInterface(child.stderr)) {
    said += `${line}\n`
    const origin = /serving .* on (\S+)$/.exec(line)?.[1]
    if (origin === undefined) continue
    try {
      await play(origin, said)
    } finally {
      child.kill('SIGTERM')
    }
    break
  }
  return finished
}

const path = '/api/apps/support/error_handlers/'

test('serve makes up a token, serves apps and calls, and stops when it is asked to', async () => {
  vendor.answers(json({ zip: 1 }))
  const { code } = await serving([], async (origin, said) => {
    expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:/)
    const token = /this one lets in: (\S+)/.exec(said)?.[1] ?? ''
    expect((await send(origin + path, { token })).status).toBe(200)
    expect((await send(origin + path, { token: 'other' })).status).toBe(401)
    const list = [{ handler: { component_id: 'note' } }]
    expect((await send(origin + path, { verb: 'PUT', token, json: list })).status).toBe(201)
    const call = { connector: 'crm', method: 'get', app: 'support' }
    const seen = await send(`${origin}/api/calls`, { verb: 'POST', token, json: call })
    expect(seen.json).toMatchObject({ kind: 'success', content: { zip: 1 } })
  })
  expect(code).toBe(0)
  expect(readFileSync(join(apps, 'support.yaml'), 'utf8')).toContain('component_id: "note"')
})

test('serve lets in the tokens of a file, each with its own tenant', async () => {
  const file = join(apps, '..', 'tokens.yaml')
  const hash = createHash('sha256').update('s3cret').digest('hex')
  writeFileSync(file, `tokens:\n  - { sha256: ${hash}, tenant: acme, groups: [g] }\n`)
  const { code, stderr } = await serving(['--tokens', file], async (origin, said) => {
    expect(said).not.toContain('lets in')
    expect((await send(origin + path, { token: 's3cret' })).status).toBe(200)
  })
  expect(code).toBe(0)
  expect(stderr).toMatch(/^GET \/api\/apps\/support\/error_handlers\/ 200 \d+ ms acme$/m)
  expect(stderr).not.toContain('s3cret')
})

test('serve lets in the users of a CentralAuth server', async () => {
  vendor.answers(json({ id: 'u', organizationId: 'g', blocked: false }))
  const env = {
    HOOKLINE_CENTRALAUTH_URL: vendor.origin,
    HOOKLINE_CENTRALAUTH_CLIENT_ID: 'client',
    HOOKLINE_CENTRALAUTH_SECRET: 'shh',
    HOOKLINE_CENTRALAUTH_CALLBACK: 'https://app.example',
  }
  const { code } = await serving(
    [],
    async (origin) => {
      expect((await send(origin + path, { token: 'any' })).status).toBe(200)
    },
    { env },
  )
  expect(code).toBe(0)
})

test('serve lets a call that was begun end before it stops', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  vendor.answers(async (request, response, signal) => {
    asked.resolve()
    await answer.promise
    await echo()(request, response, signal)
  })
  let begun: ReturnType<typeof send> | null = null
  const { code } = await serving([], async (origin, said) => {
    const token = /this one lets in: (\S+)/.exec(said)?.[1] ?? ''
    const call = { connector: 'crm', method: 'get' }
    begun = send(`${origin}/api/calls`, { verb: 'POST', token, json: call })
    await asked.promise
    setTimeout(answer.resolve, 100)
  })
  expect(code).toBe(0)
  expect(await begun).toMatchObject({ status: 200, json: { kind: 'success' } })
})

test('serve says what is wrong where it cannot listen', async () => {
  await using taken = await listenOnLoopback(() => {})
  const { port } = new URL(taken.origin)
  const { code, stderr } = await cli.hookline(['serve', '--apps', apps, '--port', port])
  expect(code).toBe(2)
  expect(stderr).toContain(`Cannot listen on 127.0.0.1:${port} (EADDRINUSE)`)
})

test('serve says which setting of CentralAuth is missing', async () => {
  const words = ['serve', '--apps', apps, '--central-auth', vendor.origin]
  const { code, stderr } = await cli.hookline(words)
  expect(code).toBe(2)
  expect(stderr).toContain('needs the variable HOOKLINE_CENTRALAUTH_CLIENT_ID')
})

test('serve takes webhooks at the address that it tells, and prints what came in', async () => {
  cli.connector(
    'shop',
    'base_url: https://api.shop.example\nmethods:\n  created: { type: webhook }\n',
  )
  const env = { HOOKLINE_WEBHOOK_SECRET: 'a secret of the operator, thirty-two at least' }
  let path = ''
  const { code, stdout, stderr } = await serving(
    [],
    async (origin, said) => {
      const token = /this one lets in: (\S+)/.exec(said)?.[1] ?? ''
      const told = await send(`${origin}/api/webhooks/shop/-/created`, { token })
      path = (told.json as { readonly path: string }).path
      const posted = { verb: 'POST', token: null, json: { id: 7 } }
      expect((await send(origin + path, posted)).status).toBe(200)
      const missing = await send(`${origin}/api/webhooks/crm/-/get`, { token })
      const { path: other } = missing.json as { readonly path: string }
      expect((await send(origin + other, posted)).status).toBe(404)
    },
    { env },
  )
  expect(code).toBe(0)
  const line = stdout.split('\n').find((text) => text.includes('"webhook"')) ?? ''
  expect(JSON.parse(line)).toMatchObject({
    ...{ kind: 'webhook', tenant: 'default', connector: 'shop', connection: null },
    ...{ method: 'created', content: { id: 7 }, exit: null },
  })
  expect(stderr).toContain('hookline: webhook default crm - get: DefinitionInvalid: ')
  expect(stderr).not.toContain(path.slice(-43))
})

test('serve without a secret for webhooks takes none, and says what they need', async () => {
  const { code, stderr } = await serving([], async (origin, said) => {
    const token = /this one lets in: (\S+)/.exec(said)?.[1] ?? ''
    expect((await send(`${origin}/api/webhooks/crm/-/get`, { token })).status).toBe(404)
    const later = { connector: 'crm', method: 'get', async: true }
    const seen = await send(`${origin}/api/calls`, { verb: 'POST', token, json: later })
    expect(seen.status).toBe(400)
  })
  expect([code, stderr]).toEqual([0, expect.stringContaining('HOOKLINE_WEBHOOK_SECRET')])
})

test('serve with a store on Postgres keeps calls for later', async () => {
  await using postgres = await startPostgres()
  const env = { HOOKLINE_STORE: await postgres.database() }
  const { code, stderr } = await serving(
    [],
    async (origin, said) => {
      const token = /this one lets in: (\S+)/.exec(said)?.[1] ?? ''
      const later = { connector: 'crm', method: 'get', async: true }
      const kept = await send(`${origin}/api/calls`, { verb: 'POST', token, json: later })
      expect(kept.status).toBe(202)
      const seen = await send(origin + String(kept.headers.location), { token })
      expect(seen.json).toMatchObject({ state: 'ready', connector: 'crm' })
    },
    { env },
  )
  expect([code, stderr]).toEqual([0, expect.stringContaining('for whoever runs `hookline worker`')])
})
