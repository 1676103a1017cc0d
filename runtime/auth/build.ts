/** From a call and its credential to the request that hooks see: no secret is in it. */
import type { Call, Request } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import type { Method, Parameter, Place, Property } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import { Secret } from '../model/secret.ts'
import { fillMergefields, mergefieldsIn } from './mergefields.ts'
import type { Placeholders } from './placeholders.ts'

type Texts = Record<string, string>
type Fields = Record<string, Json>

/** The request before `before_action`, and what scripts may read beside it. */
export type Built = { readonly request: Request; readonly scriptParameters: JsonObject }

/**
 * Builds the request of one attempt. It starts from the call as it was asked for, never from an
 * earlier attempt's request. Throws `CallFailure` DefinitionInvalid (reason `missing-parameter`).
 */
export function buildRequest(
  call: Call,
  credential: Credential,
  placeholders: Placeholders,
): Built {
  const { connector, method } = call
  const places = {
    header: {} as Texts,
    query: {} as Texts,
    mergefield: {} as Texts,
    script: {} as Fields,
    body: {} as Fields,
  }
  for (const property of connector.properties) {
    const value = propertyValue(property, method, credential)
    if (value === null) continue
    const text = property.sensitive ? placeholders.conceal(value) : value.reveal()
    place(places, property.place, property.target, text)
  }
  for (const [parameter, value] of parametersOf(call)) {
    place(places, parameter.place, parameter.target, value)
  }

  const fill = (template: string) => fillMergefields(template, places.mergefield)
  const query = mapValues({ ...connector.query, ...method.query }, fill)
  const headers = mapValues(mergeHeaders(connector.headers, method.headers), fill)
  const request: Request = {
    verb: method.verb,
    endpoint: joinUrl(connector.baseUrl, method.path),
    mergefields: places.mergefield,
    query: { ...query, ...places.query },
    headers: mergeHeaders(headers, places.header),
    body: bodyOf(method, places.body, places.mergefield, call.input),
  }
  return { request: withIdempotencyKey(request, call), scriptParameters: places.script }
}

/** A lookup's value wins over the one given at install; an ignored credential has neither session. */
function propertyValue(property: Property, method: Method, credential: Credential): Secret | null {
  const session = method.ignoreAuth ? undefined : credential.session[property.name]
  const value = session ?? credential.properties[property.name]
  if (value) return value
  return property.default === null ? null : new Secret(property.default)
}

type Places = {
  readonly header: Texts
  readonly query: Texts
  readonly mergefield: Texts
  readonly script: Fields
  readonly body: Fields
}

function place(places: Places, where: Place | 'body', target: string, value: Json): void {
  if (where === 'script' || where === 'body') places[where][target] = value
  else places[where][target] = asText(value)
}

/** Declared parameters with their values, then what the caller gave beside them. */
function parametersOf(call: Call): readonly (readonly [Parameter, Json])[] {
  const { method, input } = call
  const declared = new Map(method.parameters.map((parameter) => [parameter.name, parameter]))
  const given: (readonly [Parameter, Json])[] = []
  for (const parameter of declared.values()) {
    const value = Object.hasOwn(input, parameter.name) ? input[parameter.name] : parameter.default
    if (value !== undefined && value !== null) given.push([parameter, value])
    else if (parameter.required) throw missing(call, parameter.name)
  }
  const templates = [call.connector.baseUrl, method.path, JSON.stringify(method.body)]
  const mergefields = new Set(
    [...templates, ...Object.values(method.query), ...Object.values(method.headers)].flatMap(
      mergefieldsIn,
    ),
  )
  for (const [name, value] of Object.entries(input)) {
    if (declared.has(name)) continue
    given.push([undeclared(name, placeFor(name, method, mergefields)), value])
  }
  return given
}

/** An undeclared value goes where the definition names it, else into the body, else the query. */
function placeFor(name: string, method: Method, mergefields: ReadonlySet<string>): Place | 'body' {
  if (mergefields.has(name)) return 'mergefield'
  return method.bodyType === 'none' ? 'query' : 'body'
}

function undeclared(name: string, where: Place | 'body'): Parameter {
  return { name, place: where, target: name, required: false, default: null }
}

/** The definition's template is expanded once, at its leaves; what the caller gave never is. */
function bodyOf(method: Method, fields: Fields, mergefields: Texts, input: JsonObject): Json {
  if (method.bodyType === 'none') return null
  if (Object.hasOwn(fields, '$')) return fields.$ ?? null
  if (method.body === null) return Object.keys(fields).length > 0 ? fields : null
  const template = expand(method.body, mergefields, input)
  return isJsonObject(template) ? { ...template, ...fields } : template
}

const onlyAField = /^\{\{([^{}]+)\}\}$/

function expand(template: Json, mergefields: Texts, input: JsonObject): Json {
  if (typeof template === 'string') {
    const name = onlyAField.exec(template)?.[1]?.trim()
    if (name !== undefined && Object.hasOwn(input, name)) return input[name] ?? null
    return fillMergefields(template, mergefields)
  }
  if (Array.isArray(template)) return template.map((item) => expand(item, mergefields, input))
  if (!isJsonObject(template)) return template
  return mapValues(template, (value) => expand(value, mergefields, input))
}

function withIdempotencyKey(request: Request, call: Call): Request {
  const declared = call.method.idempotencyKey
  if (!declared) return request
  const key = { [declared.name]: call.idempotencyKey }
  if (declared.place === 'header') {
    return { ...request, headers: mergeHeaders(request.headers, key) }
  }
  const body = isJsonObject(request.body) ? request.body : {}
  return { ...request, body: { ...body, ...key } }
}

function missing(call: Call, name: string): CallFailure {
  return new CallFailure(
    'DefinitionInvalid',
    `${call.connector.name} ${call.method.name} needs \`${name}\`, and the input has none`,
    { reason: 'missing-parameter' },
  )
}

/** Header names are the same whatever their case; the later one wins, and keeps its spelling. */
export function mergeHeaders(
  first: Readonly<Record<string, string>>,
  second: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const taken = new Set(Object.keys(second).map((name) => name.toLowerCase()))
  const kept = Object.entries(first).filter(([name]) => !taken.has(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...second }
}

function joinUrl(base: string, path: string): string {
  if (/^(https?:\/\/|\{\{)/i.test(path)) return path
  if (path === '') return base
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
}

export function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  change: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
