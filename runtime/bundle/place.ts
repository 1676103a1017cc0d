import type { Script } from '../model/connector.ts'
import { originalPosition, type SourcePosition } from './source-map.ts'

/** A place in an author's own file, and the text of that file. */
export type AuthorsPlace = SourcePosition & { readonly source: string }

/**
 * What `file:line:column` of a script that ran is in the author's own words; null where no script is
 * meant, or where a tool wrote that part of a bundle.
 */
export function placeOf(position: string, scripts: readonly Script[]): AuthorsPlace | null {
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(position) ?? []
  const script = scripts.find((candidate) => candidate.file === file)
  if (!script || file === undefined) return null
  const ran = { file, line: Number(line), column: Number(column) }
  if (!script.map) return { ...ran, source: script.source }
  const original = originalPosition(script.map, ran.line, ran.column)
  if (original === null) return null
  const source = script.map.sourcesContent[script.map.sources.indexOf(original.file)] ?? ''
  return { ...original, source }
}
