import type { OAuth2Scheme } from '../../runtime/model/connector.ts'

const plain: OAuth2Scheme = {
  type: 'oauth2',
  grant: 'authorization_code',
  authorizationUrl: 'https://vendor.example/authorize',
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
  errors: [],
}

/** The scheme of a vendor who follows the RFCs, but for what a test says. */
export function schemeWith(over: Partial<OAuth2Scheme> = {}): OAuth2Scheme {
  return { ...plain, ...over }
}
