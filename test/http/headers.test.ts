import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkHeaders } from '../../runtime/http/headers.ts'
import { CallFailure } from '../../runtime/model/failure.ts'

function isRefused(headers: Readonly<Record<string, unknown>>): boolean {
  try {
    checkHeaders(headers as Record<string, string>)
    return false
  } catch (error) {
    if (error instanceof CallFailure && error.reason === 'header') return true
    throw error
  }
}

describe('checkHeaders()', () => {
  test('returns the headers as written, by their lower-case names', () => {
    const checked = checkHeaders({ 'X-Id': ' 1\t', Authorization: 'Bearer é', empty: '' })
    expect([...checked]).toEqual([
      ['x-id', { name: 'X-Id', value: '1' }],
      ['authorization', { name: 'Authorization', value: 'Bearer é' }],
      ['empty', { name: 'empty', value: '' }],
    ])
  })

  test.each([
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'HTTP2-Settings',
    'Forwarded',
    'Via',
    'Proxy-Authorization',
    'proxy-connection',
    'X-Forwarded-For',
    'x-forwarded-host',
  ])('refuses %s, which is not the request’s to set', (name) => {
    expect(isRefused({ [name]: 'x' })).toBe(true)
  })

  test.each(['X-Host', 'Content-Type', 'Cookie', 'X-Forward', 'Range', 'X-Proxy-Id', 'Via-2'])(
    'takes %s',
    (name) => {
      expect(isRefused({ [name]: 'x' })).toBe(false)
    },
  )

  test.each(['', ' ', 'a b', 'a:b', 'x-a: b\r\nX-Injected', 'a\n', 'ü', 'a\u0000', 'a(b)', 'a/b'])(
    'refuses the name %j',
    (name) => {
      expect(isRefused({ [name]: 'x' })).toBe(true)
    },
  )

  test.each([
    'a\r\nX-Injected: 1',
    'a\nb',
    'a\rb',
    'a\u0000b',
    'a\u0007',
    'a\u007f',
    'a\r\n b',
    'Ā',
    '\u010d\u010a',
  ])('refuses the value %j', (value) => {
    expect(isRefused({ 'x-a': value })).toBe(true)
  })

  test.each([1, null, undefined, ['a'], { toString: () => 'a' }])(
    'refuses the value %j, which is no text',
    (value) => {
      expect(isRefused({ 'x-a': value })).toBe(true)
    },
  )

  test('refuses a header that comes in two spellings', () => {
    expect(isRefused({ 'X-Id': '1', 'x-id': '2' })).toBe(true)
  })

  test('takes 200 headers and 32 KiB, and no more', () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']))
    expect(isRefused(many(200))).toBe(false)
    expect(isRefused(many(201))).toBe(true)
    expect(isRefused({ 'x-a': 'v'.repeat(32 * 1024 - 3) })).toBe(false)
    expect(isRefused({ 'x-a': 'v'.repeat(32 * 1024 - 2) })).toBe(true)
  })

  test('takes every character of a token', () => {
    expect(isRefused({ "!#$%&'*+-.^_`|~09azAZ": 'x' })).toBe(false)
  })

  test.each([
    ['a b', { 'a b': 'x' }, 'its name is not a token (RFC 9110 section 5.6.2)'],
    ['Host', { Host: 'x' }, 'it belongs to the connection, not to the request'],
    ['x-id', { 'X-Id': '1', 'x-id': '2' }, 'it is there twice, in upper and lower case'],
  ])('says what is wrong with %j', (name, headers, because) => {
    expect(() => checkHeaders(headers)).toThrow(
      `Request is not allowed: header ${JSON.stringify(name)}: ${because}`,
    )
  })

  test('does not repeat the value in its refusal', () => {
    expect(() => checkHeaders({ 'X-Key': 'secret\n' })).toThrow(
      'Request is not allowed: header "X-Key": its value must be one line of Latin-1 text',
    )
  })

  test('lets no line end and no foreign byte through', () => {
    const anything = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))
    fc.assert(
      fc.property(anything, (headers) => {
        if (isRefused(headers)) return
        for (const { name, value } of checkHeaders(headers).values()) {
          expect(name).toMatch(/^[\x21-\x7e]+$/)
          expect(value).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/)
        }
      }),
    )
  })
})
