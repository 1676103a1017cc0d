import type { LoginTarget, Runtime } from '../../runtime/index.ts'
import {
  type OAuthServer,
  type OAuthServerOptions,
  startOAuthServer,
} from '../support/oauth-server.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { startVendorApi, type VendorApi } from '../support/vendor-api.ts'

/** A vendor with a real OAuth server, the connector `acme` to it, and a runtime of one's own. */
export interface LoginWorld extends AsyncDisposable {
  readonly server: OAuthServer
  readonly api: VendorApi
  readonly runtime: Runtime
  readonly target: LoginTarget
}

export const ref = { tenant: 'ann', connection: 'mine' } as const

export type WorldOptions = OAuthServerOptions & {
  /** Lines of the connector's `auth`, beside its addresses. */
  readonly auth?: string
  /** More of the connector. */
  readonly definition?: string
  /** The connector's own. */
  readonly script?: string
  /** What the connector says instead of the address of the OAuth server: one with mergefields. */
  readonly addressed?: (origin: string) => string
  /** `me` unless said; null for none. */
  readonly testCall?: string | null
}

export async function openLoginWorld(options: WorldOptions = {}): Promise<LoginWorld> {
  const { testCall = 'me', addressed = (origin) => origin, script = '' } = options
  await using parts = new AsyncDisposableStack()
  const server = parts.use(await startOAuthServer(options))
  const api = parts.use(await startVendorApi(server))
  const at = (url: string) => url.replace(server.origin, addressed(server.origin))
  const definition = `
name: acme
title: Acme & Söhne
script: main.js
base_url: ${api.origin}
origins: ['${at(server.origin)}']
auth:
  type: oauth2
  authorization_url: '${at(server.authorizationUrl)}'
  token_url: '${at(server.tokenUrl)}'
  device_authorization_url: '${at(server.deviceAuthorizationUrl)}'
  revocation_url: '${at(server.revocationUrl)}'
  ${options.auth ?? 'scopes: [api]'}
${testCall === null ? '' : `test_call: ${testCall}`}
errors:
  - { type: ExpiredToken, renew: oauth, message: dead, filter: { path: headers.http-code, operator: equal, value: 401 } }
methods:
  me: { verb: GET, path: /by-401/me }
  nowhere: { verb: GET, path: /nowhere }
${options.definition ?? ''}`
  const { runtime } = parts.use(
    openTemporaryRuntime({ definition, scripts: { 'main.js': script } }),
  )
  const { id: ClientId, secret: ClientSecret } = server.clients.body
  const target = { ...ref, connector: 'acme', properties: { ClientId, ClientSecret } }
  const whole = parts.move()
  return { server, api, runtime, target, [Symbol.asyncDispose]: () => whole.disposeAsync() }
}
