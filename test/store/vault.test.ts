import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openVault, type VaultOptions } from '../../runtime/store/vault.ts'
import {
  accessTokenOf,
  acme,
  never,
  newConnection,
  refresh,
  someKeys,
  temporaryFolder,
} from './support.ts'

async function vaultWith(options: Partial<VaultOptions> = {}) {
  const store = join(temporaryFolder(), 'store.db')
  const vault = await openVault({ store, keys: someKeys(), ...options })
  onTestFinished(() => vault[Symbol.asyncDispose]())
  await vault.create(newConnection())
  return { vault, store }
}

test('current() gives back what create() stored', async () => {
  const { vault } = await vaultWith()
  const credential = await vault.current(acme)
  expect(accessTokenOf(credential)).toBe('access-0')
  expect(credential.properties.ClientSecret?.reveal()).toBe('client-secret')
  expect(credential).toMatchObject({ generation: 0, refreshed: 0, lookedUp: 0 })
})

test('create() leaves no secret readable in the file', async () => {
  const { vault, store } = await vaultWith()
  await vault[Symbol.asyncDispose]()
  const bytes = readFileSync(store)
  expect(bytes.includes('crm')).toBe(true)
  for (const secret of ['access-0', 'refresh-0', 'client-secret']) {
    expect(bytes.includes(secret)).toBe(false)
  }
})

test('replace() shares one renewal between concurrent callers', async () => {
  const { vault } = await vaultWith()
  const stale = await vault.current(acme)
  const renewal = refresh((number) => String(number))
  const results = await Promise.all(
    Array.from({ length: 50 }, () => vault.replace(acme, stale, renewal, never())),
  )
  expect(renewal.sent).toBe(1)
  expect(new Set(results.map(({ credential }) => accessTokenOf(credential)))).toEqual(
    new Set(['access-1']),
  )
  expect(results.filter(({ adopted }) => !adopted)).toHaveLength(1)
  expect(accessTokenOf(await vault.current(acme))).toBe('access-1')
})
