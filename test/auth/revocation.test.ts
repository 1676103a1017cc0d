import { describe, expect, test } from 'vitest'
import { revokeTokens } from '../../runtime/auth/revocation.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { errandTo } from './endpoint.ts'

const revocationUrl = 'https://vendor.example/{{Dc}}/revoke'
const properties = { ClientId: 'id', ClientSecret: 'secret', Dc: 'eu' }
const refreshToken = new Secret('r')
const accessToken = new Secret('a')

describe('revokeTokens()', () => {
  test('revokes the refresh token first, then the access token (RFC 7009 section 2.1)', async () => {
    const { errand, asked } = errandTo({ revocationUrl }, properties)
    expect(await revokeTokens(errand, { refreshToken, accessToken })).toEqual([])
    expect(asked.map(({ url }) => url)).toEqual(Array(2).fill('https://vendor.example/eu/revoke'))
    expect(asked.map(({ form }) => form)).toEqual([
      { token: 'r', token_type_hint: 'refresh_token' },
      { token: 'a', token_type_hint: 'access_token' },
    ])
  })

  test('asks for no token that there is not', async () => {
    const { errand, asked } = errandTo({ revocationUrl }, properties)
    await revokeTokens(errand, { refreshToken: null, accessToken: null })
    expect(asked).toEqual([])
    await revokeTokens(errand, { refreshToken: null, accessToken })
    expect(asked.map(({ form }) => form.token)).toEqual(['a'])
  })

  test.each([
    [[199, 200], [199]],
    [[200, 299], []],
    [
      [300, 503],
      [300, 503],
    ],
  ])('resolves to the refusals of answers with %j', async (statuses, refused) => {
    const { errand } = errandTo({ revocationUrl }, properties, statuses)
    const answers = await revokeTokens(errand, { refreshToken, accessToken })
    expect(answers.map(({ status }) => status)).toEqual(refused)
  })
})
