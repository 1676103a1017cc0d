import { SourceMap as Decoder } from 'node:module'
import type { SourceMap } from '../model/connector.ts'

/** A place in a source; line and column count from 1. */
export type SourcePosition = {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Where the author wrote what stands at a place of the bundle; null for what a tool wrote. */
export function originalPosition(
  map: SourceMap,
  line: number,
  column: number,
): SourcePosition | null {
  return openSourceMap(map)(line, column)
}

/** The same for many places of one bundle: a map is decoded once, which is most of the work. */
export function openSourceMap(
  map: SourceMap,
): (line: number, column: number) => SourcePosition | null {
  const decoder = new Decoder({
    file: '',
    sourceRoot: '',
    version: map.version,
    sources: [...map.sources],
    sourcesContent: [...map.sourcesContent],
    names: [...map.names],
    mappings: map.mappings,
  })
  return (line, column) => {
    const entry = decoder.findEntry(line - 1, column - 1)
    if (!('originalSource' in entry) || entry.generatedLine !== line - 1) return null
    const { originalSource, originalLine, originalColumn } = entry
    if (originalSource === undefined || originalLine === undefined) return null
    return { file: originalSource, line: originalLine + 1, column: originalColumn + 1 }
  }
}

/**
 * A line of a source with two neighbours on each side and a mark below the column, for people.
 * Empty where the source has no such line.
 */
export function codeFrame(source: string, line: number, column: number): string {
  const lines = source.split(/\r\n|[\n\r\u2028\u2029]/)
  if (line < 1 || line > lines.length) return ''
  const first = Math.max(1, line - 2)
  const last = Math.min(lines.length, line + 2)
  const width = String(last).length
  const rows: string[] = []
  for (let number = first; number <= last; number++) {
    const text = (lines[number - 1] ?? '').replaceAll('\t', ' ')
    const { shown, mark } = windowOf(text, number === line ? column : 1)
    rows.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${shown}`)
    if (number === line) rows.push(`  ${' '.repeat(width)} | ${' '.repeat(mark)}^`)
  }
  return rows.map((row) => row.trimEnd()).join('\n')
}

const widest = 120

/** As much of a line as fits, with the column in it: minified lines are long. */
function windowOf(text: string, column: number): { shown: string; mark: number } {
  const at = Math.min(Math.max(column - 1, 0), text.length)
  if (text.length <= widest) return { shown: text, mark: at }
  const start = Math.max(0, Math.min(at - widest / 2, text.length - widest))
  const head = start > 0 ? '…' : ''
  const tail = start + widest < text.length ? '…' : ''
  return {
    shown: `${head}${text.slice(start, start + widest)}${tail}`,
    mark: at - start + head.length,
  }
}
