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

/** Reads the same: a name that comes once is a text, one that comes again an array of texts. */
export function parseForm(text: string): Json {
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

function* flatten(prefix: string, value: Json): Generator<readonly [name: string, value: string]> {
  if (!Array.isArray(value) && !isJsonObject(value)) {
    yield [prefix, value === null ? '' : String(value)]
    return
  }
  for (const [key, item] of Object.entries(value)) {
    yield* flatten(prefix === '' ? key : `${prefix}[${key}]`, item as Json)
  }
}
