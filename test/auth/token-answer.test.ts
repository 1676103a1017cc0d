import { describe, expect, test } from 'vitest'
import { contentOf, readRefusal, readTokenAnswer } from '../../runtime/auth/token-answer.ts'
import type { OAuth2Scheme } from '../../runtime/model/connector.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { Json } from '../../runtime/model/json.ts'
import { parsePath, valueAt } from '../../runtime/model/path.ts'
import { Secret } from '../../runtime/model/secret.ts'

const now = new Date('2026-01-01T00:00:00Z')
const scheme: OAuth2Scheme = {
  type: 'oauth2',
  grant: 'authorization_code',
  authorizationUrl: null,
  tokenUrl: 'https://vendor.example/token',
  deviceAuthorizationUrl: null,
  revocationUrl: null,
  clientAuthentication: 'basic',
  clientId: 'id',
  scopes: [],
  tokenParameters: {},
  header: 'Authorization',
  prefix: 'Bearer ',
  answer: {},
  deadCodes: [],
  errors: [],
}
const previous = {
  kind: 'oauth2',
  accessToken: new Secret('a1'),
  refreshToken: new Secret('r1'),
  expiresAt: null,
  issuedAt: null,
  scope: 'read',
} as const

type Raw = { readonly status?: number; readonly type?: string; readonly body: string | Json }

function read(
  { status = 200, type = 'application/json', body }: Raw,
  over: Partial<OAuth2Scheme> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = { status, contentType: type, body: text }
  const pick = (content: Json, path: string) => valueAt(content, parsePath(path) ?? [])
  const tokens = readTokenAnswer(answer, { ...scheme, ...over }, previous, { now, pick })
  return {
    access: tokens.accessToken?.reveal(),
    refresh: tokens.refreshToken?.reveal(),
    expires: tokens.expiresAt === null ? null : (tokens.expiresAt.getTime() - now.getTime()) / 1000,
    scope: tokens.scope,
  }
}

function failure(raw: Raw, over: Partial<OAuth2Scheme> = {}) {
  try {
    read(raw, over)
  } catch (error) {
    if (error instanceof CallFailure) return [error.type, error.reason]
    throw error
  }
  throw new Error('it was understood')
}

const nested = (levels: number): Json => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

const plain = { access_token: 'a2', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r2' }
const good = { access: 'a2', refresh: 'r2', expires: 3600, scope: 'read' }

describe('readTokenAnswer() understands', () => {
  const same: readonly (readonly [string, Raw])[] = [
    ['the answer of the RFC', { body: plain }],
    ['a missing token_type', { body: { ...plain, token_type: undefined } as unknown as Json }],
    ['token_type BearerToken', { body: { ...plain, token_type: 'BearerToken' } }],
    ['a token_type in lower case', { body: { ...plain, token_type: 'bearer' } }],
    [
      'form encoding',
      {
        type: 'application/x-www-form-urlencoded',
        body: 'access_token=a2&expires_in=3600&refresh_token=r2&token_type=bearer',
      },
    ],
    [
      'form encoding under a JSON type',
      { body: 'access_token=a2&expires_in=3600&refresh_token=r2' },
    ],
    ['JSON as text/plain', { type: 'text/plain', body: plain }],
    ['JSON as text/html', { type: 'text/html; charset=utf-8', body: plain }],
    ['JSON without a type', { type: '', body: plain }],
    ['status 201', { status: 201, body: plain }],
    ['expires_in as a string', { body: { ...plain, expires_in: '3600' } }],
    ['expires_in as a float', { body: { ...plain, expires_in: 3600.0 } }],
    ['tokens below `data`', { body: { data: plain } }],
    ['tokens below another name', { body: { result: plain, ok: true } }],
    ['camel case', { body: { accessToken: 'a2', expiresIn: 3600, refreshToken: 'r2' } }],
    ['a junk id_token', { body: { ...plain, id_token: 'not.a.jwt' } }],
    ['Pascal case', { body: { AccessToken: 'a2', expiresIn: 3600, RefreshToken: 'r2' } }],
    [
      'camel case below another name',
      { body: { a: 1, data: { accessToken: 'a2', expires_in: 3600, refreshToken: 'r2' } } },
    ],
    [
      'Pascal case below another name',
      { body: { data: { AccessToken: 'a2', expires_in: 3600, RefreshToken: 'r2' } } },
    ],
    [
      'a token beside another one below',
      { body: { ...plain, data: { access_token: 'not this' } } },
    ],
    [
      'the first of several below',
      { body: { text: 'x', a: { b: 1 }, data: plain, more: { access_token: 'x' } } },
    ],
    ['status 299', { status: 299, body: plain }],
    ['expires_in with spaces around it', { body: { ...plain, expires_in: ' 3600 ' } }],
    ['expires_in before an expires_at', { body: { ...plain, expires_at: 1 } }],
    [
      'a byte order mark before form encoding',
      { body: '\uFEFFaccess_token=a2&expires_in=3600&refresh_token=r2' },
    ],
    [
      'white space around form encoding',
      { body: ' access_token=a2&expires_in=3600&refresh_token=r2\n' },
    ],
    ['64 levels of nesting', { body: { ...plain, deep: nested(63) } }],
    ['a byte order mark', { body: `\uFEFF${JSON.stringify(plain)}` }],
    ['white space around it', { body: `\n ${JSON.stringify(plain)} \n` }],
    ['extra fields', { body: { ...plain, team: { id: 'T1' }, ok: true } }],
    ['scope null', { body: { ...plain, scope: null } }],
    ['an error member that is null', { body: { ...plain, error: null } }],
  ]
  test.each(same)('%s', (_name, raw) => {
    expect(read(raw)).toEqual(good)
  })

  const other: readonly (readonly [string, Raw, Partial<typeof good> | { expires: null }])[] = [
    ['expires_in null', { body: { ...plain, expires_in: null } }, { expires: null }],
    ['expires_in -1', { body: { ...plain, expires_in: -1 } }, { expires: null }],
    ['expires_in 0', { body: { ...plain, expires_in: 0 } }, { expires: null }],
    ['no expires_in', { body: { access_token: 'a2', refresh_token: 'r2' } }, { expires: null }],
    ['expires_in that is no number', { body: { ...plain, expires_in: 'soon' } }, { expires: null }],
    [
      'expires_at in ISO',
      { body: { ...plain, expires_in: null, expires_at: '2026-01-01T00:10:00Z' } },
      { expires: 600 },
    ],
    [
      'expires_at in seconds',
      { body: { ...plain, expires_in: null, expires_at: 1767225600 + 60 } },
      { expires: 60 },
    ],
    ...[
      ['expiresAt', '2026-01-01T00:10:00Z', 600],
      ['expires_on', 1767225600 + 60, 60],
      ['expires_on', String(1767225600 + 60), 60],
      ['expires_at', (1767225600 + 60) * 1000, 60],
      ['expires_at', '', null],
      ['expires_at', null, null],
      ['expires_at', 0, null],
      ['expires_at', -1, null],
      ['expires_at', 'whenever', null],
      ['expires_at', 1e300, null],
      ['expires_at', [1767225600], null],
      ['other', 1767225600 + 60, null],
    ].map(
      ([name, value, expires]) =>
        [
          `${name} ${JSON.stringify(value)}`,
          { body: { ...plain, expires_in: null, [`${name}`]: value } as Json },
          { expires },
        ] as unknown as readonly [string, Raw, { expires: null }],
    ),
    ['expires_in true', { body: { ...plain, expires_in: true } }, { expires: null }],
    ['expires_in empty', { body: { ...plain, expires_in: ' ' } }, { expires: null }],
    ['expires_in without end', { body: { ...plain, expires_in: 'Infinity' } }, { expires: null }],
    ['expires_in beyond all dates', { body: { ...plain, expires_in: 1e300 } }, { expires: null }],
    ['refresh_token blank', { body: { ...plain, refresh_token: ' ' } }, { refresh: 'r1' }],
    ['refresh_token a number', { body: { ...plain, refresh_token: 7 } }, { refresh: 'r1' }],
    ['scopes', { body: { ...plain, scopes: ['a', 7, 'b'] } }, { scope: 'a b' }],
    ['an empty list of scopes', { body: { ...plain, scope: [] } }, { scope: 'read' }],
    [
      'no refresh token: the old one stays',
      { body: { access_token: 'a2', expires_in: 3600 } },
      { refresh: 'r1' },
    ],
    ['refresh_token null', { body: { ...plain, refresh_token: null } }, { refresh: 'r1' }],
    ['refresh_token empty', { body: { ...plain, refresh_token: '' } }, { refresh: 'r1' }],
    ['scope as a list', { body: { ...plain, scope: ['a', 'b'] } }, { scope: 'a b' }],
    ['a changed scope', { body: { ...plain, scope: 'write' } }, { scope: 'write' }],
  ]
  test.each(other)('%s', (_name, raw, expected) => {
    expect(read(raw)).toEqual({ ...good, ...expected })
  })

  test('fields where the connector says they are', () => {
    const answer = {
      accessToken: 'authed_user.token',
      refreshToken: 'authed_user.next',
      expiresIn: 'ttl',
    }
    const body = { ok: true, ttl: 60, authed_user: { token: 'a9', next: 'r9' } }
    expect(read({ body }, { answer })).toEqual({
      access: 'a9',
      refresh: 'r9',
      expires: 60,
      scope: 'read',
    })
  })
})

describe('readTokenAnswer() tells a dead refresh token from everything else', () => {
  const dead: readonly (readonly [string, Raw])[] = [
    ['400 invalid_grant', { status: 400, body: { error: 'invalid_grant' } }],
    ['200 with an error', { body: { error: 'invalid_grant' } }],
    ['ok: false in a 200', { body: { ok: false, error: 'invalid_grant' } }],
    ['a nested error', { status: 400, body: { error: { code: 'invalid_grant', message: 'x' } } }],
    ['an error below another name', { status: 400, body: { data: { error: 'invalid_grant' } } }],
    ['text/plain', { status: 400, type: 'text/plain', body: 'Error: invalid_grant' }],
    ['form encoding', { status: 200, body: 'error=invalid_grant&error_description=gone' }],
    ['401', { status: 401, body: { error: 'invalid_grant' } }],
    ['error_code', { status: 400, body: { error_code: 'invalid_grant' } }],
    ['errorCode', { status: 400, body: { errorCode: 'invalid_grant' } }],
    ['a nested type', { status: 400, body: { error: { type: 'invalid_grant' } } }],
    ['a nested error', { status: 400, body: { error: { error: 'invalid_grant' } } }],
    ['a nested status', { status: 400, body: { error: { status: 'invalid_grant' } } }],
    ['a JSON text', { status: 400, body: '"invalid_grant"' }],
    [
      'the second of two below',
      { status: 400, body: { a: {}, n: null, b: { error: 'invalid_grant' } } },
    ],
    ['a known code anywhere in a text', { status: 400, body: 'a < b, invalid_grant.' }],
    ['status 300', { status: 300, body: { error: 'invalid_grant' } }],
  ]
  test.each(dead)('%s', (_name, raw) => {
    expect(failure(raw)).toEqual(['InvalidCredential', 'invalid_grant'])
  })

  const passing: readonly (readonly [string, Raw, string])[] = [
    ['invalid_client', { status: 401, body: { error: 'invalid_client' } }, 'invalid_client'],
    [
      'unauthorized_client',
      { status: 400, body: { error: 'unauthorized_client' } },
      'unauthorized_client',
    ],
    [
      'an HTML page',
      { status: 502, type: 'text/html', body: '<h1>invalid_grant</h1>' },
      'http-502',
    ],
    [
      'an HTML page after a blank line',
      { status: 502, body: '\n <p>invalid_grant</p>' },
      'http-502',
    ],
    [
      'a code far down in a text',
      { status: 502, body: `${'x '.repeat(300)} invalid_grant` },
      'http-502',
    ],
    ['a code as a part of a word', { status: 400, body: 'my_invalid_grants' }, 'http-400'],
    ['an error within an error', { status: 400, body: { error: { code: 7 } } }, 'http-400'],
    ['an empty error', { status: 400, body: { error: '' } }, 'http-400'],
    [
      'its own error before one below',
      { status: 400, body: { error: 'mine', data: { error: 'invalid_grant' } } },
      'mine',
    ],
    ['a status below 200', { status: 199, body: plain }, 'no-token'],
    ['a status of 300', { status: 300, body: plain }, 'http-300'],
    ['a blank token', { body: { access_token: ' ' } }, 'no-token'],
    ['65 levels of nesting', { body: { ...plain, deep: nested(64) } }, 'no-token'],
    ['a sentence with an equals sign', { body: 'see access_token=a2' }, 'no-token'],
    ['form encoding with words after it', { body: 'access_token=a2 or so' }, 'no-token'],
    ['a code below another name', { status: 400, body: { a: {}, b: { error: 'mine' } } }, 'mine'],
    ['an empty 400', { status: 400, body: '' }, 'http-400'],
    ['an empty 200', { body: '' }, 'no-token'],
    ['a 200 that is a list', { body: [] }, 'no-token'],
    ['a 200 with an empty token', { body: { access_token: '' } }, 'no-token'],
    ['a 400 that holds tokens', { status: 400, body: plain }, 'http-400'],
    ['10 MB', { body: `{"access_token":"${'x'.repeat(10_000_000)}"}` }, 'no-token'],
    ['deep nesting', { body: `${'['.repeat(5000)}${']'.repeat(5000)}` }, 'no-token'],
  ]
  test.each(passing)('%s is not', (_name, raw, reason) => {
    expect(failure(raw)).toEqual(['AuthRefreshFailed', reason])
  })

  test('a code where the connector says it is, and no other', () => {
    const body = { error: 'invalid_grant', why: { id: 'gone' } }
    const answer = { error: 'why.id' }
    expect(failure({ status: 400, body }, { answer })).toEqual(['AuthRefreshFailed', 'gone'])
    expect(failure({ status: 400, body: { other: 1 } }, { answer })).toEqual([
      'AuthRefreshFailed',
      'http-400',
    ])
  })

  test('a code of its own is dead only where the connector declares it', () => {
    const raw = { status: 400, body: { error: 'bad_refresh_token' } }
    expect(failure(raw)).toEqual(['AuthRefreshFailed', 'bad_refresh_token'])
    expect(failure(raw, { deadCodes: ['bad_refresh_token'] })[0]).toBe('InvalidCredential')
  })
})

describe('readRefusal()', () => {
  const pick = (content: Json, path: string) => valueAt(content, parsePath(path))
  const refused = (body: Json, status = 400) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return readRefusal({ status, contentType: '', body: text }, scheme, pick)
  }

  test.each<[Json, string | null, string | null]>([
    [{ error: 'a', error_description: 'why' }, 'a', 'why'],
    [{ error: 'a', message: 'why' }, 'a', 'why'],
    [{ error: 'a', error_description: '', message: 'why' }, 'a', null],
    [{ ok: true }, null, null],
    ['', null, null],
    ['slow: invalid_scope', 'invalid_scope', null],
  ])('%j', (body, code, description) => {
    expect(refused(body)).toEqual({ code, description })
  })

  test('cuts what is too long for a message', () => {
    const long = 'x'.repeat(600)
    expect(refused({ error: long, error_description: long })).toEqual({
      code: 'x'.repeat(200),
      description: 'x'.repeat(500),
    })
    expect(refused({ error: { code: long } }).code).toHaveLength(200)
    expect(refused(JSON.stringify(long)).code).toHaveLength(200)
  })
})

test('readTokenAnswer() says in a failure what the vendor said, in its own words', () => {
  const message = (raw: { status: number; body: string }) => {
    try {
      readTokenAnswer({ contentType: '', ...raw }, scheme, previous, { now, pick: () => undefined })
    } catch (error) {
      return String(error)
    }
    return ''
  }
  const said = { error: 'invalid_grant', error_description: 'Token has been revoked' }
  const dead = message({ status: 400, body: JSON.stringify(said) })
  expect(dead).toContain('invalid_grant: Token has been revoked')
  expect(message({ status: 503, body: '' })).toContain('(HTTP 503)')
})

test('contentOf() takes a line end within, or no text at all, for nothing', () => {
  const content = (body: string) => contentOf({ status: 200, contentType: '', body })
  expect(content(' ')).toBeNull()
  expect(content('a=1')).toEqual({ a: '1' })
  expect(content('a b=1')).toBeNull()
  expect(content('a=1\nb=2')).toBeNull()
})
