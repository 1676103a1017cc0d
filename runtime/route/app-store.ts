import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../model/json.ts'
import { UsageError } from '../model/usage-error.ts'
import { type AppFolder, openAppFolder } from './app-folder.ts'
import { replaceFile } from './atomic-file.ts'
import { type HasMethod, sourcesOf } from './check.ts'
import { knownErrorTypes } from './error-types.ts'
import type { HandlerFault } from './faults.ts'
import { withLock } from './lock.ts'
import type { App, ErrorHandler } from './types.ts'
import { validate } from './validate.ts'
import { withKey } from './yaml-text.ts'

export type AppStore = AppFolder & {
  /**
   * Replaces the list of an app that exists: all of it, or nothing. Rejects with `DefinitionError`
   * for a broken file, `UsageError` where the app is gone, or too busy.
   */
  save(change: HandlerChange): Promise<SaveResult>
}

export type HandlerChange = {
  readonly app: string
  readonly handlers: readonly ErrorHandler[]
  /** Of the writer; null: all. */
  readonly groups: ReadonlySet<string> | null
  /** Asked under the lock, of the tag of the stored list: false leaves it as it is. */
  readonly mayReplace?: (tag: string) => boolean
}

export type SaveResult =
  | { readonly kind: 'saved'; readonly tag: string }
  /** Somebody else has changed the list; `tag` is what it has now. */
  | { readonly kind: 'conflict'; readonly tag: string }
  | { readonly kind: 'invalid'; readonly faults: readonly HandlerFault[] }

export type AppStoreOptions = {
  readonly path: string
  /** For sources that stand for a connector's method. All are taken to be there unless said. */
  readonly hasMethod?: HasMethod
  /** How long a save waits for other writers, in milliseconds. 10,000 unless said. */
  readonly patienceMs?: number
}

/** Opens a folder of apps for reading and writing. Throws `UsageError` where it is not there. */
export function openAppStore({
  path,
  hasMethod = () => true,
  patienceMs = 10_000,
}: AppStoreOptions): AppStore {
  const folder = openAppFolder(path)

  async function save(change: HandlerChange): Promise<SaveResult> {
    const file = join(folder.path, `${change.app}.yaml`)
    const lock = { path: join(folder.path, `.${change.app}.lock`), patienceMs }
    return withLock(lock, async () => {
      const app = folder.read(change.app)
      if (!app || !(change.groups?.has(app.group) ?? true)) {
        throw new UsageError('entityMissing', 'There is no such app')
      }
      const tag = tagOf(app.errorHandlers)
      if (!(change.mayReplace?.(tag) ?? true)) return { kind: 'conflict', tag }
      const faults = faultsOf(app, change)
      if (faults.length > 0) return { kind: 'invalid', faults }
      const text = await readFile(file, 'utf8')
      const list = change.handlers as unknown as Json
      await replaceFile(file, withKey(text, 'error_handlers', list))
      return { kind: 'saved', tag: tagOf(change.handlers) }
    })
  }

  function faultsOf(app: App, { handlers, groups }: HandlerChange): readonly HandlerFault[] {
    return validate(handlers, {
      group: app.group,
      sources: sourcesOf(app, hasMethod),
      errorTypes: knownErrorTypes(app),
      component: folder.componentsFor(app),
      groups,
    })
  }

  return { ...folder, save }
}

/** Changes with any change of the list, and only then. */
export function tagOf(handlers: readonly ErrorHandler[]): string {
  return createHash('sha256').update(JSON.stringify(handlers)).digest('hex').slice(0, 32)
}
