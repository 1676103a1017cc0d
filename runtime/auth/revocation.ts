/** Telling the vendor that tokens are not needed any more (RFC 7009). */
import type { OAuth2Tokens } from '../model/connection.ts'
import { askToRevoke, type OAuthErrand, type RawTokenAnswer } from './oauth.ts'

/**
 * Revokes the refresh token first: with it goes the whole grant, at most vendors (RFC 7009 section
 * 2.1). Resolves to the answers that refused, none where all is well; a vendor that does not know
 * the token any more answers 200 (section 2.2).
 */
export async function revokeTokens(
  errand: OAuthErrand,
  { refreshToken, accessToken }: Pick<OAuth2Tokens, 'refreshToken' | 'accessToken'>,
): Promise<readonly RawTokenAnswer[]> {
  const answers: RawTokenAnswer[] = []
  if (refreshToken) answers.push(await askToRevoke(errand, refreshToken, 'refresh_token'))
  if (accessToken) answers.push(await askToRevoke(errand, accessToken, 'access_token'))
  return answers.filter(({ status }) => status < 200 || status >= 300)
}
