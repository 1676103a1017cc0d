import type { Connection, ConnectionKey } from '../model/connection.ts'
import { isName } from '../model/ids.ts'
import type { NewConnection } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'
import type { Envelope } from './envelope.ts'
import { connectionOf, type Ledger, readRecord } from './ledger.ts'
import { type ConnectionRecord, untouched } from './record.ts'

/**
 * Stores a connection as a login made it. Where its id is taken, `replace` puts the new login in the
 * old one's place; else it rejects with `UsageError` (`entityInvalid`).
 */
export async function createConnection(
  parts: Ledger & { readonly envelope: Envelope },
  connection: NewConnection,
  replace: boolean,
): Promise<Connection> {
  const { backend, envelope, wallClock } = parts
  for (const name of [connection.tenant, connection.id]) {
    if (!isName(name)) throw badName(name)
  }
  const { tenant, id, connector, state, reason, auth, properties } = connection
  const begun = await envelope.begin({ tenant, id })
  const at = wallClock().toISOString()
  const credential = await envelope.sealCredential(
    { tenant, id, ...begun },
    { auth, properties, session: {} },
  )
  const fresh: ConnectionRecord = {
    ...{ tenant, id, connector, state, reason, credential, ...begun },
    ...{ createdAt: at, updatedAt: at, generation: 0, refreshed: 0, lookedUp: 0 },
    renewal: untouched,
    version: 0,
  }
  for (;;) {
    if (await backend.insert(fresh)) break
    if (!replace) throw taken(connection)
    const { record: old } = await backend.read(connection)
    if (!old) continue
    const next = loggedInAnew(fresh, old)
    if (await backend.write({ step: 'relogin', seen: old, next, audit: null })) break
  }
  const { record, now } = await readRecord(parts, connection)
  return connectionOf(record, { now, wallClock })
}

/** A new login keeps the counters growing, so that whoever holds the old credential adopts it. */
function loggedInAnew(fresh: ConnectionRecord, old: ConnectionRecord): ConnectionRecord {
  return {
    ...fresh,
    createdAt: old.createdAt,
    generation: old.generation + 1,
    refreshed: old.refreshed + 1,
    lookedUp: old.lookedUp + 1,
    renewal: { ...untouched, fence: old.renewal.fence + 1, count: old.renewal.count },
  }
}

function badName(name: string): UsageError {
  return new UsageError('entityInvalid', `\`${name}\` cannot name a tenant or a connection`, {
    cure: 'Use 1 to 128 letters, digits and . _ @ -, beginning with a letter or digit',
  })
}

function taken({ id }: ConnectionKey): UsageError {
  return new UsageError('entityInvalid', `There is already a connection ${id}`, {
    cure: 'Take another id, or replace it',
  })
}
