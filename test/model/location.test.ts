import { describe, expect, test } from 'vitest'
import type { Json } from '../../runtime/model/json.ts'
import {
  literalLocation,
  parseLocation,
  readLocation,
  writeLocation,
} from '../../runtime/model/location.ts'

const at = (location: string) => parseLocation(location) ?? []

describe('writeLocation()', () => {
  test.each<[string, Json | undefined, Json, Json]>([
    ['a', undefined, 1, { a: 1 }],
    ['a.b', { a: { c: 2 } }, 1, { a: { c: 2, b: 1 } }],
    ['[arr].x', undefined, [1, 2], { arr: [{ x: 1 }, { x: 2 }] }],
    [
      '[arr].x',
      { arr: [{ y: 1 }, { y: 2 }, { y: 3 }] },
      9,
      { arr: [{ y: 1, x: 9 }, { y: 2 }, { y: 3 }] },
    ],
    ['[].x', undefined, ['a'], [{ x: 'a' }]],
    ['[a].[b].x', undefined, [[1, 2]], { a: [{ b: [{ x: 1 }, { x: 2 }] }] }],
    ['[a].\\.b.c\\', undefined, 1, { a: [{ '.b.c': 1 }] }],
    [
      'data.[records]',
      { data: { records: [1, 2, 3], to: 'x' } },
      [3],
      { data: { records: [3], to: 'x' } },
    ],
  ])('%s', (location, content, value, expected) => {
    expect(writeLocation(content, at(location), value)).toEqual(expected)
  })
})

test('parseLocation() refuses what is no location', () => {
  const wrong = ['', '.', 'a.', '.a', 'a..b', '[a', 'a]', '[a]x', '\\a']
  expect(wrong.filter((text) => parseLocation(text) !== null)).toEqual([])
})

test('literalLocation() names a field of that very name', () => {
  for (const name of ['a', 'a.b', '[x]']) {
    expect(writeLocation(undefined, at(literalLocation(name)), 1)).toEqual({ [name]: 1 })
  }
})

test('readLocation() finds the list that a location names, and own members only', () => {
  expect(readLocation({ data: { records: [1] } }, at('data.[records]'))).toEqual([1])
  expect(readLocation([1], at('[]'))).toEqual([1])
  expect(readLocation({}, at('constructor'))).toBeUndefined()
})
