import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { asConnectorName } from '../../runtime/model/ids.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { createScriptStorage, storageLimits } from '../../runtime/store/script-storage.ts'
import { openSqlite } from '../../runtime/store/sqlite.ts'
import { acme } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

const scope = { tenant: acme.tenant, connector: asConnectorName('crm'), cycle: null }

async function opened(file = join(temporaryFolder(), 'store.db')) {
  const backend = await openSqlite(file)
  onTestFinished(() => backend[Symbol.asyncDispose]())
  return { storage: createScriptStorage(backend.values), file }
}

test('set(), get() and delete() keep one text under a key', async () => {
  const { storage } = await opened()
  expect(await storage.get(scope, 'page')).toBeNull()
  await storage.set(scope, 'page', '7')
  await storage.set(scope, 'page', '8')
  expect(await storage.get(scope, 'page')).toBe('8')
  expect(await storage.delete(scope, 'page')).toBe(true)
  expect(await storage.delete(scope, 'page')).toBe(false)
})

test('increment() and append() lose nothing among concurrent writers', async () => {
  const { storage, file } = await opened()
  const { storage: second } = await opened(file)
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const either = index % 2 ? storage : second
      await either.increment(scope, 'sum', 1.5)
      await either.append(scope, 'text', 'x')
    }),
  )
  expect(await storage.get(scope, 'sum')).toBe('150')
  expect(await storage.get(scope, 'text')).toBe('x'.repeat(100))
  expect(await storage.increment(scope, 'sum', -50)).toBe(100)
})

test('increment() refuses what is no number', async () => {
  const { storage } = await opened()
  await storage.set(scope, 'name', 'Ada')
  await expect(storage.increment(scope, 'name', 1)).rejects.toThrow('no number to count with')
  expect(await storage.get(scope, 'name')).toBe('Ada')
})

test('a script cannot fill the store', async () => {
  const { storage } = await opened()
  const { key, value } = storageLimits
  await expect(storage.set(scope, 'k'.repeat(key + 1), '')).rejects.toThrow(UsageError)
  await expect(storage.set(scope, '', '')).rejects.toThrow(UsageError)
  await expect(storage.set(scope, 'a\0b', '')).rejects.toThrow(UsageError)
  await storage.set(scope, 'long', 'v'.repeat(value))
  await expect(storage.append(scope, 'long', 'v')).rejects.toThrow('is longer than')
  expect(await storage.get(scope, 'long')).toHaveLength(value)
})

test('a scope takes so many keys and no more', async () => {
  const backend = await openSqlite(join(temporaryFolder(), 'store.db'))
  onTestFinished(() => backend[Symbol.asyncDispose]())
  const full = { ...backend.values, size: async () => ({ keys: storageLimits.keys, bytes: 0 }) }
  const storage = createScriptStorage(full)
  await backend.values.swap(scope, 'old', { seen: null, next: '1' })
  await expect(storage.set(scope, 'new', '')).rejects.toThrow('keys already')
  await storage.set(scope, 'old', '2')
  expect(await storage.get(scope, 'old')).toBe('2')
})

test('a scope takes so many bytes and no more', async () => {
  const { storage } = await opened()
  const most = 'é'.repeat(storageLimits.value)
  const fit = storageLimits.bytes / Buffer.byteLength(most)
  for (let index = 0; index < fit; index++) await storage.set(scope, `key-${index}`, most)
  await expect(storage.set(scope, 'one-more', 'x')).rejects.toThrow('more than 4 MiB')
  await storage.set(scope, 'key-0', 'x')
  await storage.set(scope, 'one-more', 'x')
  expect(await storage.list(scope)).toHaveLength(fit + 1)
})
