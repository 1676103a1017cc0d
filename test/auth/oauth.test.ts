import { expect, test } from 'vitest'
import { askForTokens } from '../../runtime/auth/oauth.ts'
import type { WireRequest } from '../../runtime/model/call.ts'
import type { OAuth2Scheme } from '../../runtime/model/connector.ts'
import { Secret } from '../../runtime/model/secret.ts'

const scheme: OAuth2Scheme = {
  type: 'oauth2',
  grant: 'client_credentials',
  authorizationUrl: null,
  tokenUrl: 'https://vendor.example/token',
  deviceAuthorizationUrl: null,
  revocationUrl: null,
  clientAuthentication: 'basic',
  clientId: null,
  scopes: [],
  tokenParameters: {},
  header: 'Authorization',
  prefix: 'Bearer ',
  answer: {},
  deadCodes: [],
}

test.each([
  ['5f0c-a_b.c*', 's-3.c_r*t', '5f0c-a_b.c*:s-3.c_r*t'],
  ['id with space', 'a:b+c/d=%é', 'id+with+space:a%3Ab%2Bc%2Fd%3D%25%C3%A9'],
])('askForTokens() encodes %s and %s as forms do, and no further', async (id, secret, pair) => {
  const sent: WireRequest[] = []
  const credential = { properties: { ClientId: new Secret(id), ClientSecret: new Secret(secret) } }
  await askForTokens(
    {
      scheme,
      credential,
      transport: async (request) => {
        sent.push(request)
        return { status: 200, reason: '', headers: {}, body: new Uint8Array(), url: request.url }
      },
    },
    'client_credentials',
    {},
  )
  const [, encoded = ''] = (sent[0]?.headers.authorization ?? '').split(' ')
  expect(Buffer.from(encoded, 'base64').toString()).toBe(pair)
})
