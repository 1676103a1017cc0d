import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { bindTo } from '../../runtime/store/cipher.ts'
import { keysFromEnvironment, localKeys, readKeys } from '../../runtime/store/keys.ts'

const context = bindTo('acme', 'crm', 'data key')
const dataKey = randomBytes(32)
const made = () => randomBytes(32)

test('localKeys() encrypts by the first key and decrypts by any', async () => {
  const [older, newer] = [made(), made()]
  const before = localKeys([older], 'here')
  const after = localKeys([newer, older], 'here')
  const wrapped = await before.wrap(dataKey, context)
  expect(await after.unwrap(wrapped, context)).toEqual(dataKey)
  const rewrapped = await after.wrap(dataKey, context)
  expect(rewrapped.keyId).not.toBe(wrapped.keyId)
  await expect(before.unwrap(rewrapped, context)).rejects.toThrow(UsageError)
})

test('localKeys() refuses a data key that belongs to another connection', async () => {
  const keys = localKeys([made()], 'here')
  const wrapped = await keys.wrap(dataKey, context)
  const elsewhere = bindTo('other', 'crm', 'data key')
  await expect(keys.unwrap(wrapped, elsewhere)).rejects.toThrow('does not open')
})

test('localKeys() names keys by ids that hold nothing of them', async () => {
  const key = made()
  const { keyId } = await localKeys([key], 'here').wrap(dataKey, context)
  expect(keyId).toMatch(/^[0-9a-f]{16}$/)
  expect(key.toString('hex')).not.toContain(keyId)
})

test('readKeys() reads several, past comments', () => {
  const [first, second] = [made(), made()]
  const text = `# made in May\n${first.toString('base64')}\n\n${second.toString('base64')}\n`
  expect(readKeys(text, 'the file')).toEqual([first, second])
})

test.for([
  ['short', randomBytes(31).toString('base64'), 'has 31 bytes'],
  ['long', randomBytes(33).toString('base64'), 'has 33 bytes'],
  ['not base64', 'a*key', 'is not base64'],
  ['all zero', Buffer.alloc(32).toString('base64'), 'is not random'],
  ['typed', Buffer.from('aaaaaaaabbbbbbbbccccccccdddddddd').toString('base64'), 'is not random'],
] as const)('readKeys() refuses a key that is %s, without showing it', ([, text, message]) => {
  const reading = () => readKeys(text, 'the file')
  expect(reading).toThrow(UsageError)
  expect(reading).toThrow(message)
  expect(reading).not.toThrow(text)
})

test('keysFromEnvironment() reads HOOKLINE_KEY, and refuses to do without', async () => {
  const environment = { HOOKLINE_KEY: made().toString('base64') }
  const keys = keysFromEnvironment(environment)
  expect(await keys.unwrap(await keys.wrap(dataKey, context), context)).toEqual(dataKey)
  expect(() => keysFromEnvironment({})).toThrow('HOOKLINE_KEY holds no key')
})
