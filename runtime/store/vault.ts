import type { StoreBackend } from './backend.ts'
import { createEnvelope } from './envelope.ts'
import type { RenewalSettings } from './errand.ts'
import type { KeyProvider } from './keys.ts'
import { openBackend } from './open-backend.ts'
import { addCanary, checkKeys } from './operator-key.ts'
import { createStore, type Store } from './store.ts'

export type VaultOptions = CustodyOptions & {
  /** A file, made with its folder where it is not there; or a database, as `postgres://…`. */
  readonly store: string
}

export type CustodyOptions = Partial<RenewalSettings> & {
  /** The operator's key: a file, the environment, or calls to a key management service. */
  readonly keys: KeyProvider
  /** Milliseconds that only ever grow. */
  readonly now?: () => number
  /** For dates that people see; nothing is decided by it. */
  readonly wallClock?: () => Date
}

/**
 * Opens the vault. Rejects with `UsageError` where the store cannot be used, or was encrypted by
 * another operator's key; the message names the place and the cure. Closing it lets the renewals in
 * flight end first.
 */
export async function openVault(options: VaultOptions): Promise<Store> {
  return openVaultOver(await openBackend(options.store), options)
}

/** The vault over a backend that is already open; closes it where it cannot be used. */
export async function openVaultOver(
  backend: StoreBackend,
  options: CustodyOptions,
): Promise<Store> {
  const { keys, now = () => performance.now(), wallClock = () => new Date() } = options
  try {
    await checkKeys(backend, keys)
    await addCanary(backend, keys)
  } catch (error) {
    await backend[Symbol.asyncDispose]()
    throw error
  }
  return createStore({
    ...{ backend, now, wallClock },
    envelope: createEnvelope(keys, now),
    settings: settingsOf(options),
    currentKey: () => addCanary(backend, keys),
  })
}

function settingsOf(options: CustodyOptions): RenewalSettings {
  return {
    marginMs: options.marginMs ?? 10_000,
    answerPatienceMs: options.answerPatienceMs ?? 60_000,
    coolDown: options.coolDown ?? { firstMs: 30_000, mostMs: 3_600_000 },
    jitter: options.jitter ?? Math.random,
  }
}
