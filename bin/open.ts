/** Opens the parts of the runtime that a command needs, as the settings say. */

import type { Runtime } from '../runtime/index.ts'
import type { ConnectionKey } from '../runtime/model/connection.ts'
import { asConnectionId, asTenant } from '../runtime/model/ids.ts'
import { keysFromFile } from '../runtime/store/key-file.ts'
import { keysFromEnvironment } from '../runtime/store/keys.ts'
import type { Store } from '../runtime/store/store.ts'
import { demandConnectors, type Settings } from './settings.ts'
import { say } from './streams.ts'

export async function openRuntime(settings: Settings): Promise<Runtime> {
  demandConnectors(settings)
  const { createRuntime } = await import('../runtime/runtime.ts')
  const { connectors, store, allowPrivate, apps } = settings
  const keys = openKeys(settings)
  return createRuntime({
    ...{ connectors, store, keys, allowPrivate },
    ...(apps === null ? {} : { apps }),
  })
}

/** False where a key must be there already. */
export type KeyOptions = { readonly makesKey: boolean }

/** For what needs no connector: nothing of HTTP or the sandbox is loaded. */
export async function openStore(settings: Settings, options?: KeyOptions): Promise<Store> {
  const { openVault } = await import('../runtime/store/vault.ts')
  return openVault({ store: settings.store, keys: openKeys(settings, options) })
}

export function connectionKey({ tenant }: Settings, name: string): ConnectionKey {
  return { tenant: asTenant(tenant), id: asConnectionId(name) }
}

/** The one key of a new home is made by its first use, which says so: it is worth a backup. */
export function openKeys({ keyFile }: Settings, { makesKey }: KeyOptions = { makesKey: true }) {
  if (keyFile === null) return keysFromEnvironment(process.env)
  return keysFromFile(keyFile, makesKey ? { onMade: tellOfKey } : {})
}

function tellOfKey(path: string): void {
  say(`hookline: made the key that encrypts your connections: ${path}`)
  say('  Keep a copy of it: without it the store cannot be read.')
}
