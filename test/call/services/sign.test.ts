/** `cyclr_sign` (dialect section 5), asked as a script asks. */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  verify,
} from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Json } from '../../../runtime/model/json.ts'
import { ask, refused, resultOf } from './asking.ts'

/** A private key of so many bits whose numbers are not prime: to make real ones takes a minute. */
function playedKey(bits: number): string {
  const number = (length: number) =>
    Buffer.from([0x80, ...new Array<number>(length / 8 - 2).fill(0), 1]).toString('base64url')
  const [whole, half] = [number(bits), number(bits / 2)]
  const key = {
    kty: 'RSA',
    n: whole,
    e: 'AQAB',
    d: whole,
    p: half,
    q: half,
    dp: half,
    dq: half,
    qi: half,
  }
  return String(createPrivateKey({ format: 'jwk', key }).export({ type: 'pkcs1', format: 'pem' }))
}

describe('cyclr_sign', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const check = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }))

  test.each(['SHA1', 'SHA256', 'SHA512'])('signs with HMAC-%s', async (hash) => {
    const argument = { algorithm: `hmac-${hash.toLowerCase()}`, key: 'k', value: 'hé' }
    const expected = createHmac(hash, 'k').update('hé').digest('base64')
    expect(resultOf(await ask('cyclr_sign', argument))).toBe(expected)
  })

  test.each(['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512'])('signs with RSA-%s', async (hash) => {
    const argument = { algorithm: `RSA-${hash}`, key: pem, value: 'hé' }
    const signature = Buffer.from(String(resultOf(await ask('cyclr_sign', argument))), 'base64')
    expect(verify(hash, Buffer.from('hé'), check, signature)).toBe(true)
  })

  test.each([
    ['in one line', pem.replaceAll('\n', '')],
    ['with spaces for line ends', pem.trim().replaceAll('\n', ' ')],
    ['with written line ends', pem.replaceAll('\n', '\\n')],
    ['with written line ends of Windows', pem.replaceAll('\n', '\\r\\n')],
    [
      'of PKCS #1',
      String(privateKey.export({ type: 'pkcs1', format: 'pem' })).replaceAll('\n', ''),
    ],
    ['with a text around it', `key:\n${pem}\nend`],
  ])('reads a key %s', async (_how, key) => {
    const argument = { algorithm: 'RSA-SHA256', key, value: 'x' }
    const signature = Buffer.from(String(resultOf(await ask('cyclr_sign', argument))), 'base64')
    expect(verify('SHA256', Buffer.from('x'), check, signature)).toBe(true)
  })

  test.each<[string, string]>([
    ['no key', 'nonsense'],
    ['a public key', String(publicKey.export({ type: 'spki', format: 'pem' }))],
    [
      'a key of another kind',
      String(
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      ),
    ],
    [
      'a key with a passphrase',
      String(
        privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'p' }),
      ),
    ],
  ])('refuses %s, and does not quote it', async (_what, key) => {
    const message = await refused('cyclr_sign', { algorithm: 'RSA-SHA256', key, value: 'x' })
    expect(message).toContain('RSA private key in PEM')
    expect(message).not.toContain(key.slice(0, 20))
  })

  test('reads a key whose last line is a whole one', async () => {
    const key = playedKey(8192)
    expect(key.split('\n').at(-3)).toHaveLength(64)
    const asking = await ask('cyclr_sign', { algorithm: 'RSA-SHA256', key, value: 'x' })
    expect(asking.answer.ok).toBe(true)
  })

  test('takes an RSA key of 8192 bits, and none that is larger', async () => {
    const argument = { algorithm: 'RSA-SHA256', value: 'x' }
    const largest = await ask('cyclr_sign', { ...argument, key: playedKey(8192) })
    expect(String(resultOf(largest))).toMatch(/^[\w+/]+=*$/)
    expect(await refused('cyclr_sign', { ...argument, key: playedKey(8208) })).toContain(
      '8192 bits',
    )
  })

  test('does not look through a text that is larger than any such key', async () => {
    const around = (length: number) => `${pem}${' '.repeat(length - pem.length)}`
    const argument = { algorithm: 'RSA-SHA256', value: 'x' }
    const whole = await ask('cyclr_sign', { ...argument, key: around(16_384) })
    expect(whole.answer.ok).toBe(true)
    expect(await refused('cyclr_sign', { ...argument, key: around(16_385) })).toContain('PEM')
  })

  test('says which algorithms it has', async () => {
    const argument = { algorithm: 'x'.repeat(99), key: 'k', value: 'v' }
    const message = await refused('cyclr_sign', argument)
    expect(message).toContain('HMAC-SHA1, HMAC-SHA256, HMAC-SHA512, RSA-SHA1')
    expect(message).not.toContain('x'.repeat(51))
  })

  test.each<Json>([
    null,
    { algorithm: 'HMAC-SHA1', key: 'k' },
    { algorithm: 'HMAC-SHA1', value: 'v' },
    { key: 'k', value: 'v' },
  ])('wants three texts, unlike %j', async (argument) => {
    expect(await refused('cyclr_sign', argument)).toContain('three texts')
  })

  test('makes a secret of what was signed with one, or is one', async () => {
    const argument = { algorithm: 'HMAC-SHA256', key: 'key', value: 'value' }
    const plain = resultOf(await ask('cyclr_sign', argument))
    for (const name of ['key', 'value'] as const) {
      const asking = await ask('cyclr_sign', (conceal) => ({
        ...argument,
        [name]: conceal(argument[name]),
      }))
      const text = String(resultOf(asking))
      expect(text).toMatch(/^hkl_/)
      expect(asking.resolve(text)).toBe(plain)
    }
  })
})
