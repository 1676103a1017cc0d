/** What a hook left in its globals, and what of it can be used (dialect section 14, 11). */
import { isJsonObject, type Json, parseJson } from '../model/json.ts'
import type { HookResult } from '../model/ports.ts'

/** What a script left in a writable global; undefined where it did not change it. */
export type ReadBack = (name: string) => Json | undefined

/** Names and values; null stands for none of them. */
const records: ReadonlySet<string> = new Set([
  'method_request_headers',
  'method_request_parameters',
  'method_request_mergefields',
  'method_response_headers',
  'method_error',
  'error_response',
])

/**
 * Reads a result's globals. One that holds what cannot be meant, such as headers that are a number,
 * stays as it was before the hook, and `warn` is told: a request without any of its headers would fail
 * far from the cause.
 */
export function readBackOf({ globals }: HookResult, warn: (message: string) => void): ReadBack {
  const read: ReadBack = (name) => {
    const text = globals[name]
    return text === undefined ? undefined : parseJson(text)
  }
  const refused = Object.keys(globals).filter((name) => isNonsense(name, read))
  for (const name of refused) {
    const wanted = records.has(name) ? 'an object' : 'a text'
    warn(`${name} was set to ${nameOf(read(name))}, not ${wanted}; it stays as it was`)
  }
  return (name) => (refused.includes(name) ? undefined : read(name))
}

function isNonsense(name: string, read: ReadBack): boolean {
  if (records.has(name)) {
    const value = read(name)
    return value !== null && !isJsonObject(value)
  }
  return name === 'method_endpoint' && typeof read(name) !== 'string'
}

function nameOf(value: Json | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  return `a ${typeof value === 'string' ? 'text' : typeof value}`
}
