/** From a call and its credential to the request that hooks see: no secret is in it. */
import type { Call, Request } from '../model/call.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import { parseLocation, writeLocation } from '../model/location.ts'
import { ignoreParameter, isSystemField } from '../model/system-fields.ts'
import { fillMergefields, mergefieldsIn } from './mergefields.ts'
import { type Places, placeValues } from './places.ts'
import { type Setting, systemValue } from './system-fields.ts'

type Texts = Record<string, string>

/** The request before `before_action`, and what scripts may read beside it. */
export type Built = { readonly request: Request; readonly scriptParameters: JsonObject }

/**
 * Builds the request of one attempt. It starts from the call as it was asked for, never from an
 * earlier attempt's request. Throws `CallFailure` DefinitionInvalid (reason `missing-parameter`).
 */
export function buildRequest(call: Call, setting: Setting): Built {
  const { connector, method } = call
  const { nextUrl } = setting.page
  const places = placeValues(call, fieldsIn(call), setting)
  const system = (field: string) => systemValue(field, call, setting)
  const fill = (template: string) => fillText(template, places.mergefield, system)
  const query = { ...texts({ ...connector.query, ...method.query }, fill), ...places.query }
  const headers = texts(mergeHeaders(connector.headers, method.headers), fill)
  const request: Request = {
    verb: method.verb,
    endpoint: nextUrl ?? joinUrl(connector.baseUrl, method.path),
    mergefields: wanted(places.mergefield),
    query: wanted(nextUrl === null ? query : places.ownQuery),
    headers: wanted(mergeHeaders(headers, places.header)),
    body: bodyOf(call, places, setting),
  }
  return { request: withIdempotencyKey(request, call), scriptParameters: wanted(places.script) }
}

/** Every field that the definition names in braces, wherever it may. */
function fieldsIn({ connector, method }: Call): ReadonlySet<string> {
  const templates = [connector.baseUrl, method.path, JSON.stringify(method.body)]
  const values = [connector.query, connector.headers, method.query, method.headers].flatMap(
    (record) => Object.values(record),
  )
  return new Set([...templates, ...values].flatMap(mergefieldsIn))
}

/** Takes away what the method says it does not want of the connector's parameters. */
function wanted<Value extends Json>(
  record: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const entries = Object.entries(record).filter(([, value]) => value !== ignoreParameter)
  return Object.fromEntries(entries)
}

type System = (field: string) => string | number | null | undefined

/** A text as a whole may be a system value, which may be none; else its mergefields are filled. */
function fillText(template: string, mergefields: Texts, system: System): string | null {
  const value = isSystemField(template) ? system(template) : undefined
  if (value !== undefined) return value === null ? null : String(value)
  return fillMergefields(template, mergefields)
}

function texts(
  record: Readonly<Record<string, string>>,
  fill: (template: string) => string | null,
): Texts {
  const filled: Texts = {}
  for (const [name, template] of Object.entries(record)) {
    const text = fill(template)
    if (text !== null) filled[name] = text
  }
  return filled
}

/** The definition's template is expanded once, at its leaves; what the caller gave never is. */
function bodyOf(call: Call, places: Places, setting: Setting): Json {
  const { method } = call
  if (method.bodyType === 'none') return null
  const whole = wholeBody(call, places, setting)
  const { piece } = setting.page
  const steps = piece && method.outboundPaging && parseLocation(method.outboundPaging.location)
  return steps ? writeLocation(whole, steps, piece) : whole
}

function wholeBody(call: Call, places: Places, setting: Setting): Json {
  const { method } = call
  const { body, isWholeBody, mergefield } = places
  if (isWholeBody) return body ?? null
  const system = (field: string) => systemValue(field, call, setting)
  const template = expand(method.body, { mergefields: mergefield, input: call.input, system })
  if (body === undefined) return template ?? null
  return isJsonObject(template) && isJsonObject(body) ? { ...template, ...body } : body
}

type Values = {
  readonly mergefields: Texts
  readonly input: JsonObject
  readonly system: System
}

const onlyAField = /^\{\{([^{}]+)\}\}$/

/** Undefined for a leaf that is not wanted, or is a system value that there is not. */
function expand(template: Json, values: Values): Json | undefined {
  if (typeof template === 'string') return expandText(template, values)
  if (Array.isArray(template)) {
    return template.map((item: Json) => expand(item, values)).filter((item) => item !== undefined)
  }
  if (!isJsonObject(template)) return template
  const entries = Object.entries(template).map(
    ([key, item]) => [key, expand(item, values)] as const,
  )
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as JsonObject
}

function expandText(template: string, { mergefields, input, system }: Values): Json | undefined {
  if (template === ignoreParameter) return undefined
  if (isSystemField(template)) {
    const value = system(template)
    if (value !== undefined) return value ?? undefined
  }
  const name = onlyAField.exec(template)?.[1]?.trim()
  if (name !== undefined && Object.hasOwn(input, name)) return input[name] ?? null
  return fillMergefields(template, mergefields)
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
  if (/^https?:\/\//i.test(path)) return path
  if (path === '') return base
  return `${base}/${path.replace(/^\/+/, '')}`
}
