import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { bindTo } from '../../runtime/store/cipher.ts'
import { keysFromFile } from '../../runtime/store/key-file.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { newConnection } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

const context = bindTo('test')
const dataKey = randomBytes(32)

test('keysFromFile() makes a key at the first encryption, for its owner alone, and says where', async () => {
  const path = join(temporaryFolder(), 'inside', 'key')
  const made: string[] = []
  const keys = keysFromFile(path, { onMade: (place) => made.push(place) })
  expect(existsSync(path)).toBe(false)
  const wrapped = await keys.wrap(dataKey, context)
  expect(made).toEqual([path])
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(Buffer.from(readFileSync(path, 'utf8'), 'base64')).toHaveLength(32)
  expect(readdirSync(dirname(path))).toEqual(['key'])
  expect(await keysFromFile(path).unwrap(wrapped, context)).toEqual(dataKey)
})

test('keysFromFile() makes one key when many begin at once', async () => {
  const path = join(temporaryFolder(), 'key')
  const made: string[] = []
  const wrapped = await Promise.all(
    Array.from({ length: 20 }, () =>
      keysFromFile(path, { onMade: (place) => made.push(place) }).wrap(dataKey, context),
    ),
  )
  expect(made).toEqual([path])
  expect(new Set(wrapped.map(({ keyId }) => keyId)).size).toBe(1)
})

test('keysFromFile() says of a folder that it is none', async () => {
  const folder = temporaryFolder()
  await expect(keysFromFile(folder).wrap(dataKey, context)).rejects.toMatchObject({
    message: `The key file ${folder} is not a file`,
    cure: 'It is a folder: name the file in it',
  })
})

test('keysFromFile() never makes one up unless allowed', async () => {
  const path = join(temporaryFolder(), 'key')
  await expect(keysFromFile(path).wrap(dataKey, context)).rejects.toThrow(
    `There is no key file at ${path}`,
  )
  expect(existsSync(path)).toBe(false)
})

test('keysFromFile() makes no second key for a store that has one', async () => {
  const folder = temporaryFolder()
  const store = join(folder, 'store.db')
  const path = join(folder, 'key')
  const other = join(folder, 'other')
  {
    await using vault = await openVault({ store, keys: keysFromFile(path, { onMade: () => {} }) })
    await vault.create(newConnection())
  }
  const opening = openVault({ store, keys: keysFromFile(other, { onMade: () => {} }) })
  await expect(opening).rejects.toThrow(`The store ${store} does not open: There is no key file`)
  expect(existsSync(other)).toBe(false)
})

test('keysFromFile() refuses a file that others may read', async () => {
  const path = join(temporaryFolder(), 'key')
  writeFileSync(path, randomBytes(32).toString('base64'))
  chmodSync(path, 0o640)
  await expect(keysFromFile(path).wrap(dataKey, context)).rejects.toMatchObject({
    message: `The key file ${path} is open to others (mode 0640)`,
    cure: expect.stringContaining(`chmod 600 ${path}`),
  })
})

test('keysFromFile() refuses a short key', async () => {
  const path = join(temporaryFolder(), 'key')
  writeFileSync(path, 'c2hvcnQ=', { mode: 0o600 })
  await expect(keysFromFile(path).wrap(dataKey, context)).rejects.toThrow(/has 5 bytes/)
})
