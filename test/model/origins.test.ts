import { expect, test } from 'vitest'
import { fillOrigins } from '../../runtime/model/origins.ts'

const one = (origin: string, pathPrefix = '/') => [{ origin, pathPrefix }]

test('fillOrigins() puts the values of a connection in', () => {
  const origins = [
    { origin: 'https://{{Dc}}.api.acme.example', pathPrefix: '/{{Tenant}}/v1' },
    { origin: 'https://files.acme.example', pathPrefix: '/' },
  ]
  expect(fillOrigins(origins, { Dc: 'US-1', Tenant: 't_1' })).toEqual([
    { origin: 'https://us-1.api.acme.example', pathPrefix: '/t_1/v1' },
    { origin: 'https://files.acme.example', pathPrefix: '/' },
  ])
})

test.each([
  ['acme.example', 'https://acme.example'],
  ['acme.example:8443', 'https://acme.example:8443'],
  ['127.0.0.1', 'https://127.0.0.1'],
])('fillOrigins() lets %s be a whole host', (Host, origin) => {
  expect(fillOrigins(one('https://{{Host}}'), { Host })).toEqual(one(origin))
})

test.each([
  'evil.example/',
  'evil.example?',
  'evil.example#',
  'evil.example\\',
  'evil.example:80',
  'user@evil.example',
  'evil.example%2f',
  '[::1]',
  '-a',
  'a-',
  '.a',
  'a.',
  '',
  'a b',
  'a\n',
  '{{Other}}',
])('fillOrigins() leaves out an origin whose host would hold %j', (Dc) => {
  expect(fillOrigins(one('https://{{Dc}}.acme.example'), { Dc, Other: 'x' })).toEqual([])
})

test.each(['..', '.', 'a/b', 'a%2fb', '', '?'])(
  'fillOrigins() leaves out an origin whose path would hold %j',
  (Tenant) => {
    expect(fillOrigins(one('https://acme.example', '/{{Tenant}}/'), { Tenant })).toEqual([])
  },
)

test('fillOrigins() leaves out an origin whose value is missing', () => {
  expect(fillOrigins(one('https://{{toString}}.acme.example'), {})).toEqual([])
})
