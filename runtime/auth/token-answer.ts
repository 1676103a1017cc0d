/**
 * Reads what a token endpoint answered (RFC 6749 sections 5.1 and 5.2), tolerantly. The strict
 * libraries reject 14 of 25 usable answers, and by then the vendor has rotated the refresh token:
 * strictness loses the connection. So: whatever can be understood is understood.
 */
import type { OAuth2Tokens } from '../model/connection.ts'
import type { OAuth2Scheme } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json, type JsonObject, jsonDepth, parseJson } from '../model/json.ts'
import { Secret } from '../model/secret.ts'
import type { RawTokenAnswer } from './oauth.ts'

/** How a path of the definition is looked up in an answer; given by the caller. */
export type Pick = (content: Json, path: string) => Json | undefined

const maximumBytes = 1024 * 1024

/**
 * The tokens in an answer. What it leaves out stays as it was: the refresh token (RFC 6749 section
 * 6) and the scope. Throws `CallFailure`: InvalidCredential (reason `invalid_grant`) when the
 * refresh token is dead, else AuthRefreshFailed with the OAuth error code, or `http-<status>`, as
 * its reason.
 */
export function readTokenAnswer(
  answer: RawTokenAnswer,
  scheme: OAuth2Scheme,
  previous: OAuth2Tokens,
  context: { readonly now: Date; readonly pick: Pick },
): OAuth2Tokens {
  const content = contentOf(answer)
  const fields = fieldsOf(content, scheme, context.pick)
  const good = answer.status >= 200 && answer.status < 300
  if (good && fields.accessToken) {
    return {
      kind: 'oauth2',
      accessToken: new Secret(fields.accessToken),
      refreshToken: fields.refreshToken ? new Secret(fields.refreshToken) : previous.refreshToken,
      expiresAt: fields.expiresAt(context.now),
      issuedAt: context.now,
      scope: fields.scope ?? previous.scope,
    }
  }
  throw failureOf(answer, content, scheme, fields.error)
}

/** Why an endpoint of OAuth refused, in its own words; null for what it did not say. */
export type Refusal = { readonly code: string | null; readonly description: string | null }

/** The refusal in an answer of any OAuth endpoint (RFC 6749 section 5.2), read as tolerantly. */
export function readRefusal(answer: RawTokenAnswer, scheme: OAuth2Scheme, pick: Pick): Refusal {
  const content = contentOf(answer)
  return refusal(answer, content, fieldsOf(content, scheme, pick).error)
}

/** An answer as data: JSON whatever its type says, then form encoding (GitHub's default), else null. */
export function contentOf(answer: RawTokenAnswer): Json {
  const text = answer.body.replace(/^\uFEFF/, '').trim()
  if (text.length > maximumBytes || jsonDepth(text) > 64) return null
  try {
    return parseJson(text)
  } catch {
    if (!/^[\w.%+-]+=[^\s<]*$/.test(text)) return null
    return Object.fromEntries(new URLSearchParams(text))
  }
}

type Fields = {
  readonly accessToken: string | null
  readonly refreshToken: string | null
  readonly scope: string | null
  readonly error: string | null
  readonly expiresAt: (now: Date) => Date | null
}

function fieldsOf(content: Json, scheme: OAuth2Scheme, pick: Pick): Fields {
  const home = homeOf(content)
  const at = (path: string | undefined, ...names: readonly string[]): Json | undefined =>
    path === undefined ? firstOf(home, names) : (pick(content, path) ?? undefined)
  const { answer } = scheme
  const lifetime = at(answer.expiresIn, 'expires_in', 'expiresIn')
  const instant = firstOf(home, ['expires_at', 'expiresAt', 'expires_on'])
  return {
    accessToken: textOf(at(answer.accessToken, 'access_token', 'accessToken', 'AccessToken')),
    refreshToken: textOf(at(answer.refreshToken, 'refresh_token', 'refreshToken', 'RefreshToken')),
    scope: scopeOf(firstOf(home, ['scope', 'scopes'])),
    error: errorCodeOf(
      answer.error === undefined ? content : (pick(content, answer.error) ?? null),
    ),
    expiresAt: (now) => expiryOf(lifetime, now) ?? laterThan(now, instantOf(instant)),
  }
}

/** The object with the tokens: the answer itself, or one a level below, as in `{data: {…}}`. */
function homeOf(content: Json): JsonObject {
  if (!isJsonObject(content)) return {}
  if (hasToken(content)) return content
  return Object.values(content).filter(isJsonObject).find(hasToken) ?? content
}

function hasToken(object: JsonObject): boolean {
  return textOf(firstOf(object, ['access_token', 'accessToken', 'AccessToken'])) !== null
}

function firstOf(object: JsonObject, names: readonly string[]): Json | undefined {
  const name = names.find((candidate) => Object.hasOwn(object, candidate))
  return name === undefined ? undefined : object[name]
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

function scopeOf(value: Json | undefined): string | null {
  if (Array.isArray(value))
    return value.filter((item) => typeof item === 'string').join(' ') || null
  return textOf(value)
}

/** A lifetime of nothing, or less, says nothing of use: taken as not said. */
function expiryOf(value: Json | undefined, now: Date): Date | null {
  const seconds = typeof value === 'string' ? Number(value) : value
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return null
  return dateOf(now.getTime() + seconds * 1000)
}

function instantOf(value: Json | undefined): Date | null {
  if (typeof value === 'string' && Number.isNaN(Number(value))) return dateOf(Date.parse(value))
  const number = Number(value)
  if (!(number > 0)) return null
  return dateOf(number > 1e11 ? number : number * 1000)
}

/** A vendor whose clock is wrong may give a date that is over: the token is new, so it is no guide. */
function laterThan(now: Date, date: Date | null): Date | null {
  return date && date.getTime() > now.getTime() ? date : null
}

function dateOf(milliseconds: number): Date | null {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? null : date
}

/** `{error: "…"}`, `{error: {code|type|error: "…"}}`, `{ok: false, error: "…"}`, one level down too. */
function errorCodeOf(content: Json): string | null {
  if (typeof content === 'string') return content.slice(0, 200)
  if (!isJsonObject(content)) return null
  const own = codeIn(content)
  if (own !== null) return own
  const below = Object.values(content).filter(isJsonObject).map(codeIn)
  return below.find((code) => code !== null) ?? null
}

function codeIn(object: JsonObject): string | null {
  const error = firstOf(object, ['error', 'error_code', 'errorCode'])
  if (typeof error === 'string' && error !== '') return error.slice(0, 200)
  if (!isJsonObject(error)) return null
  return textOf(firstOf(error, ['code', 'type', 'error', 'status']))?.slice(0, 200) ?? null
}

const knownCodes =
  /\b(invalid_grant|invalid_client|invalid_request|unauthorized_client|unsupported_grant_type|invalid_scope)\b/

function failureOf(
  answer: RawTokenAnswer,
  content: Json,
  scheme: OAuth2Scheme,
  found: string | null,
): CallFailure {
  const { code, description } = refusal(answer, content, found)
  const said = `${code ?? `HTTP ${answer.status}`}${description ? `: ${description}` : ''}`
  if (code !== null && (code === 'invalid_grant' || scheme.deadCodes.includes(code))) {
    return new CallFailure(
      'InvalidCredential',
      `The vendor no longer accepts the refresh token (${said}); connect again`,
      { reason: 'invalid_grant', httpCode: answer.status },
    )
  }
  return new CallFailure('AuthRefreshFailed', `The token endpoint gave no token (${said})`, {
    reason: code ?? (answer.status < 300 ? 'no-token' : `http-${answer.status}`),
    httpCode: answer.status,
  })
}

function refusal(answer: RawTokenAnswer, content: Json, found: string | null): Refusal {
  const plain = /^\s*</.test(answer.body) ? null : knownCodes.exec(answer.body.slice(0, 500))?.[1]
  const text = isJsonObject(content)
    ? textOf(firstOf(content, ['error_description', 'message']))
    : null
  return { code: found ?? plain ?? null, description: text?.slice(0, 500) ?? null }
}
