import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { ConnectionKey, Credential } from '../model/connection.ts'
import { UsageError } from '../model/usage-error.ts'
import type { Recovery } from '../model/verdict.ts'
import { bindTo, newKey, seal, unseal } from './cipher.ts'
import { type CredentialContent, readCredential, writeCredential } from './credential-text.ts'
import type { KeyProvider } from './keys.ts'
import type { ConnectionRecord, WrappedKey } from './record.ts'
import { StoreFailure } from './store-failure.ts'

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
  /** What encrypts an answer, at once and without asking anybody. */
  answerSealer(record: Sealed, by: Recovery): Promise<(answer: string) => string>
  openAnswer(record: Sealed, by: Recovery, sealed: string): Promise<string>
  /** The same data key, wrapped by the operator's key in use now. */
  rewrap(record: Sealed): Promise<WrappedKey>
}

export function createEnvelope(keys: KeyProvider, now: () => number): Envelope {
  const opened = new DataKeys(keys, now)
  const contents = new Contents()

  const open = async (record: Sealed, field: string, box: Uint8Array) => {
    const text = unseal(await opened.get(record), box, contextOf(record, field))
    if (text) return text
    throw new UsageError('genericError', `The stored ${field} of ${record.id} does not open`, {
      cure: 'It was changed from outside: restore the store from a backup, or connect again',
    })
  }

  return {
    begin: async (key) => {
      const incarnation = randomBytes(12).toString('hex')
      const context = contextOf({ ...key, incarnation }, 'data key')
      return { incarnation, dataKey: await keys.wrap(newKey(), context) }
    },
    sealCredential: async (record, content) => {
      const text = writeCredential(content)
      const box = seal(await opened.get(record), text, contextOf(record, 'credential'))
      contents.keep(record, box, readCredential(text))
      return box
    },
    openCredential: async (record) => {
      const box = record.credential
      const content =
        contents.of(record, box) ?? readCredential(await open(record, 'credential', box))
      contents.keep(record, box, content)
      const { generation, refreshed, lookedUp } = record
      return { generation, refreshed, lookedUp, ...content }
    },
    answerSealer: async (record, by) => {
      const key = await opened.get(record)
      const context = contextOf(record, `${by} answer`)
      return (answer) => Buffer.from(seal(key, Buffer.from(answer), context)).toString('base64')
    },
    openAnswer: async (record, by, sealed) =>
      (await open(record, `${by} answer`, Buffer.from(sealed, 'base64'))).toString(),
    rewrap: async (record) => {
      const dataKey = (await opened.get(record)).export()
      return keys.wrap(dataKey, contextOf(record, 'data key'))
    },
  }
}

function contextOf(record: ConnectionKey & { readonly incarnation: string }, field: string) {
  return bindTo(record.tenant, record.id, record.incarnation, field)
}

/**
 * What was opened of a ciphertext, for as long as its very bytes are held: a renewal passes one
 * record from step to step, and each step needs the credential.
 */
class Contents {
  readonly #kept = new WeakMap<Uint8Array, { bound: string; content: CredentialContent }>()

  of(record: Sealed, box: Uint8Array): CredentialContent | null {
    const kept = this.#kept.get(box)
    return kept?.bound === boundTo(record) ? kept.content : null
  }

  keep(record: Sealed, box: Uint8Array, content: CredentialContent): void {
    this.#kept.set(box, { bound: boundTo(record), content })
  }
}

function boundTo({ tenant, id, incarnation }: Sealed): string {
  return JSON.stringify([tenant, id, incarnation])
}

/** Data keys in use, so that a key management service is not asked at every call. */
class DataKeys {
  readonly #keys: KeyProvider
  readonly #now: () => number
  readonly #opened = new Map<string, { readonly key: KeyObject; readonly at: number }>()

  constructor(keys: KeyProvider, now: () => number) {
    this.#keys = keys
    this.#now = now
  }

  async get(record: Sealed): Promise<KeyObject> {
    const name = `${record.incarnation} ${record.dataKey.keyId}`
    const known = this.#opened.get(name)
    if (known && this.#now() - known.at < maximumAgeMs) return known.key

    const key = createSecretKey(await this.#unwrap(record))
    this.#opened.delete(name)
    this.#opened.set(name, { key, at: this.#now() })
    const oldest = this.#opened.keys().next()
    if (this.#opened.size > maximumOpened && !oldest.done) this.#opened.delete(oldest.value)
    return key
  }

  async #unwrap(record: Sealed): Promise<Uint8Array> {
    try {
      return await this.#keys.unwrap(record.dataKey, contextOf(record, 'data key'))
    } catch (cause) {
      throw keyFailure(record, cause)
    }
  }
}

const maximumOpened = 1_000
const maximumAgeMs = 5 * 60_000

/** Without the operator's key the store is as good as away. */
function keyFailure({ id }: Sealed, cause: unknown): StoreFailure {
  const said = cause instanceof Error ? cause.message : 'the key provider failed'
  const cure = cause instanceof UsageError ? cause.cure : null
  return new StoreFailure(`The key of the connection ${id} cannot be opened: ${said}`, {
    cure: cure ?? 'Look whether the key management service answers',
    passing: true,
    cause,
  })
}
