import { expect, test } from 'vitest'
import { dataOf } from '../../runtime/call/json-text.ts'
import type { Json } from '../../runtime/model/json.ts'

test.each<[Json, Json]>([
  ['{"a":1}', { a: 1 }],
  [' [1]', [1]],
  ['\n"x"', 'x'],
  ['7', 7],
  ['-7', -7],
  ['true', true],
  ['false', false],
  ['null', null],
  ['tomorrow', 'tomorrow'],
  ['7 apples', '7 apples'],
  ['{broken', '{broken'],
  ['', ''],
  ['a [1]', 'a [1]'],
  [{ a: '[1]' }, { a: '[1]' }],
  [null, null],
])('dataOf() takes %j for %j', (value, data) => {
  expect(dataOf(value)).toEqual(data)
})

test('dataOf() leaves a text that nests deeper than anybody can write it again', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  expect(dataOf(nested(64))).not.toBe(nested(64))
  expect(dataOf(nested(65))).toBe(nested(65))
})
