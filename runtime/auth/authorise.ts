import type { AuthValue } from '../model/connection.ts'
import type { AuthScheme } from '../model/connector.ts'

/** What a credential adds to a request: nothing of it has passed through a script. */
export type Authorisation = {
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

const nothing: Authorisation = { headers: {}, query: {} }

/** How the credential travels: RFC 6750 section 2.1, RFC 7617, or as the connector says. */
export function authorise(scheme: AuthScheme, value: AuthValue): Authorisation {
  if (scheme.type === 'oauth2' && value.kind === 'oauth2' && value.accessToken) {
    const header = `${scheme.prefix}${value.accessToken.reveal()}`
    return { headers: { [scheme.header]: header }, query: {} }
  }
  if (scheme.type === 'basic' && value.kind === 'basic') {
    return { headers: { Authorization: `Basic ${basicValue(value)}` }, query: {} }
  }
  if (scheme.type === 'api_key' && value.kind === 'api_key') {
    const entry = { [scheme.target]: `${scheme.prefix}${value.key.reveal()}` }
    return scheme.place === 'header' ? { headers: entry, query: {} } : { headers: {}, query: entry }
  }
  return nothing
}

/** The dialect's `method_auth_value`: the bare key or token; for basic, base64 of `user:password`. */
export function authValueText(value: AuthValue): string | null {
  if (value.kind === 'oauth2') return value.accessToken?.reveal() ?? null
  if (value.kind === 'api_key') return value.key.reveal()
  return value.kind === 'basic' ? basicValue(value) : null
}

function basicValue(value: Extract<AuthValue, { kind: 'basic' }>): string {
  return Buffer.from(`${value.username}:${value.password.reveal()}`, 'utf8').toString('base64')
}
