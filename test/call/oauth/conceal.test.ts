import { describe, expect, test } from 'vitest'
import { Placeholders } from '../../../runtime/auth/placeholders.ts'
import {
  concealAnswer,
  concealForm,
  concealHeaders,
  showsUndeclared,
} from '../../../runtime/call/oauth/conceal.ts'
import type { Json } from '../../../runtime/model/json.ts'

/** Placeholders are shown as `<their secret>`. */
function shown(conceal: (placeholders: Placeholders) => unknown): unknown {
  let made = 0
  const placeholders = new Placeholders(() => String(++made).padStart(32, '0'), false)
  const text = JSON.stringify(conceal(placeholders))
  return JSON.parse(
    text.replace(/hkl_[0-9a-f]{32}/g, (found) => `<${placeholders.resolve(found)}>`),
  )
}

describe('concealForm()', () => {
  test.each([
    'refresh_token',
    'client_secret',
    'password',
    'code',
    'code_verifier',
    'device_code',
    'client_assertion',
    'assertion',
    'subject_token',
    'actor_token',
  ])('conceals %s', (name) => {
    expect(shown((placeholders) => concealForm({ [name]: 'v' }, placeholders))).toEqual({
      [name]: '<v>',
    })
  })

  test('leaves the rest, but for echoes of what is concealed', () => {
    const form = {
      client_secret: 'secret-1',
      grant_type: 'x',
      code_challenge: 'c',
      at: 'secret-1!',
    }
    expect(shown((placeholders) => concealForm(form, placeholders))).toEqual({
      client_secret: '<secret-1>',
      grant_type: 'x',
      code_challenge: 'c',
      at: '<secret-1>!',
    })
  })
})

test('concealHeaders() conceals credentials, and leaves the name of their scheme', () => {
  const headers = { authorization: 'Basic aWQ6c2VjcmV0', Accept: 'a/b', 'X-Echo': 'aWQ6c2VjcmV0' }
  expect(shown((placeholders) => concealHeaders(headers, placeholders))).toEqual({
    authorization: 'Basic <aWQ6c2VjcmV0>',
    Accept: 'a/b',
    'X-Echo': '<aWQ6c2VjcmV0>',
  })
  expect(shown((placeholders) => concealHeaders({ Authorization: 'bare' }, placeholders))).toEqual({
    Authorization: '<bare>',
  })
})

describe('concealAnswer()', () => {
  const answer = (content: Json, paths = {}) =>
    shown((placeholders) => concealAnswer(content, paths, placeholders))

  test.each<[Json, Json]>([
    [
      { access_token: 'a', refresh_token: 'r' },
      { access_token: '<a>', refresh_token: '<r>' },
    ],
    [
      { token_type: 'Bearer', expires_in: 60 },
      { token_type: 'Bearer', expires_in: 60 },
    ],
    [{ a: [{ AccessToken: 'a' }, 1, null] }, { a: [{ AccessToken: '<a>' }, 1, null] }],
    [
      { client_secret: 's', mySecretKey: 'k', Password1: 'p' },
      { client_secret: '<s>', mySecretKey: '<k>', Password1: '<p>' },
    ],
    [
      { session_id: 's', SessionId: 't' },
      { session_id: '<s>', SessionId: '<t>' },
    ],
    [
      { access_token: '', id_token: null },
      { access_token: '', id_token: null },
    ],
    [{ token: { deep: 'x' } }, { token: { deep: 'x' } }],
    ['text', 'text'],
    [7, 7],
  ])('%j', (content, expected) => {
    expect(answer(content)).toEqual(expected)
  })

  test('conceals what the connector says are the tokens, by whatever name', () => {
    const paths = { accessToken: 'user.key', refreshToken: 'next' }
    const content = { user: { key: 'a', name: 'n' }, next: 'r' }
    expect(answer(content, paths)).toEqual({ user: { key: '<a>', name: 'n' }, next: '<r>' })
    expect(answer({ user: 7 }, paths)).toEqual({ user: 7 })
  })

  test('conceals echoes of what it has concealed', () => {
    expect(answer({ access_token: 'a-token', note: 'your a-token' })).toEqual({
      access_token: '<a-token>',
      note: 'your <a-token>',
    })
  })
})

describe('showsUndeclared()', () => {
  const standIn = `hkl_${'0'.repeat(32)}`

  test.each<Json>([
    {},
    { access_token: standIn, token_type: 'bearer', expires_in: 3600, scope: 'a b' },
    { data: { refresh_token: standIn, expires_at: 17, refresh_token_expires_in: 1 }, ok: true },
    { error: 'invalid_grant', error_description: 'gone', session: '', list: [standIn, null] },
  ])('is false where only stand-ins and what is public is left: %j', (answer) => {
    expect(showsUndeclared(answer)).toBe(false)
  })

  test.each<Json>([
    'access=secret',
    ['secret'],
    { access_token: standIn, instance_url: 'https://eu.vendor.example' },
    { pin: 1234 },
    { data: [{ x: 'secret' }] },
    { scope: { key: 'secret' } },
    { near: `${standIn}-and-more` },
  ])('is true where a value stays under a name that tells nothing: %j', (answer) => {
    expect(showsUndeclared(answer)).toBe(true)
  })
})
