import type { Credential } from '../model/connection.ts'
import type { Tenant } from '../model/ids.ts'
import type { Connections, ScriptStorage, Vault } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'
import type { AuditLine, RunKey } from './backend.ts'
import type { Envelope } from './envelope.ts'
import type { RenewalSettings } from './errand.ts'
import { Flights } from './flights.ts'
import { changeRecord, connectionOf, type Known, type Ledger, readRecord } from './ledger.ts'
import { createConnection } from './new-login.ts'
import { rewrapAll } from './operator-key.ts'
import { isNewer } from './protocol.ts'
import { createScriptStorage } from './script-storage.ts'

/** The vault, and what its operator needs beside the calls. */
export type Store = Vault &
  Connections &
  AsyncDisposable & {
    /** Deletes everything of a tenant, for good. Counts the connections that were deleted. */
    erase(tenant: Tenant): Promise<number>
    /** The latest renewals of a tenant's connections, newest first. */
    audit(tenant: Tenant, limit?: number): Promise<readonly AuditLine[]>
    /** What scripts keep between calls. */
    readonly storage: ScriptStorage
    /** When a method last ran well over a connection: the dialect's `last_successful_run_date`. */
    readonly lastRuns: LastRuns
    /** Wraps every data key by the operator's key in use now. Counts the connections changed. */
    rewrap(): Promise<number>
  }

export type LastRuns = {
  get(key: RunKey): Promise<Date | null>
  set(key: RunKey, at: Date): Promise<void>
}

export type StoreParts = Ledger & {
  readonly envelope: Envelope
  readonly settings: RenewalSettings
  /** Encrypts a known text by the operator's key in use now, and names that key. */
  readonly currentKey: () => Promise<string>
}

export function createStore(parts: StoreParts): Store {
  const { backend, envelope } = parts
  const closing = new AbortController()
  const flights = new Flights()
  const readings = new WeakMap<Credential, Known>()

  return {
    async current(key) {
      const known = await readRecord(parts, key)
      const credential = await envelope.openCredential(known.record)
      readings.set(credential, known)
      return credential
    },

    async replace(key, stale, renewal, signal) {
      for (;;) {
        signal.throwIfAborted()
        const seen = readings.get(stale) ?? null
        const errand = { ...parts, key, stale, seen, renewal, closing: closing.signal }
        const { flight, joined } = flights.join(errand)
        const result = await unlessAborted(flight, signal)
        // A flight that began before this caller's credential was rejected may bring that very one.
        if (!isNewer(result.credential, stale, renewal.by)) continue
        return joined ? { ...result, adopted: true } : result
      }
    },

    async mark(key, { state, reason }, seen) {
      await changeRecord(parts, { key, step: 'mark' }, (record) => {
        if (seen && seen.generation !== record.generation) return null
        return { next: { ...record, state, reason } }
      })
    },

    create: (connection, options) => createConnection(parts, connection, options?.replace ?? false),

    async get(key) {
      const { record, now } = await backend.read(key)
      return record && connectionOf(record, { now, wallClock: parts.wallClock })
    },
    async list(tenant) {
      const { records, now } = await backend.list(tenant)
      return records.map((record) => connectionOf(record, { now, wallClock: parts.wallClock }))
    },
    remove: (key) => backend.remove(key),
    erase: (tenant) => backend.erase(tenant),
    storage: createScriptStorage(backend.values),
    lastRuns: {
      get: async (key) => {
        const at = await backend.runs.get(key)
        return at === null ? null : new Date(at)
      },
      set: (key, at) => backend.runs.set(key, at.toISOString()),
    },
    audit: (tenant, limit = 100) => backend.audit(tenant, limit),
    rewrap: async () => rewrapAll(parts, await parts.currentKey()),

    async [Symbol.asyncDispose]() {
      closing.abort(new UsageError('genericError', 'The vault is closed'))
      await flights.landed()
      await backend[Symbol.asyncDispose]()
    },
  }
}

async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>()
  const stop = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
