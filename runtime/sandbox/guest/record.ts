import { type Description, describeThrown } from './describe.ts'
import type { Signal } from './exceptions.ts'
import type { Ending } from './handlers.ts'
import { bounded, quote } from './intrinsics.ts'
import { limits } from './limits.ts'

/**
 * Records are put together as text, never by `stringify` of an object: a script may have given
 * every object a `toJSON`.
 */

/** What a handler's ending says of itself: the first members of a record. */
export function endingWords(
  ending: Ending,
  signalOf: (thrown: unknown) => Signal | null,
  files: readonly string[],
): string {
  if (ending.kind === 'absent') return '"kind":"absent"'
  if (ending.kind === 'threw') {
    return threwWords(ending.level, describeThrown(ending.thrown, signalOf, files))
  }
  if (ending.kind === 'promise') return refusedWords(ending.message, ending.level)
  const value = ending.value ? 'true' : 'false'
  return `"kind":"returned","value":${value},"falseAt":${quoteOrNull(ending.falseAt)}`
}

export function threwWords(
  level: string,
  { signal, name, message, positions }: Description,
): string {
  return (
    `"kind":"threw","level":${quote(level)},"signal":${quoteOrNull(signal)}` +
    `,"name":${quote(bounded(name, 200))},"message":${quote(bounded(message, limits.errorText))}` +
    `,"positions":[${quoteAll(positions)}]`
  )
}

export function refusedWords(message: string, level: string | null = null): string {
  const text = quote(bounded(message, limits.errorText))
  return `"kind":"refused","level":${quoteOrNull(level)},"message":${text}`
}

export type RecordParts = {
  readonly words: string
  /** The members, or elements, of what their names say. */
  readonly globals: string
  readonly log: string
  readonly warnings: string
}

/** A whole record, or, where that would be too large, one that says so. */
export function composeRecord({ words, globals, log, warnings }: RecordParts): string {
  const record = `{${words},"globals":{${globals}},"log":[${log}],"warnings":[${warnings}]}`
  if (record.length <= limits.record) return record
  return `{${refusedWords('what came back is too large')},"globals":{},"log":[],"warnings":[]}`
}

function quoteAll(texts: readonly string[]): string {
  let elements = ''
  for (let index = 0; index < texts.length; index++) {
    elements += `${index === 0 ? '' : ','}${quote(texts[index] ?? '')}`
  }
  return elements
}

function quoteOrNull(text: string | null): string {
  return text === null ? 'null' : quote(text)
}
