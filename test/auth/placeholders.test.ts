import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Placeholders } from '../../runtime/auth/placeholders.ts'
import { Secret } from '../../runtime/model/secret.ts'

const fresh = (revealed = false) =>
  new Placeholders(() => randomBytes(16).toString('hex'), revealed)
const token = new Secret('the-access-token')

describe('Placeholders', () => {
  test('stand for a secret with 128 random bits, the same throughout a call', () => {
    const placeholders = fresh()
    const text = placeholders.conceal(token)
    expect(text).toMatch(/^hkl_[0-9a-f]{32}$/)
    expect(placeholders.conceal(new Secret('the-access-token'))).toBe(text)
    expect(placeholders.conceal(new Secret('another'))).not.toBe(text)
    expect(fresh().conceal(token)).not.toBe(text)
  })

  test('are put back wherever they stand in a text, encoded as asked', () => {
    const placeholders = fresh()
    const text = placeholders.conceal(new Secret('a b'))
    expect(placeholders.resolve(`Bearer ${text}, ${text}`)).toBe('Bearer a b, a b')
    expect(placeholders.resolve(`?t=${text}`, encodeURIComponent)).toBe('?t=a%20b')
  })

  test('of another call are inert text', () => {
    const other = fresh().conceal(token)
    const placeholders = fresh()
    expect(placeholders.resolve(other)).toBe(other)
    expect(placeholders.holdsSecret(other)).toBe(false)
    expect(placeholders.redact(other)).toBe(other)
  })

  test('are resolved once: what a secret says is not looked through again', () => {
    const placeholders = fresh()
    const inner = placeholders.conceal(token)
    const outer = placeholders.conceal(new Secret(`nested ${inner}`))
    expect(placeholders.resolve(outer)).toBe(`nested ${inner}`)
  })

  test('know whether a text holds one', () => {
    const placeholders = fresh()
    expect(placeholders.holdsSecret(`x ${placeholders.conceal(token)} y`)).toBe(true)
    expect(placeholders.holdsSecret('hkl_nothing')).toBe(false)
  })

  test('take the place of echoes: a vendor may send a token back', () => {
    const placeholders = fresh()
    const text = placeholders.conceal(token)
    expect(placeholders.scrub('{"echo":"the-access-token"}')).toBe(`{"echo":"${text}"}`)
    expect(placeholders.scrub('nothing')).toBe('nothing')
  })

  test('do not take a very short secret for an echo: it would match by chance', () => {
    const placeholders = fresh()
    placeholders.conceal(new Secret('12345'))
    placeholders.conceal(new Secret('123456'))
    expect(placeholders.scrub('12345')).toBe('12345')
    expect(placeholders.scrub('123456')).toMatch(/^hkl_/)
  })

  test('of what scripts make of secrets tell nothing when compared, and are resolved alike', () => {
    const placeholders = fresh()
    const [one, other] = [1, 2].map(() => placeholders.concealPassing(new Secret('made-of-it')))
    expect(one).not.toBe(other)
    expect(placeholders.resolve(`${one} ${other}`)).toBe('made-of-it made-of-it')
    expect(placeholders.scrub('made-of-it')).toBe(other)
    const own = placeholders.conceal(new Secret('made-of-it'))
    expect([one, other]).not.toContain(own)
    expect(placeholders.conceal(new Secret('made-of-it'))).toBe(own)
  })

  test('of what scripts make are forgotten when many more were made, those of the call never', () => {
    const placeholders = fresh()
    const own = placeholders.conceal(token)
    const same = placeholders.concealPassing(token)
    const first = placeholders.concealPassing(new Secret('number-0'))
    for (let count = 1; count < 100; count++)
      placeholders.concealPassing(new Secret(`number-${count}`))
    expect(placeholders.resolve(first)).toBe('number-0')
    placeholders.concealPassing(new Secret('number-100'))
    expect(placeholders.resolve(first)).toBe(first)
    expect(placeholders.resolve(same)).toBe(same)
    expect(placeholders.scrub('number-0 number-100')).toMatch(/^number-0 hkl_/)
    expect(placeholders.scrub('the-access-token')).toBe(own)
  })

  test('are not put back where a text names them so often that it would fill the memory', () => {
    const placeholders = fresh()
    const text = placeholders.conceal(new Secret('x'.repeat(64 * 1024)))
    expect(placeholders.resolve(text.repeat(16))).toHaveLength(1024 * 1024)
    expect(() => placeholders.resolve(text.repeat(17))).toThrow(/secrets in it have more than/)
  })

  test('leave neither themselves nor secrets in what people read', () => {
    const placeholders = fresh()
    const text = placeholders.conceal(token)
    expect(placeholders.redact(`${text} is the-access-token`)).toBe('[secret] is [secret]')
  })

  test('are the secrets themselves where the connector reveals them, and still not printed', () => {
    const placeholders = fresh(true)
    expect(placeholders.conceal(token)).toBe('the-access-token')
    expect(placeholders.conceal(token)).toBe('the-access-token')
    expect(placeholders.scrub('the-access-token')).toBe('the-access-token')
    expect(placeholders.redact('the-access-token')).toBe('[secret]')
  })
})
