import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { askForTokens } from '../../runtime/auth/oauth.ts'
import type { OAuth2Scheme } from '../../runtime/model/connector.ts'
import { errandTo } from './endpoint.ts'

const machine = { grant: 'client_credentials' } as const

async function ask(over: Partial<OAuth2Scheme>, properties: Readonly<Record<string, string>>) {
  const { errand, asked } = errandTo({ ...machine, ...over }, properties)
  await askForTokens(errand, 'client_credentials', {})
  const [request] = asked
  if (!request) throw new Error('nothing was asked')
  return request
}

test.each([
  ['5f0c-a_b.c*', 's-3.c_r*t', '5f0c-a_b.c*:s-3.c_r*t'],
  ['id with space', 'a:b+c/d=%é', 'id+with+space:a%3Ab%2Bc%2Fd%3D%25%C3%A9'],
])('askForTokens() encodes %s and %s as forms do, and no further', async (id, secret, pair) => {
  const { headers } = await ask({}, { ClientId: id, ClientSecret: secret })
  const [, encoded = ''] = (headers.authorization ?? '').split(' ')
  expect(Buffer.from(encoded, 'base64').toString()).toBe(pair)
})

test('askForTokens() sends the client’s secret where the connector says, and marks it as one', async () => {
  const properties = { ClientId: 'id', ClientSecret: 'secret' }
  const basic = await ask({ clientAuthentication: 'basic' }, properties)
  expect(basic.form).toEqual({ grant_type: 'client_credentials' })
  expect(basic.credentialHeaders).toEqual(['authorization'])
  const body = await ask({ clientAuthentication: 'body' }, properties)
  expect(body.form).toMatchObject({ client_id: 'id', client_secret: 'secret' })
  expect(body.headers).not.toHaveProperty('authorization')
})

test('askForTokens() sends a secret of many alphabets, and brings the answer back as it came', async () => {
  const { errand, asked } = errandTo(
    { ...machine, clientAuthentication: 'body' },
    { ClientId: 'id', ClientSecret: 'sécrèt ✓' },
    [418],
  )
  expect(await askForTokens(errand, 'client_credentials', { a: 'ü' })).toEqual({
    status: 418,
    contentType: '',
    body: '{"n":1}',
  })
  expect(asked[0]?.form).toMatchObject({ client_secret: 'sécrèt ✓', a: 'ü' })
})

describe('askForTokens() with private_key_jwt (RFC 7523 section 2.2)', () => {
  const keys = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  }
  const privateKey = { type: 'pkcs8', format: 'pem' } as const
  const publicKey = { type: 'spki', format: 'pem' } as const

  test.each(['ES256', 'RS256'] as const)('signs with %s, by the kind of the key', async (alg) => {
    const { form } = await ask(
      { clientAuthentication: 'private_key_jwt' },
      {
        ClientId: 'id',
        ClientKey: String(keys[alg].privateKey.export(privateKey)),
        ClientKeyId: 'k1',
      },
    )
    const [header = '', claims = '', signature = ''] = (form.client_assertion ?? '').split('.')
    const parsed = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(parsed(header)).toEqual({ alg, kid: 'k1' })
    expect(parsed(claims)).toMatchObject({ iss: 'id', aud: 'https://vendor.example/token' })
    const key = createPublicKey(String(keys[alg].publicKey.export(publicKey)))
    const signed = Buffer.from(`${header}.${claims}`)
    const by = alg === 'ES256' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key
    expect(verify('sha256', signed, by, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  test('names no key where the connection has no name for it', async () => {
    const ClientKey = String(keys.ES256.privateKey.export(privateKey))
    const { form } = await ask(
      { clientAuthentication: 'private_key_jwt' },
      { ClientId: 'id', ClientKey },
    )
    const [header = ''] = (form.client_assertion ?? '').split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'ES256' })
  })
})
