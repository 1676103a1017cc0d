import type { ConnectionState } from '../model/connection.ts'
import { asConnectionId, asConnectorName, asTenant } from '../model/ids.ts'
import type { Recovery } from '../model/verdict.ts'
import type { AuditLine } from './backend.ts'
import type { ConnectionRecord, RenewalRecord } from './record.ts'

/** A connection as its columns; the same names in every backend. */
export type ConnectionRow = {
  tenant: string
  id: string
  incarnation: string
  connector: string
  state: string
  reason: string | null
  created_at: string
  updated_at: string
  generation: number
  refreshed: number
  looked_up: number
  key_id: string
  data_key: Uint8Array
  credential: Uint8Array
  renewal: string
  version: number
}

export type AuditRow = {
  tenant: string
  connection: string
  kind: string
  from_generation: number
  to_generation: number | null
  result: string
  in_doubt: number
  reason: string | null
  at: string
}

export const columns = [
  'tenant',
  'id',
  'incarnation',
  'connector',
  'state',
  'reason',
  'created_at',
  'updated_at',
  'generation',
  'refreshed',
  'looked_up',
  'key_id',
  'data_key',
  'credential',
  'renewal',
  'version',
] as const satisfies readonly (keyof ConnectionRow)[]

export const auditColumns = [
  'tenant',
  'connection',
  'kind',
  'from_generation',
  'to_generation',
  'result',
  'in_doubt',
  'reason',
  'at',
] as const satisfies readonly (keyof AuditRow)[]

export function rowOf(record: ConnectionRecord): ConnectionRow {
  return {
    tenant: record.tenant,
    id: record.id,
    incarnation: record.incarnation,
    connector: record.connector,
    state: record.state,
    reason: record.reason,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    generation: record.generation,
    refreshed: record.refreshed,
    looked_up: record.lookedUp,
    key_id: record.dataKey.keyId,
    data_key: record.dataKey.bytes,
    credential: record.credential,
    renewal: JSON.stringify(record.renewal),
    version: record.version,
  }
}

export function recordOf(row: ConnectionRow): ConnectionRecord {
  return {
    tenant: asTenant(row.tenant),
    id: asConnectionId(row.id),
    incarnation: row.incarnation,
    connector: asConnectorName(row.connector),
    state: row.state as ConnectionState,
    reason: row.reason,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    generation: row.generation,
    refreshed: row.refreshed,
    lookedUp: row.looked_up,
    dataKey: { keyId: row.key_id, bytes: row.data_key },
    credential: row.credential,
    renewal: JSON.parse(row.renewal) as RenewalRecord,
    version: row.version,
  }
}

export function auditRowOf(line: AuditLine): AuditRow {
  return {
    tenant: line.tenant,
    connection: line.connection,
    kind: line.by,
    from_generation: line.fromGeneration,
    to_generation: line.toGeneration,
    result: line.result,
    in_doubt: line.inDoubt ? 1 : 0,
    reason: line.reason,
    at: line.at,
  }
}

export function auditLineOf(row: AuditRow): AuditLine {
  return {
    tenant: asTenant(row.tenant),
    connection: asConnectionId(row.connection),
    by: row.kind as Recovery,
    fromGeneration: row.from_generation,
    toGeneration: row.to_generation,
    result: row.result as AuditLine['result'],
    inDoubt: row.in_doubt === 1,
    reason: row.reason,
    at: row.at,
  }
}
