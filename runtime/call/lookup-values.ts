/** Which values a lookup's answer gives to a connection's properties (dialect section 14, 12). */
import type { ReplyContent } from '../model/call.ts'
import type { Connector } from '../model/connector.ts'
import { isJsonObject, type Json } from '../model/json.ts'
import { parsePath, valueAt } from '../model/path.ts'
import { Secret } from '../model/secret.ts'
import type { Trip } from './attempt.ts'

/** Property → path: those the definition maps, and every other property by its own name. */
function lookupPaths(connector: Connector): ReadonlyMap<string, readonly string[]> {
  const mapped = connector.postInstall?.values ?? {}
  return new Map(connector.properties.map(({ name }) => [name, segmentsOf(mapped[name]) ?? [name]]))
}

/** `data` is the answer itself, so it may be left out. */
function segmentsOf(path: string | undefined): readonly string[] | null {
  const segments = path === undefined ? null : parsePath(path)
  return segments?.[0] === 'data' ? segments.slice(1) : segments
}

/**
 * Puts placeholders for the declared values before any script sees them: a fresh session is as
 * secret as the one that died.
 */
export function concealDeclared(trip: Trip, read: ReplyContent): ReplyContent {
  const { call, placeholders } = trip.execution
  if (call.connector.revealSecrets || !isJsonObject(read.content)) return read
  const paths = lookupPaths(call.connector)
  let content: Json = read.content
  for (const property of call.connector.properties) {
    const path = paths.get(property.name) ?? []
    const value = valueAt(content, path)
    if (!property.sensitive || typeof value !== 'string') continue
    content = replaceAt(content, path, placeholders.conceal(new Secret(value)))
  }
  return content === read.content ? read : { ...read, content, text: JSON.stringify(content) }
}

/** The values found, by property. What is not there, or is not a scalar, is left out. */
export function lookupValues(connector: Connector, content: Json): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, path] of lookupPaths(connector)) {
    const value = valueAt(content, path)
    if (typeof value === 'string' && value !== '') found.set(name, value)
    else if (typeof value === 'number' || typeof value === 'boolean') found.set(name, String(value))
  }
  return found
}

function replaceAt(content: Json, path: readonly string[], value: Json): Json {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(content)) {
    return content.map((item, index) =>
      String(index) === key ? replaceAt(item, rest, value) : item,
    )
  }
  if (!isJsonObject(content) || !Object.hasOwn(content, key)) return content
  return { ...content, [key]: replaceAt(content[key] ?? null, rest, value) }
}
