import { isJsonObject, type Json } from '../model/json.ts'
import { nearest } from '../model/nearest.ts'
import type { ErrorHandler } from './types.ts'

/** What is no list of error handlers at all, and where. */
export type ShapeFault = {
  /** `[2].handler.name`; empty for the whole. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** More would make each failure a search through a book. */
const mostHandlers = 1_000
const mostNames = 1_000

/** Reads a list that a stranger wrote: its shape only, not what it refers to. */
export function readHandlerList(
  value: Json | undefined,
): { readonly handlers: readonly ErrorHandler[] } | { readonly faults: readonly ShapeFault[] } {
  if (!Array.isArray(value)) return { faults: [{ path: [], message: expected('a list', value) }] }
  if (value.length > mostHandlers) {
    return { faults: [{ path: [], message: `expected at most ${mostHandlers} handlers` }] }
  }
  const faults = value.flatMap((item: Json, index) => checkRecord(item, [index], itemShape))
  return faults.length > 0 ? { faults } : { handlers: value as unknown as readonly ErrorHandler[] }
}

type Check = (value: Json, path: ShapeFault['path']) => readonly ShapeFault[]

const text: Check = (value, path) =>
  typeof value === 'string' ? [] : [{ path, message: expected('a text', value) }]

const names: Check = (value, path) => {
  if (value === null) return []
  if (!Array.isArray(value)) return [{ path, message: expected('a list of texts', value) }]
  if (value.length > mostNames) return [{ path, message: `expected at most ${mostNames} names` }]
  return value.flatMap((name: Json, index) => text(name, [...path, index]))
}

const mapping: Check = (value, path) =>
  isJsonObject(value) ? [] : [{ path, message: expected('a mapping', value) }]

/** Of its fields, those that are wrong are a fault of the configuration, and have a code. */
const list: Check = (value, path) =>
  Array.isArray(value) ? [] : [{ path, message: expected('a list', value) }]

const configurationShape: Readonly<Record<string, Check>> = {
  input_fields: mapping,
  output_fields: list,
}

const handlerShape: Readonly<Record<string, Check>> = {
  component_id: text,
  name: text,
  nodeType: text,
  configuration: (value, path) => checkRecord(value, path, configurationShape),
}

const itemShape: Readonly<Record<string, Check>> = {
  error_types: names,
  error_sources: names,
  handler: (value, path) => (value === null ? [] : checkRecord(value, path, handlerShape)),
}

/** A key that is not known is a fault: a misspelt `error_types` would make a handler the default. */
function checkRecord(
  value: Json,
  path: ShapeFault['path'],
  shape: Readonly<Record<string, Check>>,
): readonly ShapeFault[] {
  if (!isJsonObject(value)) return [{ path, message: expected('a mapping', value) }]
  return Object.entries(value).flatMap(([key, member]) => {
    const check = Object.hasOwn(shape, key) ? shape[key] : undefined
    return check
      ? check(member, [...path, key])
      : [{ path: [...path, key], message: unknownKey(key, Object.keys(shape)) }]
  })
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return `unknown key; ${meant === null ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`}`
}

function expected(what: string, value: Json | undefined): string {
  return `expected ${what}; got ${kindOf(value)}`
}

function kindOf(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
