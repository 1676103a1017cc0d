/** Placeholders for what is secret in a token request and its answer (dialect section 14, 14). */
import { isPlaceholder, type Placeholders } from '../../auth/placeholders.ts'
import type { TokenAnswerPaths } from '../../model/connector.ts'
import { isJsonObject, type Json } from '../../model/json.ts'
import { parsePath, valueAt, withValueAt } from '../../model/path.ts'
import { Secret } from '../../model/secret.ts'

type Texts = Readonly<Record<string, string>>

/** What RFC 6749, 7521, 7636 and 8628 let a client keep to itself. */
const secretParameters =
  /^(?:refresh_token|client_secret|password|code|code_verifier|device_code|client_assertion|assertion|subject_token|actor_token)$/

export function concealForm(form: Texts, placeholders: Placeholders): Texts {
  const entries = Object.entries(form).map(([name, value]) => [
    name,
    secretParameters.test(name)
      ? placeholders.conceal(new Secret(value))
      : placeholders.scrub(value),
  ])
  return Object.fromEntries(entries) as Texts
}

/** The credentials of `Authorization`, and not the name of its scheme. */
export function concealHeaders(headers: Texts, placeholders: Placeholders): Texts {
  const entries = Object.entries(headers).map(([name, value]) => {
    if (name.toLowerCase() !== 'authorization') return [name, placeholders.scrub(value)]
    const space = value.indexOf(' ') + 1
    return [name, value.slice(0, space) + placeholders.conceal(new Secret(value.slice(space)))]
  })
  return Object.fromEntries(entries) as Texts
}

/** A member of that name is a secret, wherever in an answer it stands. `token_type` is none. */
const secretMember = /token$|secret|password|session_?id$/i

/** What a hook sees of a token answer. A secret under a name that nothing tells of stays visible. */
export function concealAnswer(
  content: Json,
  paths: TokenAnswerPaths,
  placeholders: Placeholders,
): Json {
  let safe = concealMembers(content, placeholders)
  for (const path of [paths.accessToken, paths.refreshToken]) {
    const segments = path === undefined ? [] : parsePath(path)
    const value = segments.length === 0 ? undefined : valueAt(content, segments)
    if (typeof value !== 'string') continue
    safe = withValueAt(safe, segments, placeholders.conceal(new Secret(value)))
  }
  return safe
}

/** What standards and habit put beside the tokens, and nobody keeps to himself. */
const harmlessMember =
  /^(?:token_type|issued_token_type|scope|(?:\w+_)?expires(?:_in|_at)?|created_at|issued_at|error|error_description|error_uri)$/i

/**
 * Whether a concealed answer still shows what may be a secret: a text or a number under a name that
 * nothing tells of. Whoever sees it gets a process that is not used again.
 */
export function showsUndeclared(safe: Json): boolean {
  if (Array.isArray(safe)) return safe.some(showsUndeclared)
  if (typeof safe === 'string') return safe !== '' && !isPlaceholder(safe)
  if (!isJsonObject(safe)) return typeof safe === 'number'
  return Object.entries(safe).some(
    ([name, value]) => !(harmlessMember.test(name) && !isNested(value)) && showsUndeclared(value),
  )
}

function isNested(value: Json): boolean {
  return typeof value === 'object' && value !== null
}

function concealMembers(content: Json, placeholders: Placeholders): Json {
  if (typeof content === 'string') return placeholders.scrub(content)
  if (Array.isArray(content)) {
    return content.map((item: Json) => concealMembers(item, placeholders))
  }
  if (!isJsonObject(content)) return content
  const entries = Object.entries(content).map(([name, value]) => {
    const isSecret = typeof value === 'string' && value !== '' && secretMember.test(name)
    return [
      name,
      isSecret
        ? placeholders.concealPassing(new Secret(value))
        : concealMembers(value, placeholders),
    ] as const
  })
  return Object.fromEntries(entries)
}
