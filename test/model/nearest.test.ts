import { expect, test } from 'vitest'
import { nearest } from '../../runtime/model/nearest.ts'

test.each([
  ['metods', 'methods'],
  ['vreb', 'verb'],
  ['VERB', 'verb'],
  ['tittle', 'title'],
])('nearest() takes %s for %s', (word, meant) => {
  expect(nearest(word, ['title', 'verb', 'methods', 'in'])).toBe(meant)
})

test('nearest() prefers the nearer one, and finds nothing where all are far', () => {
  expect(nearest('headers', ['leader', 'header'])).toBe('header')
  expect(nearest('xyz', ['title', 'verb'])).toBeNull()
  expect(nearest('FETCH', ['GET', 'PATCH'])).toBeNull()
  expect(nearest('a', ['b'])).toBeNull()
  expect(nearest('title', [])).toBeNull()
})
