import { authorizationUrl } from '../auth/authorization.ts'
import { withMergefields } from '../model/origins.ts'
import { hooksOf, type Login, type LoginPorts } from './login.ts'
import type { LoginAttempt } from './login-attempt.ts'

/**
 * The address that a browser is sent to for a login. Each one passes here, on its last way before the
 * browser: this is where a connector's `before_oauth2_authorise` has its say. It may change the
 * address, but not `state`, `code_challenge` and `redirect_uri`, which the answer is checked against.
 */
export async function authorizationRequest(
  login: Login,
  attempt: LoginAttempt,
  ports: LoginPorts,
): Promise<URL> {
  const { connector, scheme, properties } = login
  const url = authorizationUrl(scheme, withMergefields(connector, { properties }), attempt)
  using hooks = await hooksOf(login, ports, new AbortController().signal)
  return hooks === null ? url : hooks.authorise(url)
}
