/** Anything JSON can say (RFC 8259). */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

export type JsonObject = { readonly [key: string]: Json }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Parses text that a stranger wrote: drops the three keys that reach a prototype. Throws
 * `SyntaxError` where the text is not JSON. Bound the text's size and depth before calling.
 */
export function parseJson(text: string): Json {
  if (!/__proto__|constructor|prototype|\\u/.test(text)) return JSON.parse(text) as Json
  return JSON.parse(text, (_key, value: unknown) => withoutForbiddenKeys(value)) as Json
}

function withoutForbiddenKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  for (const key of Object.keys(value)) {
    if (forbiddenKeys.has(key)) delete (value as Record<string, unknown>)[key]
  }
  return value
}

/** How deep arrays and objects nest in a JSON text, found by one scan that builds nothing. */
export function jsonDepth(text: string): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (inString) {
      if (code === 0x5c) index++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (code === 0x5d || code === 0x7d) depth--
  }
  return deepest
}
