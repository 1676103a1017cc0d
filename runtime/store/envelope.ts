import { randomBytes } from 'node:crypto'
import type { ConnectionKey, Credential } from '../model/connection.ts'
import { UsageError } from '../model/usage-error.ts'
import type { Recovery } from '../model/verdict.ts'
import { bindTo, newKey, seal, unseal } from './cipher.ts'
import { type CredentialContent, readCredential, writeCredential } from './credential-text.ts'
import type { KeyProvider } from './keys.ts'
import type { ConnectionRecord, WrappedKey } from './record.ts'

/** What of a record says which data key it is encrypted by. */
type Sealed = ConnectionKey & Pick<ConnectionRecord, 'incarnation' | 'dataKey'>

/**
 * Encrypts what is secret of a connection: by a data key of its own, which the operator's key wraps.
 * Every text is bound to its tenant, connection, login and field. Opening rejects with `UsageError`.
 */
export type Envelope = {
  /** A new login's data key. */
  begin(key: ConnectionKey): Promise<Pick<Sealed, 'incarnation' | 'dataKey'>>
  sealCredential(record: Sealed, content: CredentialContent): Promise<Uint8Array>
  openCredential(record: ConnectionRecord): Promise<Credential>
  sealAnswer(record: Sealed, by: Recovery, answer: string): Promise<string>
  openAnswer(record: Sealed, by: Recovery, sealed: string): Promise<string>
  /** The same data key, wrapped by the operator's key in use now. */
  rewrap(record: Sealed): Promise<WrappedKey>
}

export function createEnvelope(keys: KeyProvider, now: () => number): Envelope {
  const opened = new DataKeys(keys, now)

  const open = async (record: Sealed, field: string, box: Uint8Array) => {
    const text = unseal(await opened.get(record), box, contextOf(record, field))
    if (text) return text
    throw new UsageError('genericError', `The stored ${field} of ${record.id} does not open`, {
      cure: 'It was changed from outside: restore the store from a backup, or connect again',
    })
  }
  const close = async (record: Sealed, field: string, text: Uint8Array) =>
    seal(await opened.get(record), text, contextOf(record, field))

  return {
    begin: async (key) => {
      const incarnation = randomBytes(12).toString('hex')
      const context = contextOf({ ...key, incarnation }, 'data key')
      return { incarnation, dataKey: await keys.wrap(newKey(), context) }
    },
    sealCredential: (record, content) => close(record, 'credential', writeCredential(content)),
    openCredential: async (record) => ({
      generation: record.generation,
      refreshed: record.refreshed,
      lookedUp: record.lookedUp,
      ...readCredential(await open(record, 'credential', record.credential)),
    }),
    sealAnswer: async (record, by, answer) =>
      Buffer.from(await close(record, `${by} answer`, Buffer.from(answer))).toString('base64'),
    openAnswer: async (record, by, sealed) =>
      (await open(record, `${by} answer`, Buffer.from(sealed, 'base64'))).toString(),
    rewrap: async (record) => keys.wrap(await opened.get(record), contextOf(record, 'data key')),
  }
}

function contextOf(record: ConnectionKey & { readonly incarnation: string }, field: string) {
  return bindTo(record.tenant, record.id, record.incarnation, field)
}

/** Data keys in use, so that a key management service is not asked at every call. */
class DataKeys {
  readonly #keys: KeyProvider
  readonly #now: () => number
  readonly #opened = new Map<string, { readonly key: Uint8Array; readonly at: number }>()

  constructor(keys: KeyProvider, now: () => number) {
    this.#keys = keys
    this.#now = now
  }

  async get(record: Sealed): Promise<Uint8Array> {
    const name = `${record.incarnation} ${record.dataKey.keyId}`
    const known = this.#opened.get(name)
    if (known && this.#now() - known.at < maximumAgeMs) return known.key

    const key = await this.#keys.unwrap(record.dataKey, contextOf(record, 'data key'))
    this.#opened.delete(name)
    this.#opened.set(name, { key, at: this.#now() })
    const oldest = this.#opened.keys().next()
    if (this.#opened.size > maximumOpened && !oldest.done) this.#opened.delete(oldest.value)
    return key
  }
}

const maximumOpened = 1_000
const maximumAgeMs = 5 * 60_000
