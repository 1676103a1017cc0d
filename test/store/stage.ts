import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import type { StoreBackend } from '../../runtime/store/backend.ts'
import { openSqlite } from '../../runtime/store/sqlite.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { type CustodyOptions, openVaultOver } from '../../runtime/store/vault.ts'
import { acme, newConnection, someKeys } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A vault with one connection, and others on the same file, as other processes would open it. */
export async function stage(options: Partial<CustodyOptions> = {}) {
  const file = join(temporaryFolder(), 'store.db')
  const keys = someKeys()
  const open = async (wrap = (backend: StoreBackend) => backend, more = {}) => {
    const backend = wrap(await openSqlite(file))
    const vault = await openVaultOver(backend, { keys, jitter: () => 0.5, ...options, ...more })
    onTestFinished(() => vault[Symbol.asyncDispose]())
    return vault
  }
  const vault = await open()
  await vault.create(newConnection())
  return { vault, open, stale: await vault.current(acme) }
}

export async function failureOf(work: Promise<unknown>): Promise<CallFailure> {
  const error = await work.then(
    () => 'nothing',
    (reason: unknown) => reason,
  )
  if (error instanceof CallFailure) return error
  throw new Error(`no CallFailure but ${error}`)
}

/** A promise to be settled from outside, for a vendor that answers when told. */
export function held<Value>() {
  return Promise.withResolvers<Value>()
}

/** A store that goes away at the named step, for so many times. */
export function failingAt(step: string, times: number) {
  let left = times
  return (backend: StoreBackend): StoreBackend => ({
    ...backend,
    write: async (change) => {
      if (change.step === step && left-- > 0)
        throw new StoreFailure('it went away', { cure: 'wait' })
      return backend.write(change)
    },
  })
}
