import { expect, test } from 'vitest'
import { getPath, joinPath, parsePath } from '../../runtime/model/path.ts'

test.each([
  ['data', ['data']],
  ['data.a.b', ['data', 'a', 'b']],
  ['data.errors.0', ['data', 'errors', '0']],
  ['data.errors[0].m', ['data', 'errors', '0', 'm']],
  ['data[0][12]', ['data', '0', '12']],
  ['data["a.b"].c', ['data', 'a.b', 'c']],
  ["data['a\"]'].c", ['data', 'a"]', 'c']],
  ['data["a\\"b"]', ['data', 'a"b']],
  ['data.a\\.b', ['data', 'a.b']],
  ['data.a\\[0', ['data', 'a[0']],
  ['[0].a', ['0', 'a']],
  ['headers.http-code', ['headers', 'http-code']],
  ['data[""]', ['data', '']],
])('parsePath() reads %s', (text, segments) => {
  expect(parsePath(text)).toEqual(segments)
})

test.each([
  '',
  '.',
  '.a',
  'a.',
  'a..b',
  'a[',
  'a[0',
  'a[x]',
  'a[]',
  'a[-1]',
  'a[01]',
  'a["b"',
  'a["b',
  'a.[0]',
  'a["b"]c',
])('parsePath() gives none for %j', (text) => {
  expect(parsePath(text)).toEqual([])
})

test('joinPath() writes what parsePath() reads', () => {
  for (const segments of [['a', 'b'], ['a.b', 'c[0]', 'd\\e'], ['0']]) {
    expect(parsePath(joinPath(segments))).toEqual(segments)
  }
})

test('getPath() finds own members, and nothing where the path is none', () => {
  expect(getPath({ session: { ids: ['s1'] } }, 'session.ids.0')).toBe('s1')
  expect(getPath({ a: null }, 'a')).toBeNull()
  expect(getPath({ a: null }, 'a.b')).toBeUndefined()
  expect(getPath({ a: 'text' }, 'a.length')).toBeUndefined()
  expect(getPath(['x'], 'length')).toBeUndefined()
  expect(getPath({}, 'constructor')).toBeUndefined()
  expect(getPath({ a: 1 }, '')).toBeUndefined()
})
