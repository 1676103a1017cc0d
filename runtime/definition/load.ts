import { lstatSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { UsageError } from '../model/usage-error.ts'
import { DefinitionError } from './faults.ts'
import { readWithin } from './folder.ts'
import { type ParsedConnector, parseConnector } from './parse.ts'

/** A connector, and where the files stand that its scripts may import. */
export type LoadedConnector = ParsedConnector & {
  /** Absolute; null for a connector that was handed in as data. */
  readonly folder: string | null
  /** Reads a file of the connector by its relative path; null where there is none. */
  readonly readFile: (relativePath: string) => string | null
}

/** A connector as data: its definition, as text or as what the text would say, and its scripts. */
export type ConnectorData = {
  readonly definition: string | Readonly<Record<string, unknown>>
  /** Path → source. */
  readonly scripts?: Readonly<Record<string, string>>
}

const fileNames = ['connector.yaml', 'connector.yml', 'connector.json'] as const

/** Reads the connector of one folder. Throws `DefinitionError`, `UsageError` where there is none. */
export function loadFolder(path: string): LoadedConnector {
  const folder = resolve(path)
  const readFile = (relativePath: string) => readWithin(folder, relativePath)
  const found = fileNames.flatMap((file) => {
    const text = readFile(file)
    return text === null ? [] : [{ file, text }]
  })
  const [source, other] = found
  if (source === undefined) {
    throw new UsageError('entityMissing', `${path} holds no connector.yaml`, {
      cure: 'A connector is a folder with a connector.yaml in it; links are not followed.',
    })
  }
  if (other !== undefined) throw ambiguous(source.file, other.file)
  const parsed = parseConnector({ ...source, folderName: basename(folder), readScript: readFile })
  return { ...parsed, folder, readFile }
}

/** Reads a connector that a program hands in. Throws `DefinitionError`. */
export function loadData({ definition, scripts = {} }: ConnectorData): LoadedConnector {
  const readFile = (path: string) => (Object.hasOwn(scripts, path) ? (scripts[path] ?? null) : null)
  const isText = typeof definition === 'string'
  const parsed = parseConnector({
    text: isText ? definition : JSON.stringify(definition, null, 2),
    file: isText ? 'connector.yaml' : 'connector.json',
    folderName: null,
    readScript: readFile,
  })
  return { ...parsed, folder: null, readFile }
}

/** The folders that hold a connector: `root` itself, or those below it. Links are not followed. */
export function connectorFolders(root: string): readonly string[] {
  const home = resolve(root)
  if (holdsConnector(home)) return [home]
  return entriesOf(root)
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(home, entry.name))
    .filter(holdsConnector)
    .toSorted()
}

/** Every connector below `root`: those that can be used, and what is wrong with the others. */
export function loadConnectors(root: string): {
  readonly loaded: readonly LoadedConnector[]
  readonly broken: ReadonlyMap<string, DefinitionError>
} {
  const loaded: LoadedConnector[] = []
  const broken = new Map<string, DefinitionError>()
  for (const folder of connectorFolders(root)) {
    try {
      loaded.push(loadFolder(folder))
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error
      broken.set(basename(folder), error)
    }
  }
  return { loaded, broken }
}

function entriesOf(root: string) {
  try {
    return readdirSync(root, { withFileTypes: true })
  } catch (cause) {
    throw new UsageError('entityMissing', `cannot read the folder ${root}`, {
      cure: 'Name the folder that holds one folder for each connector.',
      cause,
    })
  }
}

function holdsConnector(folder: string): boolean {
  return fileNames.some((file) =>
    lstatSync(join(folder, file), { throwIfNoEntry: false })?.isFile(),
  )
}

function ambiguous(file: string, other: string): DefinitionError {
  const message = `${other} lies beside it; keep one of them`
  return new DefinitionError([{ file, line: 1, column: 1, path: '', message, expected: null }])
}
