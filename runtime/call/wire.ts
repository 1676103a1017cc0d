/** From the request that the hooks left to the bytes that are sent: only here do secrets enter. */
import { authorise } from '../auth/authorise.ts'
import { mergeHeaders } from '../auth/build.ts'
import { fillMergefields, mergefieldsIn } from '../auth/mergefields.ts'
import type { Placeholders } from '../auth/placeholders.ts'
import { asText } from '../auth/places.ts'
import { encodeBody } from '../http/body.ts'
import { forbidden, permitUrl, readUrl } from '../http/egress.ts'
import type { WireRequest } from '../model/call.ts'
import type { Verb } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json } from '../model/json.ts'
import type { Trip } from './attempt.ts'
import { policyOf } from './execution.ts'

/** A request for the wire, and its address as the trail may show it. */
export type Wired = { readonly request: WireRequest; readonly shownUrl: string }

/** Throws `CallFailure` DefinitionInvalid (`missing-parameter`) or RequestForbidden (`url`). */
export function toWire(trip: Trip): Wired {
  const { placeholders, call } = trip.execution
  const { verb, query, headers } = trip.request
  const { bodyType, xmlRoot } = call.method
  const body = encodeBody(resolveDeep(trip.request.body, placeholders), bodyType, { xmlRoot })
  const typed = body.contentType ? { 'Content-Type': body.contentType } : {}
  return assemble(trip, {
    verb,
    address: fillAddress(trip),
    query,
    headers: mergeHeaders(typed, headers),
    body: body.bytes,
  })
}

/** A request as a script knows it; only its body is already bytes. */
export type Draft = {
  readonly verb: Verb
  readonly address: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
}

/** Adds the credential, unless the script has set its header, and puts the secrets in. */
export function assemble(trip: Trip, draft: Draft): Wired {
  const { call, placeholders } = trip.execution
  placeholders.assertFew(asText([draft.address, draft.query, draft.headers]))
  const added = call.method.ignoreAuth
    ? { headers: {}, query: {} }
    : authorise(call.connector.auth, trip.credential.auth)
  const url = addressOf(trip, draft.address)
  for (const [name, value] of Object.entries({ ...added.query, ...draft.query })) {
    url.searchParams.set(placeholders.resolve(name), placeholders.resolve(value))
  }
  const headers = mergeHeaders(added.headers, draft.headers)
  const secret = Object.entries(draft.headers)
    .filter(([, value]) => placeholders.holdsSecret(value))
    .map(([name]) => name)
  return {
    request: {
      verb: draft.verb,
      url: url.href,
      headers: resolveValues(headers, placeholders),
      body: draft.body,
      credentialHeaders: [...Object.keys(added.headers), ...secret].map((name) =>
        name.toLowerCase(),
      ),
    },
    shownUrl: withQuery(draft.address, draft.query),
  }
}

/**
 * The address with its secrets in it, which only a declared one may have. Why another was refused is
 * said without it: as a host, a secret is lower case, and one more letter may change its last.
 */
function addressOf(trip: Trip, address: string): URL {
  const { placeholders } = trip.execution
  if (!placeholders.holdsSecret(address)) return readUrl(address)
  const { origins } = policyOf(trip.execution, trip.credential)
  try {
    return permitUrl(placeholders.resolve(address, encodeURIComponent), origins)
  } catch {
    throw forbidden(
      'origin',
      'Request is not allowed: there is a secret in its address, and the connector does not declare that origin and path under "origins"',
    )
  }
}

/**
 * The endpoint with its mergefields filled in. A value is encoded, so that it stays one segment. Only
 * what the address begins with, a field or a host (`{{instance_url}}/…`, `https://{{Dc}}.…`), is a
 * piece of URL itself; where it leads elsewhere, the policy refuses it.
 */
function fillAddress(trip: Trip): string {
  const { endpoint, mergefields } = trip.request
  const missing = mergefieldsIn(endpoint).find((name) => !Object.hasOwn(mergefields, name))
  if (missing !== undefined) {
    const { connector, method } = trip.execution.call
    throw new CallFailure(
      'DefinitionInvalid',
      `${connector.name} ${method.name} needs \`${missing}\` for its address, and there is none`,
      { reason: 'missing-parameter' },
    )
  }
  const [leading] = /^(?:\{\{[^}]*\}\}|https?:\/\/[^/?#]*)/i.exec(endpoint) ?? ['']
  const start = fillMergefields(leading, mergefields)
  return start + fillMergefields(endpoint.slice(leading.length), mergefields, encodeSegment)
}

/** `.` and `..` survive percent-encoding (WHATWG URL): as a segment they would climb. */
function encodeSegment(value: string): string {
  if (/^\.{1,2}$/.test(value)) {
    throw new CallFailure('RequestForbidden', `\`${value}\` cannot be a part of an address`, {
      reason: 'url',
    })
  }
  // A placeholder has no character that would be encoded.
  return encodeURIComponent(value.toWellFormed())
}

/** Placeholders are left in it, and the trail redacts those. */
function withQuery(address: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString()
  return query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`
}

function resolveValues(
  headers: Readonly<Record<string, string>>,
  placeholders: Placeholders,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, placeholders.resolve(value)]),
  )
}

/** Data with its placeholders replaced: only for what leaves for the vendor, or for the vault. */
export function resolveDeep(value: Json, placeholders: Placeholders): Json {
  if (typeof value === 'string') return placeholders.resolve(value)
  if (typeof value !== 'object' || value === null) return value
  const whole = asText(value)
  if (!whole.includes('hkl_')) return value
  placeholders.assertFew(whole)
  if (Array.isArray(value)) return value.map((item) => resolveDeep(item, placeholders))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, resolveDeep(item, placeholders)]),
  )
}
