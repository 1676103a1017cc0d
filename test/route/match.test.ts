import { expect, test } from 'vitest'
import { route, shadowedHandlers } from '../../runtime/route/match.ts'
import type { ErrorHandler } from '../../runtime/route/types.ts'
import { documented, theDefault, to } from './support.ts'

const failure = (type: string, source = 'crm.get') => ({ type, source })
const chosen = (list: readonly ErrorHandler[], type: string, source?: string) =>
  route(list, failure(type, source)).index

test('O40 any of a handler’s types will do', () => {
  const list = [to('f', { error_types: ['A', 'B'] })]
  expect([chosen(list, 'A'), chosen(list, 'B'), chosen(list, 'C')]).toEqual([0, 0, null])
})

test('O41 type and source must both fit', () => {
  const list = [to('f', { error_types: ['A', 'B'], error_sources: ['s1', 's2'] })]
  expect(chosen(list, 'A', 's1')).toBe(0)
  expect(chosen(list, 'B', 's2')).toBe(0)
  expect(chosen(list, 'A', 's9')).toBe(null)
  expect(chosen(list, 'C', 's1')).toBe(null)
})

test('O42 a handler without sources takes any source', () => {
  const list = [to('f', { error_types: ['A'], error_sources: [] })]
  expect(chosen(list, 'A', 'anywhere')).toBe(0)
})

test('O43 a handler without types takes any type', () => {
  const list = [to('f', { error_sources: ['s'] })]
  expect([chosen(list, 'anything', 's'), chosen(list, 'anything', 't')]).toEqual([0, null])
})

test('O44 the default takes what no other handler does', () => {
  expect(chosen([to('f', { error_types: ['A'] }), theDefault], 'B')).toBe(1)
})

test('O45 the default comes last, although it stands first', () => {
  const list = documented<ErrorHandler>('list-example.json')
  expect(chosen(list, 'AgentRequest', 'error-sources-here')).toBe(1)
  expect(chosen(list, 'NoInput', 'ZipCode')).toBe(2)
  expect(chosen(list, 'Timeout', 'ZipCode')).toBe(0)
})

test('O46 of two handlers that fit, the upper one takes the error', () => {
  const list = [
    to('wide', { error_types: ['A'] }),
    to('narrow', { error_types: ['A'], error_sources: ['crm.get'] }),
    theDefault,
  ]
  expect(chosen(list, 'A')).toBe(0)
})

test('O56 route() says why each handler was or was not chosen', () => {
  const list = [
    theDefault,
    to('a', { error_types: ['A'], error_sources: ['x'] }),
    to('b', { error_sources: ['crm.get'] }),
    to('c', { error_types: ['Timeout'] }),
  ]
  const { index, reason, considered } = route(list, failure('Timeout'))
  expect({ index, reason }).toEqual({
    index: 2,
    reason: 'the first that fits both type and source',
  })
  expect(considered.map((each) => each.reason)).toEqual([
    'the default comes last, and handler 2 took the error',
    'type Timeout and source crm.get not among its own',
    'the first that fits both type and source',
    'fits too, but handler 2 stands above it',
  ])
  expect(route([], failure('A')).reason).toBe('no handler fits, and the list has no default')
  expect(route([theDefault], failure('A'))).toMatchObject({
    isDefault: true,
    reason: 'the default: no other handler fits',
  })
})

test('O57 a handler that one above it covers is never reached', () => {
  const list = [
    theDefault,
    to('a', { error_types: ['A', 'B'] }),
    to('b', { error_types: ['B'], error_sources: ['s'] }),
    to('c', { error_types: ['B', 'C'] }),
    to('d', { error_sources: ['s'] }),
  ]
  expect(shadowedHandlers(list)).toEqual([{ index: 2, by: 1 }])
})

test('O57 a handler open to all types is not covered by one with some', () => {
  const list = [to('a', { error_types: ['A'] }), to('b', { error_sources: ['s'] })]
  expect(shadowedHandlers(list)).toEqual([])
})
