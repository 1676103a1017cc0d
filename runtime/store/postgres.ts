import { asConnectionId, asTenant } from '../model/ids.ts'
import type {
  Change,
  RunTable,
  ScopeSize,
  StoreBackend,
  StoredValue,
  ValueScope,
  ValueTable,
} from './backend.ts'
import { PostgresServer } from './postgres-server.ts'
import { statements } from './postgres-statements.ts'
import type { Instant } from './record.ts'
import {
  type AuditRow,
  auditColumns,
  auditLineOf,
  auditRowOf,
  type ConnectionRow,
  columns,
  recordOf,
  rowOf,
} from './rows.ts'

/**
 * Opens the store in a Postgres database (15 or newer), in a schema `hookline` of its own, which it
 * makes or brings up to date. Leases are measured by the server's clock. Rejects with `StoreFailure`
 * where the server cannot be used, or is newer.
 */
export async function openPostgres(address: string): Promise<StoreBackend> {
  const server = new PostgresServer(address)
  try {
    await server.prepare()
  } catch (error) {
    await server.close()
    throw error
  }
  return backendOver(server)
}

type Clocked = { readonly now_ms: number }

function instantOf({ now_ms }: Clocked): Instant {
  return { clock: 'database', ms: Math.floor(now_ms) }
}

function backendOver(server: PostgresServer): StoreBackend {
  const rowsOf = async <Row>(text: string, values: readonly unknown[] = []) =>
    (await server.runPrepared<Row>(text, values)).rows
  const changes = async (text: string, values: readonly unknown[]) =>
    (await server.runPrepared(text, values)).count

  return {
    place: server.place,
    read: async ({ tenant, id }) => {
      const [row] = await rowsOf<ConnectionRow & Clocked>(statements.read, [tenant, id])
      if (!row) throw new TypeError('a left join gave no row')
      return { record: row.tenant === null ? null : recordOf(row), now: instantOf(row) }
    },
    list: async (tenant) => {
      const [clock] = await rowsOf<Clocked>(statements.clock)
      const rows = await rowsOf<ConnectionRow>(statements.list, [tenant])
      return { records: rows.map(recordOf), now: instantOf(clock ?? { now_ms: 0 }) }
    },
    insert: async (record) => (await changes(statements.insert, valuesOf(rowOf(record)))) === 1,
    write: async (change) => (await changes(...writeOf(change))) === 1,
    remove: async ({ tenant, id }) => (await changes(statements.remove, [tenant, id])) === 1,
    erase: (tenant) => changes(statements.erase, [tenant]),
    audit: async (tenant, limit) =>
      (await rowsOf<AuditRow>(statements.audit, [tenant, limit])).map(auditLineOf),
    canaries: async () => {
      const rows = await rowsOf<{ key_id: string; canary: Uint8Array }>(statements.canaries)
      return rows.map((row) => ({ keyId: row.key_id, bytes: row.canary }))
    },
    addCanary: async ({ keyId, bytes }) => {
      await changes(statements.addCanary, [keyId, bytes])
    },
    dropCanaries: async (except) => {
      await changes(statements.dropCanaries, [except])
    },
    wrappedByOthers: async (keyId, limit) => {
      const rows = await rowsOf<ConnectionRow>(statements.wrappedByOthers, [keyId, limit])
      return rows.map(({ tenant, id }) => ({ tenant: asTenant(tenant), id: asConnectionId(id) }))
    },
    values: valueTable(server),
    runs: runTable(server),
    [Symbol.asyncDispose]: () => server.close(),
  }
}

function valuesOf(row: ConnectionRow): readonly unknown[] {
  return columns.map((column) => row[column])
}

function writeOf({ seen, next, audit }: Change): [text: string, values: readonly unknown[]] {
  const row = rowOf({ ...next, version: seen.version + 1 })
  const values = [...valuesOf(row), seen.version, seen.incarnation]
  if (!audit) return [statements.write, values]
  const line = auditRowOf(audit)
  return [statements.writeWithAudit, [...values, ...auditColumns.map((column) => line[column])]]
}

function valueTable(server: PostgresServer): ValueTable {
  return {
    get: async (scope, key) => {
      const where = [...scopeOf(scope), key]
      return (
        (await server.runPrepared<StoredValue>(statements.getValue, where)).rows[0]?.value ?? null
      )
    },
    swap: async (scope, key, { seen, next }) => {
      if (seen === next) return true
      const where = [...scopeOf(scope), key]
      if (seen === null)
        return (await server.runPrepared(statements.addValue, [...where, next])).count === 1
      if (next === null)
        return (await server.runPrepared(statements.dropValue, [...where, seen])).count === 1
      return (await server.runPrepared(statements.changeValue, [...where, seen, next])).count === 1
    },
    list: async (scope) =>
      (await server.runPrepared<StoredValue>(statements.listValues, scopeOf(scope))).rows,
    size: async (scope) => {
      const { rows } = await server.runPrepared<ScopeSize>(statements.sizeOfValues, scopeOf(scope))
      return rows[0] ?? { keys: 0, bytes: 0 }
    },
    clear: async (scope) => {
      await server.runPrepared(statements.clearValues, scopeOf(scope))
    },
  }
}

/** A column of the primary key cannot be null, and no cycle has an empty name. */
function scopeOf({ tenant, connector, cycle }: ValueScope): readonly unknown[] {
  return [tenant, connector, cycle ?? '']
}

function runTable(server: PostgresServer): RunTable {
  return {
    get: async ({ tenant, id, method }) =>
      (await server.runPrepared<{ at: string }>(statements.getRun, [tenant, id, method])).rows[0]
        ?.at ?? null,
    set: async ({ tenant, id, method }, at) => {
      await server.runPrepared(statements.setRun, [tenant, id, method, at])
    },
  }
}
