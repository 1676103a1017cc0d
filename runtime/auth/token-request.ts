/** Asking for a newer access token, by what a credential has. The answer is read elsewhere. */
import type { Credential } from '../model/connection.ts'
import type { OAuth2Scheme } from '../model/connector.ts'
import {
  askForTokens,
  type OAuthErrand,
  type RawTokenAnswer,
  type TokenTransport,
  unknownClient,
} from './oauth.ts'

/**
 * Asks for a new access token: by the refresh token (RFC 6749 section 6), or for the machine grants
 * (sections 4.3 and 4.4) by asking again, as their own credential never went away. Rejects with
 * `CallFailure` AuthRefreshFailed (reason `invalid_client`) where the client is not known, or with
 * whatever the transport rejects with.
 */
export async function requestToken(
  scheme: OAuth2Scheme,
  credential: Credential,
  transport: TokenTransport,
): Promise<RawTokenAnswer> {
  const errand: OAuthErrand = { scheme, credential, transport }
  switch (scheme.grant) {
    case 'client_credentials':
      return askForTokens(errand, 'client_credentials', scopeOf(scheme))
    case 'password':
      return askForTokens(errand, 'password', { ...scopeOf(scheme), ...passwordOf(credential) })
    case 'authorization_code':
      return askForTokens(errand, 'refresh_token', { refresh_token: refreshTokenOf(credential) })
  }
}

/** True where a renewal has something to ask with; without it only a new login helps. */
export function canRefresh(scheme: OAuth2Scheme, credential: Credential): boolean {
  if (scheme.grant !== 'authorization_code') return true
  return credential.auth.kind === 'oauth2' && credential.auth.refreshToken !== null
}

/** The `scope` parameter (RFC 6749 section 3.3); none where the connector names no scopes. */
export function scopeOf({ scopes }: OAuth2Scheme): Readonly<Record<string, string>> {
  return scopes.length > 0 ? { scope: scopes.join(' ') } : {}
}

function refreshTokenOf({ auth }: Credential): string {
  const token = auth.kind === 'oauth2' ? auth.refreshToken : null
  if (!token) throw new TypeError('a refresh was asked for without a refresh token')
  return token.reveal()
}

function passwordOf({ properties }: Credential): Readonly<Record<string, string>> {
  const { Username: username, Password: password } = properties
  if (!username || !password) {
    throw unknownClient('the password grant needs the properties `Username` and `Password`')
  }
  return { username: username.reveal(), password: password.reveal() }
}
