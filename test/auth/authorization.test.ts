import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  authorizationUrl,
  challengeOf,
  exchangeCode,
  hasNonce,
  isFromIssuer,
} from '../../runtime/auth/authorization.ts'
import type { OAuth2Scheme } from '../../runtime/model/connector.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { errandTo } from './endpoint.ts'
import { schemeWith } from './scheme.ts'

const client = { properties: { ClientId: new Secret('id'), Dc: new Secret('eu/1') } }
const verifier = new Secret('v'.repeat(43))
const redirectUri = 'http://127.0.0.1:8123/callback'

describe('authorizationUrl()', () => {
  const urlOf = (over: Partial<OAuth2Scheme> = {}, nonce: string | null = null) =>
    authorizationUrl(schemeWith(over), client, { state: 's', verifier, nonce, redirectUri })

  test('asks for a code, with PKCE (RFC 6749 section 4.1.1, RFC 7636 section 4.3)', () => {
    const url = urlOf()
    expect(url.origin + url.pathname).toBe('https://vendor.example/authorize')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'id',
      redirect_uri: redirectUri,
      state: 's',
      code_challenge: createHash('sha256').update(verifier.reveal()).digest('base64url'),
      code_challenge_method: 'S256',
    })
    expect(url.href).not.toContain(verifier.reveal())
  })

  test('adds scopes and a nonce where there are some, and keeps what the address has', () => {
    const authorizationUrl = 'https://vendor.example/authorize?prompt=consent&state=theirs'
    const { searchParams } = urlOf({ authorizationUrl, scopes: ['a', 'b'] }, 'n')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      prompt: 'consent',
      state: 's',
      scope: 'a b',
      nonce: 'n',
    })
  })

  test('goes to the host that the connection names, a value being one piece of it', () => {
    expect(urlOf({ authorizationUrl: 'https://vendor.example/{{Dc}}/auth' }).pathname).toBe(
      '/eu%2F1/auth',
    )
  })

  test.each([
    'https://{{Missing}}.vendor.example/authorize',
    'https://vendor.example/authorize?dc={{Missing}}',
    'ftp://vendor.example/authorize',
    'xhttps://vendor.example',
    'httpsx://vendor.example',
    'no address',
  ])('is no address of %s', (authorizationUrl) => {
    expect(() => urlOf({ authorizationUrl })).toThrow(
      expect.objectContaining({ type: 'AuthRefreshFailed', reason: 'invalid_client' }),
    )
  })

  test('takes an address without TLS: whether that will do is the policy’s to say', () => {
    expect(urlOf({ authorizationUrl: 'http://127.0.0.1/authorize' }).protocol).toBe('http:')
  })

  test('is a mistake of ours where the scheme has no login', () => {
    expect(() => urlOf({ authorizationUrl: null })).toThrow(TypeError)
  })
})

test('challengeOf() is the example of RFC 7636, appendix B', () => {
  expect(challengeOf(new Secret('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'))).toBe(
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  )
})

test('exchangeCode() sends the code with its verifier (RFC 6749 section 4.1.3)', async () => {
  const { errand, asked } = errandTo({ tokenParameters: { audience: 'api' } })
  await exchangeCode(errand, { code: 'c', redirectUri, verifier })
  expect(asked).toMatchObject([{ url: 'https://vendor.example/token' }])
  expect(asked[0]?.form).toEqual({
    grant_type: 'authorization_code',
    code: 'c',
    redirect_uri: redirectUri,
    code_verifier: verifier.reveal(),
    audience: 'api',
  })
})

describe('isFromIssuer()', () => {
  const endpoints = {
    authorizationUrl: 'https://{{Dc}}.login.example/a',
    tokenUrl: 'https://token.example/t',
  }
  const dc = { properties: { Dc: new Secret('eu') } }

  test.each<[string, string | null, boolean]>([
    ['none', null, true],
    ['the origin of the login', 'https://eu.login.example', true],
    ['a tenant at the token endpoint', 'https://token.example/tenant', true],
    ['another host', 'https://evil.example', false],
    ['another port', 'https://token.example:8443', false],
    ['no address', 'evil', false],
  ])('of a scheme that names none: %s', (_name, iss, expected) => {
    expect(isFromIssuer(schemeWith(endpoints), dc, iss)).toBe(expected)
  })

  test('of a scheme without a login, or whose address a property is missing from', () => {
    const machine = schemeWith({ authorizationUrl: null, tokenUrl: 'https://token.example/t' })
    expect(isFromIssuer(machine, dc, 'https://token.example')).toBe(true)
    const broken = schemeWith({
      authorizationUrl: '{{Missing}}',
      tokenUrl: 'https://token.example',
    })
    expect(isFromIssuer(broken, dc, 'https://token.example')).toBe(true)
    expect(isFromIssuer(broken, dc, 'evil')).toBe(false)
  })

  test('of a scheme that names one: exactly that', () => {
    const scheme = schemeWith({ ...endpoints, issuer: 'https://vendor.example/x' })
    expect(isFromIssuer(scheme, dc, 'https://vendor.example/x')).toBe(true)
    expect(isFromIssuer(scheme, dc, 'https://vendor.example')).toBe(false)
    expect(isFromIssuer(scheme, dc, 'https://token.example')).toBe(false)
    expect(isFromIssuer(scheme, dc, null)).toBe(false)
  })
})

describe('hasNonce()', () => {
  const answer = (body: string) => ({ status: 200, contentType: 'application/json', body })
  const idToken = (claims: unknown) =>
    `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`
  const withToken = (id_token: unknown) => answer(JSON.stringify({ id_token }))

  test.each([
    ['the one that was sent', withToken(idToken({ nonce: 'n', name: 'é?>' })), true],
    ['another one', withToken(idToken({ nonce: 'x' })), false],
    ['none', withToken(idToken({})), false],
    ['claims that are none', withToken(idToken(null)), false],
    ['claims that are a text', withToken(idToken('n')), false],
    ['a token that is none', withToken('x.y'), false],
    ['a token without claims', withToken('x'), false],
    ['no id token', answer('{}'), true],
    ['an id token that is no text', withToken(7), true],
    ['an empty answer', answer(''), true],
    ['an answer that is a text', answer('"x"'), true],
  ])('of %s', (_name, raw, expected) => {
    expect(hasNonce(raw, 'n')).toBe(expected)
  })

  test('asks for nothing where none was sent', () => {
    expect(hasNonce(withToken(idToken({ nonce: 'x' })), null)).toBe(true)
  })
})
