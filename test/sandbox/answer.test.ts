import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import { readRecord } from '../../runtime/sandbox/host/answer.ts'
import { global, jobOf, readOnly } from './support.ts'

const job = jobOf({ connector: '', globals: { a: global(1), fixed: readOnly(1) } })

const plain = { kind: 'returned', value: true, falseAt: null, globals: {}, log: [], warnings: [] }
const read = (record: unknown) => readRecord(JSON.stringify(record), job)

describe('readRecord()', () => {
  test('returns what an honest guest says', () => {
    expect(read({ ...plain, globals: { a: '2' } })).toEqual({ ...plain, globals: { a: '2' } })
    const threw = {
      kind: 'threw',
      level: 'step',
      signal: 'refresh',
      name: 'N',
      message: 'm',
      positions: [],
    }
    const rest = { globals: {}, log: [{ level: 'warn', text: 't' }], warnings: ['w'] }
    expect(read({ ...threw, ...rest })).toEqual({ ...threw, ...rest })
    expect(read({ kind: 'absent', globals: {}, log: [], warnings: [] }).kind).toBe('absent')
  })

  test('passes on the message of a refusal', () => {
    expect(() => read({ kind: 'refused', level: null, message: 'a is no data' })).toThrow(
      'after_action: a is no data',
    )
  })

  test('keeps only the keys it knows, and the globals that may be written', () => {
    const result = read({
      ...plain,
      extra: 1,
      globals: { a: '2', fixed: '2', b: '2', toString: '2' },
    })
    expect(result).toEqual({ ...plain, globals: { a: '2' } })
  })

  test('drops keys that reach a prototype from the data of a global', () => {
    const text = '{"__proto__":{"x":1},"a":{"constructor":{"prototype":{"x":1}}},"k":1}'
    expect(read({ ...plain, globals: { a: text } }).globals).toEqual({ a: '{"a":{},"k":1}' })
  })

  test('takes no level and no signal but those there are', () => {
    const threw = { ...plain, kind: 'threw', name: 'n', message: 'm', positions: [] }
    expect(() => read({ ...threw, level: 'host', signal: null })).toThrow(CallFailure)
    expect(read({ ...threw, level: 'step', signal: 'admin' })).toMatchObject({ signal: null })
    const log = [{ level: 'fatal', text: 't' }]
    expect(read({ ...plain, log }).log).toEqual([{ level: 'info', text: 't' }])
  })

  test('bounds the log and the warnings', () => {
    const log = Array.from({ length: 2000 }, () => ({ level: 'info', text: 'x'.repeat(1000) }))
    const result = read({ ...plain, log, warnings: Array.from({ length: 100 }, () => 'w') })
    expect(result.log.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(65_536)
    expect(result.log).toHaveLength(1000)
    expect(result.warnings).toHaveLength(20)
  })

  test.each([
    ['no JSON', 'nonsense'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a kind of its own', JSON.stringify({ ...plain, kind: 'constructor' })],
    ['globals that are no JSON', JSON.stringify({ ...plain, globals: { a: '{' } })],
    ['globals that are no text', JSON.stringify({ ...plain, globals: { a: { b: 1 } } })],
    ['a record that nests', `${'['.repeat(1e6)}${']'.repeat(1e6)}`],
    ['a global that nests', JSON.stringify({ ...plain, globals: { a: '['.repeat(1e6) } })],
    [
      'a global beyond 4 MiB',
      JSON.stringify({ ...plain, globals: { a: `"${'x'.repeat(4_194_304)}"` } }),
    ],
    ['a record beyond every limit', `"${'x'.repeat(12_582_912)}"`],
  ])('refuses %s', (_what, text) => {
    expect(() => readRecord(text, job)).toThrow(CallFailure)
  })

  test('returns a result or a failure for any record, and pollutes nothing', () => {
    const text = fc.oneof(fc.json(), fc.string())
    const record = fc.record({
      kind: fc.constantFrom('absent', 'returned', 'threw', 'refused', '__proto__'),
      value: fc.jsonValue(),
      falseAt: fc.jsonValue(),
      level: fc.oneof(fc.constant('step'), fc.jsonValue()),
      signal: fc.jsonValue(),
      name: fc.jsonValue(),
      message: fc.oneof(fc.string(), fc.jsonValue()),
      positions: fc.jsonValue(),
      globals: fc.oneof(
        fc.dictionary(fc.constantFrom('a', 'fixed', '__proto__'), text),
        fc.jsonValue(),
      ),
      log: fc.oneof(fc.array(fc.record({ level: text, text })), fc.jsonValue()),
      warnings: fc.oneof(fc.array(text), fc.jsonValue()),
    })
    fc.assert(
      fc.property(
        fc.oneof(
          record.map((one) => JSON.stringify(one)),
          text,
        ),
        (anything) => {
          try {
            expect(Object.keys(readRecord(anything, job).globals)).not.toContain('fixed')
          } catch (error) {
            expect(error).toBeInstanceOf(CallFailure)
          }
          expect(Object.keys(Object.prototype)).toEqual([])
        },
      ),
    )
  })
})
