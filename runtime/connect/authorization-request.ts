import { authorizationUrl } from '../auth/authorization.ts'
import type { Login } from './login.ts'
import type { LoginAttempt } from './login-attempt.ts'

/**
 * The address that a browser is sent to for a login. Each one passes here, on its last way before the
 * browser: this is where a connector's `before_oauth2_authorise` has its say. It may change the
 * address, but not `state`, `code_challenge` and `redirect_uri`, which the answer is checked against.
 */
export async function authorizationRequest(
  { scheme, properties }: Login,
  attempt: LoginAttempt,
): Promise<URL> {
  return authorizationUrl(scheme, { properties }, attempt)
}
