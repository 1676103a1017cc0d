import { UsageError } from '../model/usage-error.ts'
import type { StoreBackend } from './backend.ts'
import { bindTo } from './cipher.ts'
import type { Envelope } from './envelope.ts'
import type { KeyProvider } from './keys.ts'
import { changeRecord, type Ledger } from './ledger.ts'
import { StoreFailure } from './store-failure.ts'

const canary = Buffer.from('hookline')
const canaryContext = bindTo('canary')

/**
 * A store opens only by the keys it was encrypted with; better known now than at the first call.
 * Rejects with `UsageError` where one of them is missing.
 */
export async function checkKeys(backend: StoreBackend, keys: KeyProvider): Promise<void> {
  for (const known of await backend.canaries()) {
    const text = await keys.unwrap(known, canaryContext).catch((cause: unknown) => {
      if (!(cause instanceof UsageError)) throw keysAway(backend, cause)
      throw new UsageError(
        cause.errorCode,
        `The store ${backend.place} does not open: ${cause.message}`,
        { ...(cause.cure === null ? {} : { cure: cause.cure }), cause },
      )
    })
    if (!canary.equals(text)) throw new TypeError('the key provider returned another text')
  }
}

/** Encrypts a known text by the operator's key in use now, and names that key. */
export async function addCanary(backend: StoreBackend, keys: KeyProvider): Promise<string> {
  const wrapped = await keys.wrap(canary, canaryContext).catch((cause: unknown) => {
    throw cause instanceof UsageError ? cause : keysAway(backend, cause)
  })
  await backend.addCanary(wrapped)
  return wrapped.keyId
}

function keysAway({ place }: StoreBackend, cause: unknown): StoreFailure {
  const said = cause instanceof Error ? cause.message : 'the key provider failed'
  return new StoreFailure(`The key of the store ${place} cannot be had: ${said}`, {
    cure: 'Look whether the key management service answers',
    passing: true,
    cause,
  })
}

/**
 * Wraps every data key by the operator's key of that id, while calls go on; what it encrypts is not
 * touched. The older keys are not needed afterwards. Counts the connections that were changed.
 */
export async function rewrapAll(
  parts: Ledger & { readonly envelope: Envelope },
  keyId: string,
): Promise<number> {
  const { backend, envelope } = parts
  let count = 0
  for (;;) {
    const connections = await backend.wrappedByOthers(keyId, 100)
    for (const connection of connections) {
      const changed = await changeRecord(
        parts,
        { key: connection, step: 'rewrap' },
        async (record) => {
          if (record.dataKey.keyId === keyId) return null
          return { next: { ...record, dataKey: await envelope.rewrap(record) } }
        },
      ).catch(nullWhereRemoved)
      if (changed) count++
    }
    if (connections.length === 0) break
  }
  await backend.dropCanaries(keyId)
  return count
}

function nullWhereRemoved(error: unknown): null {
  if (error instanceof UsageError && error.errorCode === 'sessionMissing') return null
  throw error
}
