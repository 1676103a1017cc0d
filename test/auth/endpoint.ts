import type { OAuthErrand } from '../../runtime/auth/oauth.ts'
import type { WireRequest } from '../../runtime/model/call.ts'
import type { OAuth2Scheme } from '../../runtime/model/connector.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { schemeWith } from './scheme.ts'

/** What an endpoint was asked. */
export type Asked = {
  readonly url: string
  readonly headers: WireRequest['headers']
  readonly credentialHeaders: readonly string[]
  readonly form: Readonly<Record<string, string>>
}

/** An errand to endpoints that keep what they are asked, and answer with one status after another. */
export function errandTo(
  over: Partial<OAuth2Scheme>,
  properties: Readonly<Record<string, string>> = { ClientId: 'id', ClientSecret: 'secret' },
  statuses: readonly number[] = [200],
): { readonly errand: OAuthErrand; readonly asked: Asked[] } {
  const asked: Asked[] = []
  const secrets = Object.entries(properties).map(([name, text]) => [name, new Secret(text)])
  const errand: OAuthErrand = {
    scheme: schemeWith(over),
    credential: { properties: Object.fromEntries(secrets) },
    transport: async ({ url, headers, body, credentialHeaders }) => {
      const text = Buffer.from(body ?? []).toString('utf8')
      const form = Object.fromEntries(new URLSearchParams(text))
      asked.push({ url, headers, credentialHeaders, form })
      const status = statuses[asked.length - 1] ?? 200
      return { status, reason: '', headers: {}, body: Buffer.from(`{"n":${asked.length}}`), url }
    },
  }
  return { errand, asked }
}
