/** Where each value of a call travels: header, query, mergefield, body, or only to the scripts. */
import type { Call } from '../model/call.ts'
import type { Method, Parameter, Place, Property } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { literalLocation, parseLocation, writeLocation } from '../model/location.ts'
import { Secret } from '../model/secret.ts'
import { ignoreParameter, isSystemField } from '../model/system-fields.ts'
import { type Setting, systemValue } from './system-fields.ts'

type Texts = Record<string, string>

export type Places = {
  readonly header: Texts
  readonly query: Texts
  readonly mergefield: Texts
  readonly script: Record<string, Json>
  /** Undefined where nothing goes into the body. */
  body: Json | undefined
  /** Somebody gave the body as a whole (`$`); nothing is added to it. */
  isWholeBody: boolean
  /** The query of the connection itself, which belongs to every address. */
  readonly ownQuery: Texts
}

/** The values of properties and parameters at their places. `fields`: names in the templates. */
export function placeValues(call: Call, fields: ReadonlySet<string>, setting: Setting): Places {
  const places: Places = {
    header: {},
    query: {},
    mergefield: systemMergefields(call, fields, setting),
    script: {},
    body: undefined,
    isWholeBody: false,
    ownQuery: {},
  }
  for (const property of call.connector.properties) {
    const value = propertyValue(property, call.method, setting)
    if (value === null) continue
    place(places, property, value)
    if (property.place === 'query') places.ownQuery[property.target] = value
  }
  for (const [parameter, value] of parametersOf(call, fields, setting)) {
    place(places, parameter, value)
  }
  return places
}

/** A page without a token has an empty one: the text around it is wanted all the same. */
function systemMergefields(call: Call, fields: ReadonlySet<string>, setting: Setting): Texts {
  const found: Texts = {}
  for (const field of fields) {
    const value = systemValue(field, call, setting)
    if (value !== undefined) found[field] = String(value ?? '')
  }
  return found
}

/** A lookup's value wins over the one given at install; an ignored credential has neither session. */
function propertyValue(property: Property, method: Method, setting: Setting): string | null {
  const { credential, placeholders } = setting
  const session = method.ignoreAuth ? undefined : credential.session[property.name]
  const value = session ?? credential.properties[property.name]
  if (!property.sensitive) return value?.reveal() ?? property.default
  if (value) return placeholders.conceal(value)
  return property.default === null ? null : placeholders.conceal(new Secret(property.default))
}

function place(
  places: Places,
  { place: where, target }: Pick<Parameter, 'place' | 'target'>,
  value: Json,
): void {
  if (where === 'script') places.script[target] = value
  else if (where !== 'body') places[where][target] = asText(value)
  else if (value !== ignoreParameter && !places.isWholeBody) {
    places.isWholeBody = target === '$'
    const steps = target === '$' ? [] : (parseLocation(target) ?? [])
    places.body = writeLocation(places.body, steps, value)
  }
}

/** Declared parameters with their values, then what the caller gave beside them. */
function parametersOf(
  call: Call,
  fields: ReadonlySet<string>,
  setting: Setting,
): readonly (readonly [Parameter, Json])[] {
  const { method, input } = call
  const declared = new Map(method.parameters.map((parameter) => [parameter.name, parameter]))
  const given: (readonly [Parameter, Json])[] = []
  for (const parameter of declared.values()) {
    const value = Object.hasOwn(input, parameter.name)
      ? input[parameter.name]
      : defaultOf(parameter, call, setting)
    if (value !== undefined && value !== null) given.push([parameter, value])
    else if (parameter.required) throw missing(call, parameter.name)
  }
  for (const [name, value] of Object.entries(input)) {
    if (declared.has(name)) continue
    given.push([undeclared(name, placeFor(name, method, fields)), value])
  }
  return given
}

/** Only what the definition says is looked through for system values, never what a caller gave. */
function defaultOf({ default: value }: Parameter, call: Call, setting: Setting): Json {
  if (typeof value !== 'string' || !isSystemField(value)) return value
  const found = systemValue(value, call, setting)
  return found === undefined ? value : found
}

/** An undeclared value goes where the definition names it, else into the body, else the query. */
function placeFor(name: string, method: Method, fields: ReadonlySet<string>): Place | 'body' {
  if (fields.has(name)) return 'mergefield'
  return method.bodyType === 'none' ? 'query' : 'body'
}

function undeclared(name: string, where: Place | 'body'): Parameter {
  const target = where === 'body' ? literalLocation(name) : name
  return { name, place: where, target, required: false, default: null }
}

function missing(call: Call, name: string): CallFailure {
  return new CallFailure(
    'DefinitionInvalid',
    `${call.connector.name} ${call.method.name} needs \`${name}\`, and the input has none`,
    { reason: 'missing-parameter' },
  )
}

export function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
