import { expect, test } from 'vitest'
import { parseJson } from '../../runtime/model/json.ts'

test.each([
  ['{"a":{"__proto__":{"x":1}},"b":1}', { a: {}, b: 1 }],
  ['{"\\u005f_proto__":{"x":1},"b":1}', { b: 1 }],
  ['{"c\\u006Fnstructor":1,"b":[{"protot\\u0079pe":{}}]}', { b: [{}] }],
  ['[[{"constructor":{"prototype":1}}]]', [[{}]]],
  ['{"é":"\\u00e9"}', { é: 'é' }],
  ['"__proto__"', '__proto__'],
])('parseJson() reads %s without the keys that reach a prototype', (text, value) => {
  const read = parseJson(text)
  expect(read).toEqual(value)
  expect(JSON.stringify(read)).toBe(JSON.stringify(value))
})

test('parseJson() drops keys however deep they are', () => {
  const text = `${'['.repeat(50_000)}{"constructor":1}${']'.repeat(50_000)}`
  let value = parseJson(text)
  while (Array.isArray(value)) [value = null] = value
  expect(value).toEqual({})
})
