import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { connectorFolders } from '../runtime/definition/load.ts'
import { nearest } from '../runtime/model/nearest.ts'
import { UsageError } from '../runtime/model/usage-error.ts'
import { demandConnectors, type Settings } from './settings.ts'

/**
 * The folders of connectors that were named; all of them where none was. A word is the name of a
 * folder below `--connectors`, or a path. Throws `UsageError` for what is neither.
 */
export function connectorTargets(words: readonly string[], settings: Settings): readonly string[] {
  if (words.length > 0) return words.map((word) => targetOf(word, settings))
  demandConnectors(settings)
  const folders = connectorFolders(settings.connectors)
  if (folders.length > 0) return folders
  throw new UsageError('entityMissing', `There is no connector below ${settings.connectors}`, {
    cure: 'A connector is a folder with a connector.yaml in it.',
  })
}

function targetOf(word: string, { connectors }: Settings): string {
  if (/[/\\]/.test(word) || word === '.' || word === '..') return resolve(word)
  const folder = join(connectors, word)
  if (existsSync(folder)) return folder
  const known = existsSync(connectors)
    ? connectorFolders(connectors).map((path) => basename(path))
    : []
  const meant = nearest(word, known)
  throw new UsageError('connectionMissing', `There is no connector \`${word}\` in ${connectors}`, {
    cure:
      meant === null
        ? 'Name one of them, or a folder by its path: ./connectors/acme.'
        : `Did you mean \`${meant}\`?`,
  })
}
