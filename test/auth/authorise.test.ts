import { describe, expect, test } from 'vitest'
import { authorise, authValueText } from '../../runtime/auth/authorise.ts'
import type { AuthValue } from '../../runtime/model/connection.ts'
import type { AuthScheme, OAuth2Scheme } from '../../runtime/model/connector.ts'
import { Secret } from '../../runtime/model/secret.ts'

const oauth2: OAuth2Scheme = {
  type: 'oauth2',
  grant: 'authorization_code',
  authorizationUrl: null,
  tokenUrl: 'https://vendor.example/token',
  deviceAuthorizationUrl: null,
  revocationUrl: null,
  clientAuthentication: 'basic',
  clientId: null,
  scopes: [],
  tokenParameters: {},
  header: 'X-Auth',
  prefix: 'Token ',
  answer: {},
  deadCodes: [],
  errors: [],
}
const tokens = (accessToken: string | null): AuthValue => ({
  kind: 'oauth2',
  accessToken: accessToken === null ? null : new Secret(accessToken),
  refreshToken: null,
  expiresAt: null,
  issuedAt: null,
  scope: null,
})
const key: AuthValue = { kind: 'api_key', key: new Secret('k1') }
const basic: AuthValue = { kind: 'basic', username: 'ann', password: new Secret('pässword') }
const none: AuthValue = { kind: 'none' }
const inHeader: AuthScheme = { type: 'api_key', place: 'header', target: 'X-Key', prefix: 'Key ' }
const inQuery: AuthScheme = { type: 'api_key', place: 'query', target: 'key', prefix: '' }
const base64 = Buffer.from('ann:pässword', 'utf8').toString('base64')

describe('authorise()', () => {
  const rows: readonly (readonly [string, AuthScheme, AuthValue, object])[] = [
    [
      'an access token, where the connector says',
      oauth2,
      tokens('t1'),
      { headers: { 'X-Auth': 'Token t1' }, query: {} },
    ],
    ['no access token yet', oauth2, tokens(null), { headers: {}, query: {} }],
    ['an API key in a header', inHeader, key, { headers: { 'X-Key': 'Key k1' }, query: {} }],
    ['an API key in the query', inQuery, key, { headers: {}, query: { key: 'k1' } }],
    [
      'user and password (RFC 7617)',
      { type: 'basic' },
      basic,
      { headers: { Authorization: `Basic ${base64}` }, query: {} },
    ],
    ['nothing for none', { type: 'none' }, none, { headers: {}, query: {} }],
    ['nothing for a session', { type: 'session' }, none, { headers: {}, query: {} }],
    ['nothing of another scheme: oauth2 with a key', oauth2, key, { headers: {}, query: {} }],
    [
      'nothing of another scheme: basic with a key',
      { type: 'basic' },
      key,
      { headers: {}, query: {} },
    ],
    [
      'nothing of another scheme: a key with tokens',
      inHeader,
      tokens('t1'),
      { headers: {}, query: {} },
    ],
    [
      'nothing of another scheme: none with tokens',
      { type: 'none' },
      tokens('t1'),
      { headers: {}, query: {} },
    ],
    [
      'nothing of another scheme: session with basic',
      { type: 'session' },
      basic,
      { headers: {}, query: {} },
    ],
    [
      'nothing of another scheme: session with a key',
      { type: 'session' },
      key,
      { headers: {}, query: {} },
    ],
  ]
  test.each(rows)('adds %s', (_name, scheme, value, expected) => {
    expect(authorise(scheme, value)).toEqual(expected)
  })
})

test('authValueText() is the bare key or token, base64 of user and password, or null', () => {
  expect(authValueText(tokens('t1'))).toBe('t1')
  expect(authValueText(tokens(null))).toBeNull()
  expect(authValueText(key)).toBe('k1')
  expect(authValueText(basic)).toBe(base64)
  expect(authValueText(none)).toBeNull()
})
