import type { AuthValue, Credential } from '../model/connection.ts'
import { Secret } from '../model/secret.ts'

/** What of a credential is secret, and so stored encrypted; its counters are stored beside it. */
export type CredentialContent = Pick<Credential, 'auth' | 'properties' | 'session'>

type Texts = Readonly<Record<string, string>>
type AuthText =
  | { kind: 'none' }
  | { kind: 'api_key'; key: string }
  | { kind: 'basic'; username: string; password: string }
  | {
      kind: 'oauth2'
      accessToken: string | null
      refreshToken: string | null
      expiresAt: string | null
      issuedAt: string | null
      scope: string | null
    }
type CredentialText = { auth: AuthText; properties: Texts; session: Texts }

/** The plain text of a credential, to be encrypted at once. */
export function writeCredential(content: CredentialContent): Buffer {
  const text: CredentialText = {
    auth: authText(content.auth),
    properties: reveal(content.properties),
    session: reveal(content.session),
  }
  return Buffer.from(JSON.stringify(text))
}

/** Reads what `writeCredential` wrote; the ciphertext's tag has vouched for it. */
export function readCredential(text: Uint8Array): CredentialContent {
  const { auth, properties, session } = JSON.parse(Buffer.from(text).toString()) as CredentialText
  return { auth: authValue(auth), properties: conceal(properties), session: conceal(session) }
}

function authText(auth: AuthValue): AuthText {
  switch (auth.kind) {
    case 'none':
      return { kind: 'none' }
    case 'api_key':
      return { kind: 'api_key', key: auth.key.reveal() }
    case 'basic':
      return { kind: 'basic', username: auth.username, password: auth.password.reveal() }
    case 'oauth2':
      return {
        kind: 'oauth2',
        accessToken: auth.accessToken?.reveal() ?? null,
        refreshToken: auth.refreshToken?.reveal() ?? null,
        expiresAt: auth.expiresAt?.toISOString() ?? null,
        issuedAt: auth.issuedAt?.toISOString() ?? null,
        scope: auth.scope,
      }
  }
}

function authValue(text: AuthText): AuthValue {
  switch (text.kind) {
    case 'none':
      return { kind: 'none' }
    case 'api_key':
      return { kind: 'api_key', key: new Secret(text.key) }
    case 'basic':
      return { kind: 'basic', username: text.username, password: new Secret(text.password) }
    case 'oauth2':
      return {
        kind: 'oauth2',
        accessToken: secretOrNull(text.accessToken),
        refreshToken: secretOrNull(text.refreshToken),
        expiresAt: dateOrNull(text.expiresAt),
        issuedAt: dateOrNull(text.issuedAt),
        scope: text.scope,
      }
  }
}

const secretOrNull = (text: string | null) => (text === null ? null : new Secret(text))
const dateOrNull = (text: string | null) => (text === null ? null : new Date(text))

function reveal(secrets: Readonly<Record<string, Secret>>): Texts {
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value.reveal()]))
}

function conceal(texts: Texts): Record<string, Secret> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, new Secret(text)]))
}
