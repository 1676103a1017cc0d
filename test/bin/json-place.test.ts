import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonErrorPlace } from '../../bin/json-place.ts'

test.each([
  ['{"a": 1,\n "b": }', 2, 7],
  ['{"a": 1\n  "b": 2}', 2, 3],
  ['{"a": 1,}', 1, 9],
  ['[1, 2,, 3]', 1, 7],
  ['[1 2]', 1, 4],
  ["{'a': 1}", 1, 2],
  ['{a: 1}', 1, 2],
  ['{"a": nothing}', 1, 7],
  ['{"a": 01}', 1, 7],
  ['{"a": "open', 1, 7],
  ['{"a": 1}\n}', 2, 1],
  ['{"a": [1, 2}', 1, 12],
  ['{"a": 1', 1, 8],
  ['', 1, 1],
  ['// no\r\n{}', 1, 1],
])('jsonErrorPlace() of %j is line %d, column %d', (text, line, column) => {
  expect(jsonErrorPlace(text)).toEqual({ line, column })
})

test('jsonErrorPlace() takes whatever JSON.stringify writes, and finds what is put behind it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, null, 1)
      const lines = `${text}\n`.split('\n')
      expect(jsonErrorPlace(`${text}\n#`)).toEqual({ line: lines.length, column: 1 })
    }),
  )
})
