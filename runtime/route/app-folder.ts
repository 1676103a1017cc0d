import { lstatSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DefinitionError } from '../definition/faults.ts'
import { readWithin } from '../definition/folder.ts'
import { isName } from '../model/ids.ts'
import { UsageError } from '../model/usage-error.ts'
import { parseApp } from './app-file.ts'
import type { App, Component, FindComponent } from './types.ts'

/** The apps of a folder, one file each: `<id>.yaml`, read anew whenever it was changed. */
export type AppFolder = {
  readonly path: string
  /** Null where there is no such app. Throws `DefinitionError` for a file that is none. */
  read(id: string): App | null
  /** All ids, sorted. Throws `UsageError` where the folder cannot be read. */
  ids(): readonly string[]
  /** What component ids mean to an app; the Flows of apps with a broken file are not found. */
  componentsFor(app: App): FindComponent
}

/** Opens a folder that the operator named. Throws `UsageError` where it is not there. */
export function openAppFolder(path: string): AppFolder {
  const root = resolve(path)
  const kept = new Map<string, { readonly stamp: string; readonly app: App }>()

  function read(id: string): App | null {
    const stamp = isName(id) ? stampOf(join(root, `${id}.yaml`)) : null
    if (stamp === null) return null
    const known = kept.get(id)
    if (known?.stamp === stamp) return known.app
    const file = `${id}.yaml`
    const text = readWithin(root, file)
    if (text === null) return null
    const app = parseApp({ id, file, text, readScript: (script) => readWithin(root, script) })
    kept.set(id, { stamp, app })
    return app
  }

  function ids(): readonly string[] {
    return namesIn(root)
      .filter((name) => name.endsWith('.yaml') && isName(name))
      .map((name) => name.slice(0, -'.yaml'.length))
      .toSorted()
  }

  function readable(id: string): readonly App[] {
    try {
      const app = read(id)
      return app ? [app] : []
    } catch (error) {
      if (error instanceof DefinitionError) return []
      throw error
    }
  }

  namesIn(root)
  return {
    path: root,
    read,
    ids,
    componentsFor: (app) => componentFinder(app, () => ids().flatMap(readable)),
  }
}

/** An app's own Flows answer to their bare names too; all else to its whole id only. */
export function componentFinder(app: App, others: () => readonly App[]): FindComponent {
  return (componentId) => {
    const own = app.flows.find(
      (flow) => flow.componentId === componentId || flow.name === componentId,
    )
    if (own) return { kind: 'Flow', group: app.group, flow: own }
    return others().reduce<Component | null>(
      (found, other) => found ?? componentIn(other, componentId),
      null,
    )
  }
}

function componentIn(app: App, componentId: string): Component | null {
  const flow = app.flows.find((each) => each.componentId === componentId)
  if (flow) return { kind: 'Flow', group: app.group, flow }
  return componentId === app.id ? { kind: 'App', group: app.group, flow: null } : null
}

/** Changes whenever the file may have changed; null where there is no plain file. */
function stampOf(file: string): string | null {
  const status = lstatSync(file, { throwIfNoEntry: false, bigint: true })
  if (!status?.isFile()) return null
  return `${status.ino} ${status.size} ${status.mtimeNs} ${status.ctimeNs}`
}

function namesIn(root: string): readonly string[] {
  try {
    return readdirSync(root)
  } catch (cause) {
    throw new UsageError('entityMissing', `cannot read the folder of apps ${root}`, {
      cure: 'Name a folder with one <id>.yaml for each app.',
      cause,
    })
  }
}
