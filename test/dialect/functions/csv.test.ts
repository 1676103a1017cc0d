import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCsv } from '../../../runtime/sandbox/guest/functions/csv.ts'

const withHeader = (text: string, delimiter = ',') => parseCsv(text, delimiter, true)
const rows = (text: string, delimiter = ',') =>
  parseCsv(text, delimiter, false).map((record) => Object.values(record as object))

describe('dialect 5 cyclr_csv_parse', () => {
  test('parseCsv() names the fields by the header', () => {
    expect(withHeader('id,name\r\n1,Ann\r\n2,Bob\r\n')).toEqual([
      { id: '1', name: 'Ann' },
      { id: '2', name: 'Bob' },
    ])
  })

  test('parseCsv() names them Field1, Field2 … without one', () => {
    expect(parseCsv('1;Ann\n2;Bob', ';', false)).toEqual([
      { Field1: '1', Field2: 'Ann' },
      { Field1: '2', Field2: 'Bob' },
    ])
  })

  test.each([
    [
      'quotes, with all that they keep together',
      '"a,b","c\r\nd","e""f"',
      [['a,b', 'c\r\nd', 'e"f']],
    ],
    [
      'empty fields',
      ',,\n"",x',
      [
        ['', '', ''],
        ['', 'x'],
      ],
    ],
    ['every end of a line', 'a\rb\nc\r\nd', [['a'], ['b'], ['c'], ['d']]],
    ['blank lines, which are none', '\n\na\n\r\n\nb\n', [['a'], ['b']]],
    ['a quote in the middle, as it stands', 'a"b,c"\nd', [['a"b', 'c"'], ['d']]],
    ['text behind a closing quote', '"a"b,c', [['ab', 'c']]],
    ['a quote that never closes', '"a,b\nc', [['a,b\nc']]],
    ['a byte order mark, which is none', '\ufeffa,b', [['a', 'b']]],
    ['spaces, which count', ' a , b ', [[' a ', ' b ']]],
    ['nothing', '', []],
  ])('parseCsv() reads %s', (_what, text, expected) => {
    expect(rows(text)).toEqual(expected)
  })

  test('parseCsv() takes a delimiter of any length', () => {
    expect(rows('a\tb', '\t')).toEqual([['a', 'b']])
    expect(rows('a||b|c', '||')).toEqual([['a', 'b|c']])
  })

  test('parseCsv() gives null for a missing field and drops one too many', () => {
    expect(withHeader('a,b\n1\n1,2,3')).toEqual([
      { a: '1', b: null },
      { a: '1', b: '2' },
    ])
  })

  test('parseCsv() takes a header for data, whatever it says', () => {
    const [record] = withHeader('__proto__,constructor,\n1,2,3')
    expect(Object.entries(record as object)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
      ['Field3', '3'],
    ])
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  })

  test('parseCsv() reads back whatever was written by RFC 4180', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') })
    const row = fc.array(field, { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (written) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
        const text = written.map((each) => each.map(quoted).join(',')).join('\r\n')
        expect(rows(text)).toEqual(written)
      }),
    )
  })

  test('parseCsv() takes time in proportion to the text', () => {
    const line = `${'x'.repeat(20)},${'y'.repeat(20)}`
    for (const end of ['\n', '\r', '\r\n']) {
      expect(rows(`${line}${end}`.repeat(20_000))).toHaveLength(20_000)
    }
  })
})
