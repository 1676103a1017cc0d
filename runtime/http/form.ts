import { isJsonObject, type Json } from '../model/json.ts'

/**
 * Writes `application/x-www-form-urlencoded` (WHATWG URL section 5). Members of an object nest as
 * `a[b]=1`, items of an array as `a[0]=1`, which PHP, Rails and the usual parsers read, and which,
 * unlike `a[]`, keeps the members of objects in an array together. Null is the empty text.
 */
export function writeForm(body: Json): string {
  const form = new URLSearchParams()
  for (const [name, value] of flatten('', body)) form.append(name, value)
  return form.toString()
}

/** More would keep everybody waiting while it is read: a million fields take seconds. */
const mostFields = 10_000

/**
 * Reads the same: a name that comes once is a text, one that comes again an array of texts. Throws
 * `SyntaxError` for more fields than any form has.
 */
export function parseForm(text: string): Json {
  if (hasMore(text, mostFields)) throw new SyntaxError(`it has more than ${mostFields} fields`)
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    const known = values.get(name)
    if (known === undefined) values.set(name, [value])
    else known.push(value)
  }
  return Object.fromEntries(
    [...values].map(([name, all]) => [name, all.length === 1 ? (all[0] ?? '') : all]),
  )
}

function hasMore(text: string, fields: number): boolean {
  let found = 0
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    found++
    if (found >= fields) return true
  }
  return false
}

function* flatten(prefix: string, value: Json): Generator<readonly [name: string, value: string]> {
  if (!Array.isArray(value) && !isJsonObject(value)) {
    yield [prefix, value === null ? '' : String(value)]
    return
  }
  for (const [key, item] of Object.entries(value)) {
    yield* flatten(prefix === '' ? key : `${prefix}[${key}]`, item as Json)
  }
}
