import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseForm, writeForm } from '../../runtime/http/form.ts'

describe('writeForm()', () => {
  test.each([
    [{ a: { b: { c: 1 } } }, 'a[b][c]=1'],
    [{ a: [{ b: 1 }, { b: 2 }] }, 'a[0][b]=1&a[1][b]=2'],
    [{ a: null, b: '', c: false, d: 0 }, 'a=&b=&c=false&d=0'],
    [{ a: {}, b: [] }, ''],
  ])('writes %j', (body, text) => {
    expect(decodeURIComponent(writeForm(body))).toBe(text)
  })

  test('encodes names and values', () => {
    expect(writeForm({ 'a&b': 'c=d é+' })).toBe('a%26b=c%3Dd+%C3%A9%2B')
  })
})

describe('parseForm()', () => {
  test('makes an array of a name that comes again', () => {
    expect(parseForm('a=1&b=x+y&a=2&c&a=3')).toEqual({ a: ['1', '2', '3'], b: 'x y', c: '' })
  })

  test('refuses more fields than a form has', () => {
    expect(Object.keys(parseForm('a=1&'.repeat(9_999)) as object)).toEqual(['a'])
    expect(() => parseForm('a=1&'.repeat(10_000))).toThrow(SyntaxError)
  })

  test('reads what writeForm() writes of flat texts', () => {
    const flat = fc.dictionary(
      fc.string({ unit: 'grapheme', minLength: 1 }),
      fc.string({ unit: 'grapheme' }),
    )
    fc.assert(
      fc.property(flat, (body) => {
        expect(parseForm(writeForm(body))).toEqual({ ...body })
      }),
    )
  })
})
