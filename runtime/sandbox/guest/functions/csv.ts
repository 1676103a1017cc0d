import {
  charCodeAt,
  createList,
  defineProperty,
  ErrorConstructor,
  indexOfText,
  sliceText,
  toText,
} from '../intrinsics.ts'
import { defineGlobal } from './define.ts'

/**
 * `cyclr_csv_parse(csv, delimiter, hasHeader)`: an object for each record. Its members are named by
 * the header, or Field1, Field2 … where there is none; a comma and a header are taken unless said.
 */
export function installCsv(): void {
  defineGlobal('cyclr_csv_parse', (csv?: unknown, delimiter?: unknown, hasHeader?: unknown) => {
    if (csv === undefined || csv === null) {
      throw new ErrorConstructor(`cyclr_csv_parse takes a text, not ${toText(csv)}`)
    }
    const given = delimiter === undefined || delimiter === null ? '' : toText(delimiter)
    const header = hasHeader === undefined || hasHeader === null || isTrue(hasHeader)
    return parseCsv(toText(csv), given === '' ? ',' : given, header)
  })
}

function isTrue(value: unknown): boolean {
  return typeof value === 'string' ? value !== 'false' && value !== '' : Boolean(value)
}

/**
 * Reads RFC 4180, and takes bad data as it stands: a quote inside a field is a character, a missing
 * field is null, one too many is dropped, a blank line is no record.
 */
export function parseCsv(text: string, delimiter: string, hasHeader: boolean): unknown[] {
  const records: unknown[] = []
  let names: readonly string[] | null = null
  let count = 0
  for (const reader = createReader(text, delimiter); !reader.isAtEnd(); ) {
    const fields = reader.readRecord()
    if (fields === null) continue
    if (hasHeader && names === null) names = fields
    else define(records, toText(count++), recordOf(fields, names))
  }
  return records
}

function recordOf(fields: readonly string[], names: readonly string[] | null): object {
  const record = {}
  const length = names === null ? fields.length : names.length
  for (let index = 0; index < length; index++) {
    const name = names?.[index] ?? ''
    define(record, name === '' ? `Field${index + 1}` : name, fields[index] ?? null)
  }
  return record
}

/** Never through a setter: a header may be called `__proto__`. */
function define(target: object, name: string, value: unknown): void {
  defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
}

const quote = '"'
const lineFeed = 0x0a
const carriageReturn = 0x0d

function createReader(text: string, delimiter: string) {
  let at = charCodeAt(text, 0) === 0xfeff ? 1 : 0
  /** Where the next of each begins, from `at` on; the text's length where there is none. */
  let nextDelimiter = -1
  let nextFeed = -1
  let nextLine = -1

  return { isAtEnd: () => at >= text.length, readRecord }

  /** The fields of a line; null for a blank one. */
  function readRecord(): readonly string[] | null {
    const fields = createList<string>()
    const start = at
    for (;;) {
      fields[fields.length] = readField()
      if (at >= text.length || nextDelimiter !== at) break
      at += delimiter.length
    }
    const isBlank = at === start
    skipLineEnd()
    return isBlank ? null : fields
  }

  /** Leaves `at` on a delimiter, on the end of the line, or at the end of the text. */
  function readField(): string {
    const value = text[at] === quote ? readQuoted() : ''
    look()
    const end = nextDelimiter < nextLine ? nextDelimiter : nextLine
    const rest = sliceText(text, at, end)
    at = end
    return value + rest
  }

  function readQuoted(): string {
    let value = ''
    at++
    for (;;) {
      const close = find(quote, at)
      value += sliceText(text, at, close)
      at = close < text.length ? close + 1 : close
      if (text[at] !== quote || close >= text.length) return value
      value += quote
      at++
    }
  }

  function look(): void {
    if (nextDelimiter < at) nextDelimiter = find(delimiter, at)
    if (nextLine >= at) return
    if (nextFeed < at) nextFeed = find('\n', at)
    const found = indexOfText(sliceText(text, at, nextFeed), '\r')
    nextLine = found < 0 ? nextFeed : at + found
  }

  function find(part: string, from: number): number {
    const found = indexOfText(text, part, from)
    return found < 0 ? text.length : found
  }

  function skipLineEnd(): void {
    if (at >= text.length) return
    const wasReturn = charCodeAt(text, at) === carriageReturn
    at++
    if (wasReturn && charCodeAt(text, at) === lineFeed) at++
  }
}
