import type { ConnectionKey } from '../model/connection.ts'
import type { ConnectionId, ConnectorName, Tenant } from '../model/ids.ts'
import type { Recovery } from '../model/verdict.ts'
import type { ConnectionRecord, Instant, WrappedKey } from './record.ts'

/** The named changes of a connection's row: what a crash test stops at, and a trace shows. */
export type StepName =
  | 'relogin'
  | 'mark'
  | 'rewrap'
  | 'lease'
  | 'announce'
  | 'answer'
  | 'commit'
  | 'fail'
  | 'dead'
  | 'release'

/** One line for each renewal that ended. Holds no secret, and no text of the vendor's. */
export type AuditLine = {
  readonly tenant: Tenant
  readonly connection: ConnectionId
  readonly by: Recovery
  readonly fromGeneration: number
  /** Null where no newer credential came of it. */
  readonly toGeneration: number | null
  /** `recovered`: from an answer that a crashed process had stored. `dead`: only a login helps. */
  readonly result: 'renewed' | 'recovered' | 'failed' | 'dead'
  /** The token request had been sent before, and nobody knows what came of it. */
  readonly inDoubt: boolean
  readonly reason: string | null
  /** Wall clock, ISO 8601. */
  readonly at: string
}

export type Change = {
  readonly step: StepName
  /** The version and the login that `next` was made from. */
  readonly seen: Pick<ConnectionRecord, 'version' | 'incarnation'>
  readonly next: ConnectionRecord
  /** Written with the change, or not at all. */
  readonly audit: AuditLine | null
}

/** A connection's row, and the moment of reading it by the clock that leases are measured by. */
export type Reading = { readonly record: ConnectionRecord | null; readonly now: Instant }

/** Whose values scripts see: those of one connector, or of one cycle of it (null: of all cycles). */
export type ValueScope = {
  readonly tenant: Tenant
  readonly connector: ConnectorName
  readonly cycle: string | null
}

export type StoredValue = { readonly key: string; readonly value: string }

/** What scripts store, as text by key. */
export interface ValueTable {
  get(scope: ValueScope, key: string): Promise<string | null>
  /** Compare-and-set; null stands for no value. False where the value is not the one seen. */
  swap(scope: ValueScope, key: string, change: ValueChange): Promise<boolean>
  /** By key, in the order of its code points. */
  list(scope: ValueScope): Promise<readonly StoredValue[]>
  size(scope: ValueScope): Promise<ScopeSize>
  clear(scope: ValueScope): Promise<void>
}

/** `bytes` are those of the values in UTF-8. */
export type ScopeSize = { readonly keys: number; readonly bytes: number }

export type ValueChange = { readonly seen: string | null; readonly next: string | null }

/** When a method last ran well over a connection; gone with the connection. */
export interface RunTable {
  get(key: RunKey): Promise<string | null>
  set(key: RunKey, at: string): Promise<void>
}

export type RunKey = ConnectionKey & { readonly method: string }

/**
 * The few atomic statements that renewals rest on. Every method rejects with `StoreFailure` where
 * the store cannot do its work; none has acted then, or the acting is found by reading again.
 */
export interface StoreBackend extends AsyncDisposable {
  /** For messages: the file's path, or the server's name without its password. */
  readonly place: string

  read(key: ConnectionKey): Promise<Reading>
  list(tenant: Tenant): Promise<{ readonly records: ConnectionRecord[]; readonly now: Instant }>
  /** Resolves to false where the tenant already has a connection of that id. */
  insert(record: ConnectionRecord): Promise<boolean>
  /** Compare-and-set. Resolves to false where the row is gone or no longer the one that was seen. */
  write(change: Change): Promise<boolean>
  /** Resolves to false where there was none. */
  remove(key: ConnectionKey): Promise<boolean>
  /** Everything of a tenant, so that nothing of it can be read any more. Counts the connections. */
  erase(tenant: Tenant): Promise<number>

  audit(tenant: Tenant, limit: number): Promise<readonly AuditLine[]>

  readonly values: ValueTable
  readonly runs: RunTable

  /** For each operator's key in use, a known text that it encrypted. */
  canaries(): Promise<readonly WrappedKey[]>
  addCanary(canary: WrappedKey): Promise<void>
  /** Forgets the operator's keys by which no connection is encrypted, except the one named. */
  dropCanaries(except: string): Promise<void>
  /** The connections of all tenants whose data key is not wrapped by that key; at most `limit`. */
  wrappedByOthers(keyId: string, limit: number): Promise<readonly ConnectionKey[]>
}
