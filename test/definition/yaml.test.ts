import { expect, test } from 'vitest'
import { DefinitionError } from '../../runtime/definition/faults.ts'
import { readYaml } from '../../runtime/definition/yaml.ts'

function refused(text: string): readonly string[] {
  try {
    readYaml(text, 'c.yaml')
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    return error.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
  }
  throw new Error('it was read')
}

test('readYaml() reads YAML 1.2, and JSON', () => {
  expect(readYaml('a: no\nb: [1, 2.5, true, null, "x"]\nc: 2020-01-01\n1: x', '').value).toEqual({
    a: 'no',
    b: [1, 2.5, true, null, 'x'],
    c: '2020-01-01',
    '1': 'x',
  })
  expect(readYaml('{\n\t"a": {"b": [1, "\\u0041"]}\n}', '').value).toEqual({ a: { b: [1, 'A'] } })
  expect(readYaml('base: &b {x: 1}\nother: *b', '').value).toEqual({
    base: { x: 1 },
    other: { x: 1 },
  })
})

test('readYaml() knows where each path stands', () => {
  const { positionOf } = readYaml('a:\n  - x\n  - b: 1\n    "c.d": 2\n', '')
  expect(positionOf([])).toEqual({ line: 1, column: 1 })
  expect(positionOf(['a'])).toEqual({ line: 1, column: 1 })
  expect(positionOf(['a', 1])).toEqual({ line: 3, column: 5 })
  expect(positionOf(['a', 1, 'c.d'])).toEqual({ line: 4, column: 5 })
  expect(positionOf(['a', 1, 'missing', 'deeper'])).toEqual({ line: 3, column: 5 })
  expect(positionOf(['a', 7])).toEqual({ line: 1, column: 1 })
})

test.each([
  ['a syntax error, at its place', 'a: 1\nb: [1', /^2:\d+ /],
  ['a key said twice', 'a: 1\na: 2', /^2:1 "a" is said twice$/],
  ['a key said twice below', '- b: { "c": 1, c: 2 }', /^1:16 "c" is said twice$/],
  ['a tag of its own', 'a: !!js/function x', /^1:4 .*tag/],
  ['a tag beyond the core', 'a: !!binary aGk=', /^1:4 .*tag/],
  ['a second document', 'a: 1\n---\nb: 2', /document/],
  ['an alias of nothing', 'a: *b', /alias/i],
  ['a key that reaches a prototype', 'a: { __proto__: { x: 1 } }', /"__proto__" is not allowed/],
  ['such a key of another name', 'constructor: 1', /"constructor" is not allowed/],
  ['and the third', 'a: [{ prototype: 1 }]', /"prototype" is not allowed/],
  ['a number that JSON does not have', 'a: .inf', /Infinity is not a JSON number/],
  ['a key that is no text', '? [1, 2]\n: x', /string/i],
])('readYaml() refuses %s', (_name, text, message) => {
  expect(refused(text)[0]).toMatch(message)
})

test('readYaml() refuses aliases that multiply', () => {
  const rows = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 9; level++) {
    rows.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    )
  }
  expect(refused(rows.join('\n'))).toEqual(['1:1 aliases multiply the file too much'])
})

test('readYaml() refuses an alias that holds itself', () => {
  expect(refused('a: &a [*a]')[0]).toMatch(/deeper than 64|alias/i)
})

test('readYaml() reads 64 levels, and no more', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  expect(readYaml(nested(64), '').value).toBeInstanceOf(Array)
  expect(refused(nested(66))).toEqual(['1:1 the file nests deeper than 64 levels'])
  expect(refused(nested(100_000))).toEqual(['1:1 the file nests deeper than 64 levels'])
  const rows = Array.from({ length: 1400 }, (_, level) => `${' '.repeat(level)}a:`)
  expect(refused(rows.join('\n'))).toEqual(['1:1 the file nests deeper than 64 levels'])
  expect(refused('- '.repeat(100_000))).toEqual(['1:1 the file nests deeper than 64 levels'])
})

test('readYaml() reads 1 MiB, and no more', () => {
  const text = `a: ${'é'.repeat(512 * 1024 - 2)} `
  expect(Buffer.byteLength(text)).toBe(1024 * 1024)
  expect(readYaml(text, '').value).toHaveProperty('a')
  expect(refused(`${text} `)).toEqual(['1:1 the file is larger than 1 MiB'])
})

test('readYaml() takes no time over many keys, and tells of a hundred problems at most', () => {
  const keys = Array.from({ length: 40_000 }, (_, index) => `k${index}: 1`).join('\n')
  expect(Object.keys(readYaml(keys, '').value as object)).toHaveLength(40_000)
  expect(refused('a: 1\n'.repeat(1000))).toHaveLength(100)
})
