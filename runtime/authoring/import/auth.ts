/** How connections authenticate: a connector has one way of it, or since 2022 a list. */
import type { Exported } from './exported.ts'

type Fields = Readonly<Record<string, unknown>>

/** What `auth` says in our words. A client's secret is asked for at `connect`, and never copied. */
export function importAuth(connector: Exported, hasLogin: boolean): Fields {
  const scheme = chosen(connector)
  const type = scheme.text('AuthType', 'Type') ?? 'None'
  if (scheme.value('ClientSecret', 'OAuth2ClientSecret') !== null) {
    scheme.note('secrets are not copied; `hookline connect` asks for it', 'ClientSecret')
  }
  switch (type.toLowerCase().replaceAll(/[^a-z0-9]/g, '')) {
    case 'apikey':
      return { type: 'api_key', as: scheme.text('AuthScheme') ?? 'Authorization' }
    case 'basic':
      return { type: 'basic' }
    case 'oauth2':
      return importOAuth2(scheme)
    case 'none':
    case 'custom':
      return { type: hasLogin ? 'session' : 'none' }
    default:
      scheme.note(`there is no such authentication here: ${type}`, 'AuthType')
      return { type: hasLogin ? 'session' : 'none' }
  }
}

function chosen(connector: Exported): Exported {
  const schemes = connector.list('Authentication', 'Authentications')
  const preferred = schemes.find((one) => one.flag('IsDefault')) ?? schemes[0]
  for (const other of schemes) {
    if (other === preferred) continue
    other.note('a connector has one authentication here; the default one was taken')
  }
  return preferred ?? connector
}

const grants: Readonly<Record<string, string>> = {
  authorisationcode: 'authorization_code',
  authorizationcode: 'authorization_code',
  clientcredentials: 'client_credentials',
  passwordcredentials: 'password',
}

function importOAuth2(scheme: Exported): Fields {
  const type = scheme.text('OAuth2Type')
  const grant = grants[(type ?? 'AuthorisationCode').toLowerCase().replaceAll(/[^a-z]/g, '')]
  if (grant === undefined) scheme.note(`there is no such grant here: ${type}`, 'OAuth2Type')
  const authorizationUrl = scheme.text('AuthoriseUrl', 'AuthorizeUrl')
  const tokenUrl = scheme.text('AccessTokenUrl')
  const isInteractive = (grant ?? 'authorization_code') === 'authorization_code'
  if (tokenUrl === null)
    scheme.note('it is needed to get tokens; write it as token_url', 'AccessTokenUrl')
  if (isInteractive && authorizationUrl === null) {
    scheme.note('it is needed for the login; write it in place of the token URL', 'AuthoriseUrl')
  }
  const clientId = scheme.text('ClientId')
  return {
    type: 'oauth2',
    grant: grant ?? 'authorization_code',
    ...(isInteractive ? { authorization_url: authorizationUrl ?? tokenUrl } : {}),
    token_url: tokenUrl,
    ...(clientId === null || clientId.includes('{{') ? {} : { client_id: clientId }),
    ...scopesOf(scheme.text('Scopes', 'Scope')),
  }
}

/** Kept as one entry where they are parted by something else than spaces. */
function scopesOf(text: string | null): Fields {
  if (text === null) return {}
  return { scopes: text.includes(',') ? [text] : text.split(/\s+/) }
}
