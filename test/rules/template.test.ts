import { describe, expect, test } from 'vitest'
import type { Json } from '../../runtime/model/json.ts'
import { compileMessage } from '../../runtime/rules/template.ts'

function filled(template: string, content: Json, status = 400): string {
  return compileMessage(template)({ status, headers: { 'x-id': 'i7' }, content })
}

describe('compileMessage() fills a text in', () => {
  test('A14 mixed text, inner spaces optional', () => {
    const template = 'Erro {{ headers.http-code }}: {{data.m}}'
    expect(filled(template, { m: 'bad' })).toBe('Erro 400: bad')
    expect(filled('{{ headers.X-Id }}!', null)).toBe('i7!')
  })

  test('A15 static text', () => {
    expect(filled('Falhou', { m: 'bad' })).toBe('Falhou')
  })

  test.each([
    ['a missing variable is empty', 'no: {{ data.x }}.', 'no: .'],
    ['null is empty', 'no: {{ data.nothing }}.', 'no: .'],
    ['an empty text', '', 'HTTP 400'],
    ['an empty whole', '{{ data.x }}', 'HTTP 400'],
    ['blanks only', ' {{ data.x }}\n', 'HTTP 400'],
  ])('A16 %s', (_row, template, expected) => {
    expect(filled(template, { nothing: null })).toBe(expected)
  })

  test.each([
    [{ a: 1 }, '{"a":1}'],
    [[1, 'b'], '[1,"b"]'],
    [false, 'false'],
    [0, '0'],
  ])('A17 %j shows as JSON', (e, expected) => {
    expect(filled('{{ data.e }}', { e })).toBe(expected)
  })

  test('A18 a value is never expanded again', () => {
    expect(filled('{{ data.a }}', { a: '{{ data.b }}', b: 'secret' })).toBe('{{ data.b }}')
    expect(filled('{{ data.a }}{{ data.c }}', { a: '{{ data', c: '.b }}', b: 'secret' })).toBe(
      '{{ data.b }}',
    )
  })

  test('braces that never close are plain text', () => {
    expect(filled('a {{ data.a', { a: 1 })).toBe('a {{ data.a')
    expect(filled('a }} {{ data.a }} }}', { a: 1 })).toBe('a }} 1 }}')
  })

  test('is 8 KiB of UTF-8 at most, cut between characters', () => {
    expect(filled('{{ data.a }}', { a: 'x'.repeat(8192) })).toHaveLength(8192)
    expect(filled('{{ data.a }}', { a: 'x'.repeat(8193) })).toHaveLength(8192)
    expect(filled('{{ data.a }}!', { a: 'x'.repeat(8191) })).toHaveLength(8192)
    const long = filled('{{ data.a }}', { a: `x${'😀'.repeat(8192)}` })
    expect(Buffer.byteLength(long)).toBe(8189)
    expect(long.endsWith('😀')).toBe(true)
  })

  test('does not build what it would cut away', () => {
    const a = 'x'.repeat(1_000_000)
    expect(filled('{{ data.a }}'.repeat(10_000), { a })).toHaveLength(8192)
  })
})
