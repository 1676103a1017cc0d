import type { ConnectionKey } from '../model/connection.ts'
import { asConnectionId, asTenant } from '../model/ids.ts'
import type { StoreBackend } from './backend.ts'
import { bootClock } from './boot-clock.ts'
import type { Instant } from './record.ts'
import {
  type AuditRow,
  auditLineOf,
  auditRowOf,
  type ConnectionRow,
  recordOf,
  rowOf,
} from './rows.ts'
import { type Parameters, SqliteFile } from './sqlite-file.ts'
import { runsOver, valuesOver } from './sqlite-tables.ts'
import type { StatementName } from './statements.ts'
import { StoreFailure } from './store-failure.ts'

export type SqliteOptions = {
  /** The clock that leases are measured by; all processes on the file must read the same one. */
  readonly clock?: () => Instant
  /** How long a change is tried again while other processes write, in milliseconds. */
  readonly patienceMs?: number
  /** The largest size of the file in pages of 4 KiB; for trying out a full disk. */
  readonly maximumPages?: number
}

/**
 * Opens the store in one file; several processes may have it open at once. Makes the file (mode
 * 0600) and its folder where there is none. Rejects with `StoreFailure` and leaves the file as it
 * was where it is damaged, newer than this version, someone else's, or may not be written to.
 */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<StoreBackend> {
  const file = new SqliteFile(path, options.patienceMs ?? 5_000)
  try {
    await file.prepare(options.maximumPages ?? null)
  } catch (error) {
    file.close()
    throw error
  }
  return backendOver(file, options.clock ?? bootClock())
}

/** The log is in use at this moment: what was deleted leaves it when it is next emptied. */
function laterInstead(error: unknown): void {
  if (!(error instanceof StoreFailure) || !error.passing) throw error
}

type KeyRow = Pick<ConnectionRow, 'tenant' | 'id'>
const erasures = ['eraseAudit', 'eraseValues', 'eraseRuns'] as const

function backendOver(file: SqliteFile, clock: () => Instant): StoreBackend {
  const read = <Row>(name: StatementName, parameters: Parameters = {}) =>
    file.run(() => file.all<Row>(name, parameters))
  const change = (name: StatementName, parameters: Parameters) =>
    file.run(() => file.change(name, parameters))

  return {
    place: file.path,
    read: async ({ tenant, id }) => {
      const [row] = await read<ConnectionRow>('read', { tenant, id })
      return { record: row ? recordOf(row) : null, now: clock() }
    },
    list: async (tenant) => {
      const rows = await read<ConnectionRow>('list', { tenant })
      return { records: rows.map(recordOf), now: clock() }
    },
    insert: async (record) => (await change('insert', rowOf(record))) === 1,
    write: ({ seen, next, audit }) =>
      file.run(() =>
        file.atomically(() => {
          const changed = file.change('write', {
            ...rowOf({ ...next, version: seen.version + 1 }),
            seen_version: seen.version,
            seen_incarnation: seen.incarnation,
          })
          if (changed === 1 && audit) file.change('addAudit', auditRowOf(audit))
          return changed === 1
        }),
      ),
    remove: async ({ tenant, id }) => {
      const removed = await file.run(() =>
        file.atomically(() => {
          file.change('removeRuns', { tenant, id })
          return file.change('remove', { tenant, id })
        }),
      )
      await file.forgetDeleted().catch(laterInstead)
      return removed === 1
    },
    erase: async (tenant) => {
      const erased = await file.run(() =>
        file.atomically(() => {
          for (const name of erasures) file.change(name, { tenant })
          return file.change('eraseConnections', { tenant })
        }),
      )
      await file.forgetDeleted()
      return erased
    },
    audit: async (tenant, limit) =>
      (await read<AuditRow>('audit', { tenant, limit })).map(auditLineOf),
    canaries: async () =>
      (await read<{ key_id: string; canary: Uint8Array }>('canaries')).map((row) => ({
        keyId: row.key_id,
        bytes: row.canary,
      })),
    addCanary: async ({ keyId, bytes }) => {
      await change('addCanary', { key_id: keyId, canary: bytes })
    },
    dropCanaries: async (except) => {
      await change('dropCanaries', { key_id: except })
    },
    wrappedByOthers: async (keyId, limit) =>
      (await read<KeyRow>('wrappedByOthers', { key_id: keyId, limit })).map(
        ({ tenant, id }): ConnectionKey => ({ tenant: asTenant(tenant), id: asConnectionId(id) }),
      ),
    values: valuesOver(file),
    runs: runsOver(file),
    [Symbol.asyncDispose]: async () => file.close(),
  }
}
