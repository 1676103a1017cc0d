import type { Connection, ConnectionKey } from '../model/connection.ts'
import { UsageError } from '../model/usage-error.ts'
import type { AuditLine, StepName, StoreBackend } from './backend.ts'
import { type ConnectionRecord, type Instant, remaining } from './record.ts'

/** A transition's result: the next record, and the line that goes with it. */
export type Next = {
  readonly next: ConnectionRecord
  readonly audit?: AuditLine
  /** Another name of the change than the one it set out with. */
  readonly step?: StepName
}

/**
 * What to make of the record as it is now; null leaves it. It is asked again whenever somebody else
 * changed the record in between, so it must not act by itself.
 */
export type Transition = (
  record: ConnectionRecord,
  now: Instant,
) => Next | null | Promise<Next | null>

/**
 * A record as it was read at a moment of the store's clock, and the local time just before that. A
 * change that was made is one, too: the record is then as it was written.
 */
export type Known = {
  readonly record: ConnectionRecord
  readonly now: Instant
  readonly readAt: number
}

/** How the store is read and changed: every change is a compare-and-set of one connection's row. */
export type Ledger = {
  readonly backend: StoreBackend
  /** Milliseconds that only ever grow. */
  readonly now: () => number
  readonly wallClock: () => Date
}

/**
 * Changes a connection's record in one step. Resolves to null where the transition declined. `known`
 * spares a reading where the record is still that one; it declines for good only on a fresh one.
 */
export async function changeRecord(
  ledger: Ledger,
  { key, step, known }: { key: ConnectionKey; step: StepName; known?: Known },
  transition: Transition,
): Promise<Known | null> {
  for (let from = known; ; from = undefined) {
    const { record, now, readAt } = from ?? (await readRecord(ledger, key))
    const result = await transition(record, now)
    if (!result && !from) return null
    if (!result) continue

    const name = result.step ?? step
    const next = datesOf(name, result.next, ledger.wallClock)
    const audit = result.audit ?? null
    if (await ledger.backend.write({ step: name, seen: record, next, audit })) {
      return { record: { ...next, version: record.version + 1 }, now, readAt }
    }
  }
}

/** Only what people would call a change of the connection gives it a new date. */
const dated: ReadonlySet<StepName> = new Set(['relogin', 'mark', 'commit', 'dead'])

function datesOf(step: StepName, next: ConnectionRecord, wallClock: () => Date): ConnectionRecord {
  return dated.has(step) ? { ...next, updatedAt: wallClock().toISOString() } : next
}

export async function readRecord(ledger: Ledger, key: ConnectionKey): Promise<Known> {
  const readAt = ledger.now()
  const { record, now } = await ledger.backend.read(key)
  if (!record) throw connectionMissing(key)
  return { record, now, readAt }
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
