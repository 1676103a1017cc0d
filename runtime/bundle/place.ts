import type { Script } from '../model/connector.ts'
import { openSourceMap, type SourcePosition } from './source-map.ts'

/** A place in an author's own file, or in a package's, and the text of that file. */
export type AuthorsPlace = SourcePosition & { readonly source: string }

/** Where something went wrong, as an author looks for it. */
export type Whereabouts = {
  /** In a file that the author wrote; in a package's only where nothing of theirs led there. */
  readonly place: AuthorsPlace
  /** The place in a package that an author's file called; null where it was thrown in `place`. */
  readonly thrownIn: SourcePosition | null
}

/**
 * What the `file:line:column` of a stack are in the author's own words, innermost first; null where
 * none of them is in a script, or where a tool wrote all of it.
 */
export function whereaboutsOf(
  positions: readonly string[],
  scripts: readonly Script[],
): Whereabouts | null {
  const places = placesOf(positions, scripts)
  const [thrown] = places
  if (thrown === undefined) return null
  if (!isPackaged(thrown.file)) return { place: thrown, thrownIn: null }
  const own = places.find((place) => !isPackaged(place.file)) ?? importOf(thrown, scripts)
  if (own === null) return { place: thrown, thrownIn: null }
  const { file, line, column } = thrown
  return { place: own, thrownIn: { file, line, column } }
}

function placesOf(
  positions: readonly string[],
  scripts: readonly Script[],
): readonly AuthorsPlace[] {
  const open = new Map<Script, (position: SourcePosition) => AuthorsPlace | null>()
  return positions.flatMap((position) => {
    const [, file = '', line, column] = /^(.*):(\d+):(\d+)$/.exec(position) ?? []
    const script = scripts.find((candidate) => candidate.file === file)
    if (script === undefined) return []
    const read = open.get(script) ?? readerOf(script)
    open.set(script, read)
    return read({ file, line: Number(line), column: Number(column) }) ?? []
  })
}

function readerOf({ source, map }: Script): (position: SourcePosition) => AuthorsPlace | null {
  if (!map) return (position) => ({ ...position, source })
  const read = openSourceMap(map)
  return ({ line, column }) => {
    const original = read(line, column)
    return original && { ...original, source: sourceOf(map, original.file) }
  }
}

function sourceOf({ sources, sourcesContent }: NonNullable<Script['map']>, file: string): string {
  return sourcesContent[sources.indexOf(file)] ?? ''
}

/**
 * Where an author's file imports the package: for what a package throws while it loads, when no call
 * led there, and for stacks that are too deep to be kept whole.
 */
function importOf({ file }: SourcePosition, scripts: readonly Script[]): AuthorsPlace | null {
  const [, name = ''] = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
  const own = scripts
    .flatMap(
      ({ map }) => map?.sources.map((each) => ({ file: each, text: sourceOf(map, each) })) ?? [],
    )
    .filter((each) => !isPackaged(each.file))
  const places = own.map(({ file, text }) => importIn(text, file, name))
  return places.find((place) => place !== null) ?? null
}

function importIn(source: string, file: string, name: string): AuthorsPlace | null {
  for (const found of source.matchAll(/(?:\bfrom|\bimport|\()\s*(['"])([^'"\n]+)\1/g)) {
    if (`${found[2]}/`.startsWith(`${name}/`)) {
      const before = source.slice(0, found.index).split('\n')
      const column = (before.at(-1)?.length ?? 0) + 1
      return { file, source, line: before.length, column }
    }
  }
  return null
}

function isPackaged(file: string): boolean {
  return file.startsWith('node_modules/')
}
