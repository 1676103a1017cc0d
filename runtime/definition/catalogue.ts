import type { Connector } from '../model/connector.ts'
import type { Catalogue } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'
import type { DefinitionError } from './faults.ts'
import { type ConnectorData, type LoadedConnector, loadConnectors, loadData } from './load.ts'

export type ConnectorSource = ConnectorData

/** Last touches to a connector before its first use: bundling its scripts, which costs time. */
export type Prepare = (loaded: LoadedConnector) => Promise<Connector>

/**
 * Where connectors are found: folders with one folder for each connector, connectors as data, or
 * both. Everything is read at the first question and kept; a connector is prepared when it is first
 * found.
 */
export function openCatalogue(
  sources: string | ConnectorSource | readonly (string | ConnectorSource)[],
  prepare: Prepare = async ({ connector }) => connector,
): Catalogue {
  let shelf: Shelf | null = null
  const prepared = new Map<LoadedConnector, Promise<Connector>>()
  const open = () => (shelf ??= readAll(Array.isArray(sources) ? sources : [sources]))
  return {
    async find(name) {
      const loaded = pick(name, open())
      if (loaded === null) return null
      const known = prepared.get(loaded)
      if (known !== undefined) return known
      const fresh = prepare(loaded)
      prepared.set(loaded, fresh)
      fresh.catch(() => prepared.delete(loaded))
      return fresh
    },
    async names() {
      const { loaded, broken } = open()
      const names = loaded.map(({ connector }) => connector.name)
      return [...new Set<string>([...names, ...broken.keys()])].toSorted()
    },
  }
}

type Shelf = {
  readonly loaded: readonly LoadedConnector[]
  readonly broken: ReadonlyMap<string, DefinitionError>
}

function readAll(sources: readonly (string | ConnectorSource)[]): Shelf {
  const shelves = sources.map((source) =>
    typeof source === 'string'
      ? loadConnectors(source)
      : { loaded: [loadData(source)], broken: new Map() },
  )
  const loaded = shelves.flatMap((shelf) => shelf.loaded)
  refuseTwins(loaded)
  return { loaded, broken: new Map(shelves.flatMap(({ broken }) => [...broken])) }
}

function refuseTwins(loaded: readonly LoadedConnector[]): void {
  const seen = new Set<string>()
  for (const { connector } of loaded) {
    const key = `${connector.name}@${connector.version}`
    if (seen.has(key)) {
      throw new UsageError('entityInvalid', `there are two connectors ${key}`, {
        cure: 'Give one of them another name or version.',
      })
    }
    seen.add(key)
  }
}

function pick(wanted: string, { loaded, broken }: Shelf): LoadedConnector | null {
  const at = wanted.lastIndexOf('@')
  const name = at > 0 ? wanted.slice(0, at) : wanted
  const version = at > 0 ? wanted.slice(at + 1) : null
  const fault = broken.get(name)
  if (fault !== undefined) throw fault
  return (
    loaded
      .filter(
        ({ connector }) =>
          connector.name === wanted || (connector.name === name && connector.version === version),
      )
      .toSorted((one, other) => newestFirst(one.connector.version, other.connector.version))[0] ??
    null
  )
}

/** By number, part for part; a version with a suffix (`2.0.0-beta`) comes before the one without. */
function newestFirst(one: string, other: string): number {
  const [left = '', right = ''] = [one, other].map((version) => version.split('-')[0])
  const byNumber = right.localeCompare(left, 'en', { numeric: true })
  return byNumber === 0 ? one.length - other.length : byNumber
}
