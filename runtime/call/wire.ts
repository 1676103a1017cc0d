/** From the request that the hooks left to the bytes that are sent: only here do secrets enter. */
import { authorise } from '../auth/authorise.ts'
import { asText, mergeHeaders } from '../auth/build.ts'
import { fillMergefields, mergefieldsIn } from '../auth/mergefields.ts'
import type { Placeholders } from '../auth/placeholders.ts'
import { encodeBody } from '../http/body.ts'
import type { WireRequest } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json } from '../model/json.ts'
import type { Trip } from './attempt.ts'

/** A request for the wire, and its address as the trail may show it. */
export type Wired = { readonly request: WireRequest; readonly shownUrl: string }

/** Throws `CallFailure` DefinitionInvalid (`missing-parameter`) or RequestForbidden (`url`). */
export function toWire(trip: Trip): Wired {
  const { call, placeholders } = trip.execution
  const { method, connector } = call
  const added = method.ignoreAuth
    ? { headers: {}, query: {} }
    : authorise(connector.auth, trip.credential.auth)

  const shown = fillAddress(trip)
  const url = parseUrl(placeholders.resolve(shown, encodeURIComponent), trip)
  for (const [name, value] of Object.entries({ ...added.query, ...trip.request.query })) {
    url.searchParams.append(placeholders.resolve(name), placeholders.resolve(value))
  }
  const body = encodeBody(resolveDeep(trip.request.body, placeholders), method.bodyType, {
    xmlRoot: method.xmlRoot,
  })
  const typed = body.contentType ? { 'Content-Type': body.contentType } : {}
  const visible = mergeHeaders(typed, trip.request.headers)
  const headers = mergeHeaders(added.headers, visible)
  const secret = [
    ...Object.keys(added.headers),
    ...Object.keys(visible).filter((name) => placeholders.holdsSecret(visible[name] ?? '')),
  ]
  return {
    request: {
      verb: trip.request.verb,
      url: url.href,
      headers: resolveValues(headers, placeholders),
      body: body.bytes,
      credentialHeaders: secret.map((name) => name.toLowerCase()),
    },
    shownUrl: showUrl(shown, trip),
  }
}

/**
 * The endpoint with its mergefields filled in. A value is encoded, so that it stays one segment;
 * only a field that the address begins with is a piece of URL itself (`{{instance_url}}/…`).
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
  const [leading] = /^\{\{[^}]*\}\}/.exec(endpoint) ?? ['']
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
  return value.startsWith('hkl_') ? value : encodeURIComponent(value)
}

function parseUrl(text: string, trip: Trip): URL {
  const url = URL.parse(text)
  if (url) return url
  const { connector, method } = trip.execution.call
  throw new CallFailure(
    'RequestForbidden',
    `The address of ${connector.name} ${method.name} is not a URL`,
    { reason: 'url' },
  )
}

/** Placeholders are left in it, and the trail redacts those. */
function showUrl(address: string, trip: Trip): string {
  const query = new URLSearchParams(trip.request.query).toString()
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

function resolveDeep(value: Json, placeholders: Placeholders): Json {
  if (typeof value === 'string') return placeholders.resolve(value)
  if (typeof value !== 'object' || value === null) return value
  if (!asText(value).includes('hkl_')) return value
  if (Array.isArray(value)) return value.map((item) => resolveDeep(item, placeholders))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, resolveDeep(item, placeholders)]),
  )
}
