import { expect, test } from 'vitest'
import { bindTo, newKey, seal, unseal } from '../../runtime/store/cipher.ts'

const key = newKey()
const context = bindTo('acme', 'crm', 'credential')
const text = Buffer.from('a secret ✓')

test('unseal() opens what seal() closed', () => {
  expect(unseal(key, seal(key, text, context), context)?.toString()).toBe('a secret ✓')
})

test('seal() never gives the same bytes twice', () => {
  expect(seal(key, text, context)).not.toEqual(seal(key, text, context))
})

test('unseal() refuses when any one bit was flipped', () => {
  const box = seal(key, text, context)
  for (let bit = 0; bit < box.length * 8; bit++) {
    const flipped = Uint8Array.from(box)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(unseal(key, flipped, context)).toBeNull()
  }
})

test('unseal() refuses when it was cut short', () => {
  const box = seal(key, text, context)
  for (let length = 0; length < box.length; length++) {
    expect(unseal(key, box.subarray(0, length), context)).toBeNull()
  }
})

test('unseal() refuses under another key or context', () => {
  const box = seal(key, text, context)
  expect(unseal(newKey(), box, context)).toBeNull()
  expect(unseal(key, box, bindTo('acme', 'crm', 'refresh answer'))).toBeNull()
})

test('bindTo() tells lists apart that join to the same text', () => {
  expect(bindTo('a', 'bc')).not.toEqual(bindTo('ab', 'c'))
  expect(bindTo('a","b')).not.toEqual(bindTo('a', 'b'))
})
