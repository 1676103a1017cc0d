/**
 * Paths into JSON, as authors write them: `data.errors.0.message`, `data.errors[0].message`,
 * `data["a.b"].c`, `data.a\.b`. What the first segment stands for (`data`, `headers`) is the
 * caller's business.
 */
import { isJsonObject, type Json } from './json.ts'

/** What stands at a path of `content`, which is its root; undefined where nothing does. */
export function getPath(content: Json, path: string): Json | undefined {
  const segments = parsePath(path)
  return segments.length === 0 ? undefined : valueAt(content, segments)
}

/** The segments of a path; none where the text is not one: empty, or with an empty segment. */
export function parsePath(text: string): readonly string[] {
  const segments: string[] = []
  let at = 0
  while (at < text.length) {
    const read = text[at] === '[' ? readBracket(text, at) : readKey(text, at)
    if (read === null) return []
    segments.push(read.segment)
    at = read.end
    if (text[at] === '.') {
      at++
      if (at === text.length || text[at] === '[') return []
    } else if (at < text.length && text[at] !== '[') return []
  }
  return segments
}

/** Own properties and array elements only, so that no path reaches a prototype or a method. */
export function valueAt(content: Json, segments: readonly string[]): Json | undefined {
  let value: Json | undefined = content
  for (const segment of segments) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value) && !index.test(segment)) return undefined
    if (!Object.hasOwn(value, segment)) return undefined
    value = (value as Readonly<Record<string, Json>>)[segment]
  }
  return value
}

/** The content with a value at a path; what is missing on the way is made. */
export function withValueAt(
  content: Json | undefined,
  segments: readonly string[],
  value: Json,
): Json {
  const [segment, ...rest] = segments
  if (segment === undefined) return value
  if (Array.isArray(content) && index.test(segment)) {
    return content.map((item: Json, at) =>
      String(at) === segment ? withValueAt(item, rest, value) : item,
    )
  }
  const object = isJsonObject(content) ? content : {}
  const inner = Object.hasOwn(object, segment) ? object[segment] : undefined
  return { ...object, [segment]: withValueAt(inner, rest, value) }
}

/** The dotted spelling of segments; `parsePath` reads it back. */
export function joinPath(segments: readonly string[]): string {
  return segments.map((segment) => segment.replace(/[\\.[]/g, '\\$&')).join('.')
}

const index = /^(?:0|[1-9]\d*)$/

type Read = { readonly segment: string; readonly end: number }

function readKey(text: string, start: number): Read | null {
  let segment = ''
  let at = start
  for (; at < text.length && text[at] !== '.' && text[at] !== '['; at++) {
    if (text[at] === '\\') at++
    segment += text[at] ?? ''
  }
  return segment === '' ? null : { segment, end: at }
}

function readBracket(text: string, start: number): Read | null {
  const quote = text[start + 1]
  if (quote !== '"' && quote !== "'") return readIndex(text, start)
  let segment = ''
  let at = start + 2
  for (; at < text.length && text[at] !== quote; at++) {
    if (text[at] === '\\') at++
    segment += text[at] ?? ''
  }
  return text[at + 1] === ']' ? { segment, end: at + 2 } : null
}

function readIndex(text: string, start: number): Read | null {
  const close = text.indexOf(']', start)
  const segment = text.slice(start + 1, close)
  return close > 0 && index.test(segment) ? { segment, end: close + 1 } : null
}
