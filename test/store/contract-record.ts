import type { ConnectionKey } from '../../runtime/model/connection.ts'
import { asConnectorName } from '../../runtime/model/ids.ts'
import { type ConnectionRecord, untouched } from '../../runtime/store/record.ts'

/** A connection's record as a login would make it, with nothing real in it. */
export function recordFor(key: ConnectionKey, changes: Partial<ConnectionRecord> = {}) {
  const record: ConnectionRecord = {
    tenant: key.tenant,
    id: key.id,
    incarnation: 'first',
    connector: asConnectorName('crm'),
    state: 'active',
    reason: null,
    createdAt: '2026-11-23T10:00:00.000Z',
    updatedAt: '2026-11-23T10:00:00.000Z',
    generation: 0,
    refreshed: 0,
    lookedUp: 0,
    dataKey: { keyId: 'key-1', bytes: Uint8Array.of(1, 2, 3) },
    credential: Uint8Array.of(0, 255, 7),
    renewal: untouched,
    version: 0,
  }
  return { ...record, ...changes }
}
