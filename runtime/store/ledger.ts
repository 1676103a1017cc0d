import type { Connection, ConnectionKey } from '../model/connection.ts'
import { UsageError } from '../model/usage-error.ts'
import type { AuditLine, StepName, StoreBackend } from './backend.ts'
import { type ConnectionRecord, type Instant, remaining } from './record.ts'

/** A transition's result: the next record, and the line that goes with it. */
export type Next = { readonly next: ConnectionRecord; readonly audit?: AuditLine }

/**
 * What to make of the record as it is now; null leaves it. It is asked again whenever somebody else
 * changed the record in between, so it must not act by itself.
 */
export type Transition = (
  record: ConnectionRecord,
  now: Instant,
) => Next | null | Promise<Next | null>

/** A change that was made, and the local time just before the record was read for it. */
export type Changed = { readonly record: ConnectionRecord; readonly readAt: number }

/** How the store is read and changed: every change is a compare-and-set of one connection's row. */
export type Ledger = {
  readonly backend: StoreBackend
  /** Milliseconds that only ever grow. */
  readonly now: () => number
  readonly wallClock: () => Date
}

/** Changes a connection's record in one step. Resolves to null where the transition declined. */
export async function changeRecord(
  ledger: Ledger,
  key: ConnectionKey,
  step: StepName,
  transition: Transition,
): Promise<Changed | null> {
  for (;;) {
    const readAt = ledger.now()
    const { record, now } = await ledger.backend.read(key)
    if (!record) throw connectionMissing(key)
    const result = await transition(record, now)
    if (!result) return null

    const next = datesOf(step, result.next, ledger.wallClock)
    const audit = result.audit ?? null
    if (await ledger.backend.write({ step, seen: record, next, audit })) {
      return { record: { ...next, version: record.version + 1 }, readAt }
    }
  }
}

/** Only what people would call a change of the connection gives it a new date. */
const dated: ReadonlySet<StepName> = new Set(['relogin', 'mark', 'commit', 'dead'])

function datesOf(step: StepName, next: ConnectionRecord, wallClock: () => Date): ConnectionRecord {
  return dated.has(step) ? { ...next, updatedAt: wallClock().toISOString() } : next
}

export async function readRecord(ledger: Ledger, key: ConnectionKey) {
  const { record, now } = await ledger.backend.read(key)
  if (!record) throw connectionMissing(key)
  return { record, now }
}

function connectionMissing(key: ConnectionKey): UsageError {
  return new UsageError('sessionMissing', `There is no connection ${key.id}`, {
    cure: `Make it by \`hookline connect <connector> -c ${key.id}\``,
  })
}

/** What people may see of a record. */
export function connectionOf(
  record: ConnectionRecord,
  { now, wallClock }: { now: Instant; wallClock: () => Date },
): Connection {
  const { renewal } = record
  const cooling = remaining(renewal.cooling, now)
  return {
    tenant: record.tenant,
    id: record.id,
    connector: record.connector,
    state: record.state,
    reason: record.reason,
    createdAt: new Date(record.createdAt),
    updatedAt: new Date(record.updatedAt),
    renewal: {
      count: renewal.count,
      lastAt: renewal.lastAt === null ? null : new Date(renewal.lastAt),
      failures: renewal.failures,
      lastFailure: renewal.lastFailure,
      coolingUntil: cooling === 0 ? null : new Date(wallClock().getTime() + cooling),
    },
  }
}
