import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { asConnectionId, asTenant } from '../../runtime/model/ids.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { newKey } from '../../runtime/store/cipher.ts'
import { type KeyProvider, localKeys } from '../../runtime/store/keys.ts'
import { openVault, type VaultOptions } from '../../runtime/store/vault.ts'
import {
  accessTokenOf,
  acme,
  lookup,
  never,
  newConnection,
  other,
  refresh,
  someKeys,
  tokens,
} from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

async function vaultWith(options: Partial<VaultOptions> = {}) {
  const store = options.store ?? join(temporaryFolder(), 'store.db')
  const vault = await openVault({ keys: someKeys(), ...options, store })
  onTestFinished(() => vault[Symbol.asyncDispose]())
  return { vault, store }
}

test('current() gives back what create() stored', async () => {
  const { vault } = await vaultWith()
  await vault.create(newConnection())
  const credential = await vault.current(acme)
  expect(accessTokenOf(credential)).toBe('access-0')
  expect(credential.properties.ClientSecret?.reveal()).toBe('client-secret')
  expect(credential).toMatchObject({ generation: 0, refreshed: 0, lookedUp: 0, session: {} })
})

test('current() says which connection is missing', async () => {
  const { vault } = await vaultWith()
  await expect(vault.current(acme)).rejects.toMatchObject({
    errorCode: 'sessionMissing',
    message: 'There is no connection crm',
  })
})

test('create() leaves no secret readable in the files', async () => {
  const { vault, store } = await vaultWith()
  await vault.create(newConnection())
  const renewal = refresh(() => '1')
  await vault.replace(acme, await vault.current(acme), renewal, never())
  const bytes = Buffer.concat([readFileSync(store), readFileSync(`${store}-wal`)])
  expect(bytes.includes('crm')).toBe(true)
  for (const secret of ['access-0', 'refresh-0', 'client-secret', 'access-1', 'refresh-1']) {
    expect(bytes.includes(secret)).toBe(false)
    expect(bytes.includes(Buffer.from(secret).toString('base64'))).toBe(false)
  }
})

test('create() refuses an id that is taken, and a name that cannot be', async () => {
  const { vault } = await vaultWith()
  await vault.create(newConnection())
  await expect(vault.create(newConnection())).rejects.toMatchObject({ errorCode: 'entityInvalid' })
  const unnamed = { ...newConnection(), id: asConnectionId('../up') }
  await expect(vault.create(unnamed)).rejects.toThrow(UsageError)
})

test('create() with replace makes a newer credential, and forgets failures', async () => {
  const { vault } = await vaultWith()
  const first = await vault.create(newConnection())
  const stale = await vault.current(acme)
  const dead = refresh(() => 'invalid_grant')
  await expect(vault.replace(acme, stale, dead, never())).rejects.toThrow('dead')

  const again = { ...newConnection(), auth: tokens(50) }
  const second = await vault.create(again, { replace: true })
  expect(second).toMatchObject({ state: 'active', reason: null, createdAt: first.createdAt })
  expect(second.renewal.failures).toBe(0)
  const unused = refresh(() => '1')
  const { credential, adopted } = await vault.replace(acme, stale, unused, never())
  expect(accessTokenOf(credential)).toBe('access-50')
  expect({ adopted, sent: unused.sent }).toEqual({ adopted: true, sent: 0 })
})

test('list() shows a tenant its own connections, and nothing of another', async () => {
  const { vault } = await vaultWith()
  await vault.create(newConnection(acme))
  await vault.create(newConnection(other))
  expect((await vault.list(acme.tenant)).map(({ tenant }) => tenant)).toEqual(['acme'])
  expect(await vault.list(asTenant('nobody'))).toEqual([])
  expect(await vault.get({ tenant: asTenant('nobody'), id: acme.id })).toBeNull()
})

test('remove() takes the secrets with it', async () => {
  const { vault } = await vaultWith()
  await vault.create(newConnection())
  expect(await vault.remove(acme)).toBe(true)
  expect(await vault.remove(acme)).toBe(false)
  await expect(vault.current(acme)).rejects.toThrow('There is no connection')
})

test('erase() leaves nothing of the tenant, and another tenant whole', async () => {
  const { vault, store } = await vaultWith()
  await vault.create(newConnection(acme))
  await vault.create(newConnection(other))
  await vault.replace(
    acme,
    await vault.current(acme),
    refresh(() => '1'),
    never(),
  )
  await vault.mark(acme, { state: 'active', reason: 'a reason only acme has' })
  expect(await vault.erase(acme.tenant)).toBe(1)
  expect(await vault.audit(acme.tenant)).toEqual([])
  const bytes = Buffer.concat([readFileSync(store), readFileSync(`${store}-wal`)])
  expect(bytes.includes('acme')).toBe(false)
  expect(accessTokenOf(await vault.current(other))).toBe('access-0')
})

test('mark() leaves a connection alone whose credential is another one by now', async () => {
  const { vault } = await vaultWith()
  await vault.create(newConnection())
  const old = await vault.current(acme)
  await vault.create(newConnection(), { replace: true })
  await vault.mark(acme, { state: 'sessionInvalid', reason: 'revoked' }, old)
  expect(await vault.get(acme)).toMatchObject({ state: 'active' })
  await vault.mark(acme, { state: 'sessionInvalid', reason: 'revoked' }, await vault.current(acme))
  expect(await vault.get(acme)).toMatchObject({ state: 'sessionInvalid', reason: 'revoked' })
})

test('mark() says where a connection stands, and why', async () => {
  const { vault } = await vaultWith()
  await vault.create(newConnection())
  await vault.mark(acme, { state: 'sessionInactive', reason: 'switched off' })
  expect(await vault.get(acme)).toMatchObject({ state: 'sessionInactive', reason: 'switched off' })
})

/** Moves columns of one tenant's row to another's, as somebody with the file could. */
function moveColumns(store: string, columns: string): void {
  const database = new DatabaseSync(store)
  database.exec(`UPDATE connections SET (${columns}) =
    (SELECT ${columns} FROM connections WHERE tenant = 'acme') WHERE tenant = 'other'`)
  database.close()
}

test.for(['credential', 'data_key', 'incarnation, data_key, credential'])(
  'current() refuses a row whose %s came from another tenant',
  async (columns) => {
    const keys = someKeys()
    const { vault: before, store } = await vaultWith({ keys })
    await before.create(newConnection(acme))
    await before.create(newConnection(other))
    await before[Symbol.asyncDispose]()
    moveColumns(store, columns)
    const { vault } = await vaultWith({ keys, store })
    await expect(vault.current(other)).rejects.toThrow('does not open')
    expect(accessTokenOf(await vault.current(acme))).toBe('access-0')
  },
)

test('openVault() refuses another key, names file and cure, and leaves the file', async () => {
  const first = await vaultWith()
  await first.vault.create(newConnection())
  await first.vault[Symbol.asyncDispose]()
  const before = readFileSync(first.store)
  await expect(openVault({ store: first.store, keys: someKeys() })).rejects.toMatchObject({
    message: expect.stringMatching(`The store ${first.store} does not open: The key .* is not in`),
    cure: expect.stringContaining('Add the key'),
  })
  expect(readFileSync(first.store).equals(before)).toBe(true)
})

test('rewrap() moves every connection to the newer key while calls go on', async () => {
  const store = join(temporaryFolder(), 'store.db')
  const [older, newer] = [newKey(), newKey()]
  const { vault: before } = await vaultWith({ store, keys: localKeys([older, newer], 'A') })
  const ids = Array.from({ length: 20 }, (_, index) => asConnectionId(`c${index}`))
  for (const id of ids) await before.create(newConnection({ ...acme, id }))

  const { vault } = await vaultWith({ store, keys: localKeys([newer, older], 'B') })
  const calls = ids.map(async (id) => {
    const key = { ...acme, id }
    const stale = await before.current(key)
    return before.replace(
      key,
      stale,
      refresh(() => '1'),
      never(),
    )
  })
  const [count] = await Promise.all([vault.rewrap(), ...calls])
  expect(count).toBe(20)
  expect(await vault.rewrap()).toBe(0)
  await before[Symbol.asyncDispose]()

  const { vault: after } = await vaultWith({ store, keys: localKeys([newer], 'C') })
  for (const id of ids) {
    expect(accessTokenOf(await after.current({ ...acme, id }))).toBe('access-1')
  }
  await expect(openVault({ store, keys: localKeys([older], 'D') })).rejects.toThrow('does not open')
})

test('openVault() works with a key management service, and asks it seldom', async () => {
  const service = someKeys()
  let asked = 0
  const keys: KeyProvider = {
    wrap: service.wrap,
    unwrap: (wrapped, context) => {
      asked++
      return service.unwrap(wrapped, context)
    },
  }
  const { vault } = await vaultWith({ keys })
  await vault.create(newConnection())
  for (let times = 0; times < 50; times++) await vault.current(acme)
  expect(asked).toBeLessThanOrEqual(2)
})

test('audit() has a line for each renewal, newest first, and no secret', async () => {
  const wallClock = () => new Date('2026-11-23T10:00:00Z')
  const { vault } = await vaultWith({ wallClock, jitter: () => 0.5 })
  await vault.create(newConnection())
  await vault.replace(
    acme,
    await vault.current(acme),
    lookup(() => 'session-1'),
    never(),
  )
  const failing = refresh(() => 'status 503')
  await vault.replace(acme, await vault.current(acme), failing, never()).catch(() => {})
  const audit = await vault.audit(acme.tenant)
  const common = {
    tenant: 'acme',
    connection: 'crm',
    inDoubt: false,
    at: wallClock().toISOString(),
  }
  expect(audit).toEqual([
    {
      ...common,
      ...{ by: 'refresh', fromGeneration: 1, toGeneration: null },
      ...{ result: 'failed', reason: 'http-503' },
    },
    {
      ...common,
      ...{ by: 'session', fromGeneration: 0, toGeneration: 1 },
      ...{ result: 'renewed', reason: null },
    },
  ])
})

test('lastRuns keeps when a method last ran well', async () => {
  const { vault } = await vaultWith()
  await vault.create(newConnection())
  const run = { ...acme, method: 'list' }
  expect(await vault.lastRuns.get(run)).toBeNull()
  await vault.lastRuns.set(run, new Date('2026-11-23T10:00:00Z'))
  expect(await vault.lastRuns.get(run)).toEqual(new Date('2026-11-23T10:00:00Z'))
})
