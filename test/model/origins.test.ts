import { describe, expect, test } from 'vitest'
import { fillOrigins, mergefieldValues, withMergefields } from '../../runtime/model/origins.ts'
import { Secret } from '../../runtime/model/secret.ts'

const secrets = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, new Secret(text)]))
const plain = (values: Readonly<Record<string, Secret>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]))

const one = (origin: string, pathPrefix = '/') => [{ origin, pathPrefix }]

test('fillOrigins() puts the values of a connection in', () => {
  const origins = [
    { origin: 'https://{{Dc}}.api.acme.example', pathPrefix: '/{{Tenant}}/v1' },
    { origin: 'https://files.acme.example', pathPrefix: '/' },
  ]
  expect(fillOrigins(origins, secrets({ Dc: 'US-1', Tenant: 't_1' }))).toEqual([
    { origin: 'https://us-1.api.acme.example', pathPrefix: '/t_1/v1' },
    { origin: 'https://files.acme.example', pathPrefix: '/' },
  ])
})

test.each([
  ['acme.example', 'https://acme.example'],
  ['acme.example:8443', 'https://acme.example:8443'],
  ['127.0.0.1', 'https://127.0.0.1'],
])('fillOrigins() lets %s be a whole host', (Host, origin) => {
  expect(fillOrigins(one('https://{{Host}}'), secrets({ Host }))).toEqual(one(origin))
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
  expect(fillOrigins(one('https://{{Dc}}.acme.example'), secrets({ Dc, Other: 'x' }))).toEqual([])
})

test.each(['..', '.', 'a/b', 'a%2fb', '', '?'])(
  'fillOrigins() leaves out an origin whose path would hold %j',
  (Tenant) => {
    expect(fillOrigins(one('https://acme.example', '/{{Tenant}}/'), secrets({ Tenant }))).toEqual(
      [],
    )
  },
)

test('fillOrigins() leaves out an origin whose value is missing', () => {
  expect(fillOrigins(one('https://{{toString}}.acme.example'), {})).toEqual([])
})

describe('mergefieldValues()', () => {
  const of = { sensitive: false, label: '', default: null }
  const connector = {
    properties: [
      { ...of, name: 'Dc', place: 'mergefield', target: 'dc', default: 'eu' },
      { ...of, name: 'Team', place: 'mergefield', target: 'Team' },
      { ...of, name: 'Key', place: 'header', target: 'X-Key', default: 'k' },
    ],
  } as const
  const values = (properties: Record<string, string>, session: Record<string, string>) =>
    plain(
      mergefieldValues(connector, { properties: secrets(properties), session: secrets(session) }),
    )

  test('has what the lookup found, else what was given, else the default', () => {
    expect(values({ Dc: 'us', Team: 't' }, { Dc: 'found' })).toEqual({ dc: 'found', Team: 't' })
    expect(values({ Dc: 'us' }, {})).toEqual({ dc: 'us' })
    expect(values({ Key: 'x' }, {})).toEqual({ dc: 'eu' })
  })

  test('withMergefields() puts them among the properties of a credential', () => {
    const { properties } = withMergefields(connector, { properties: secrets({ ClientId: 'c' }) })
    expect(plain(properties)).toEqual({ ClientId: 'c', dc: 'eu' })
  })
})
