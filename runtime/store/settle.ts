import { CallFailure } from '../model/failure.ts'
import type { AuditLine } from './backend.ts'
import type { Errand } from './errand.ts'
import { changeRecord } from './ledger.ts'
import { dead, type Fate, failed, type Hold } from './protocol.ts'
import type { ConnectionRecord } from './record.ts'
import { asRenewalFailure, withRetryAt } from './renewal-failures.ts'
import { StoreFailure } from './store-failure.ts'

/** Only a new login helps, unless a sibling has stored a newer credential: then that is adopted. */
export async function giveUp(
  errand: Errand,
  hold: Hold,
  { failure, judged }: { failure: CallFailure; judged: string | null },
): Promise<null> {
  const { by } = errand.renewal
  const marked = await changeRecord(errand, { key: errand.key, step: 'dead' }, (record) => {
    const next = dead(record, hold, { by, reason: failure.message, judged })
    const reason = failure.reason ?? null
    return next && { next, audit: lineOf(errand, record, { result: 'dead', to: null, reason }) }
  })
  if (marked) throw failure
  return null
}

/**
 * Records a failed renewal and gives back what to throw, with the end of its cooling down. Bugs come
 * back as they are.
 */
export async function settle(
  errand: Errand,
  hold: Hold,
  { error, fate }: { error: unknown; fate: Fate },
): Promise<unknown> {
  const { by } = errand.renewal
  const failure = error instanceof CallFailure ? asRenewalFailure(by, error) : null
  const message = failure?.message ?? 'a fault in this program'
  let cooling = 0
  try {
    const settled = await changeRecord(errand, { key: errand.key, step: 'fail' }, (record, now) => {
      const coolMs = coolDownMs(errand, record.renewal.failures, failure?.retryAt)
      const next = failed(record, hold, { by, fate, message, now, coolMs })
      cooling = coolMs
      const reason = failure?.reason ?? null
      return next && { next, audit: lineOf(errand, record, { result: 'failed', to: null, reason }) }
    })
    if (settled && failure) {
      return withRetryAt(failure, new Date(errand.wallClock().getTime() + cooling))
    }
  } catch (cause) {
    // The lease runs out by itself; what went wrong first is what people need to know.
    if (!(cause instanceof StoreFailure)) throw cause
  }
  return failure ?? error
}

function coolDownMs({ settings, wallClock }: Errand, before: number, retryAt?: Date): number {
  const { firstMs, mostMs } = settings.coolDown
  const grown = Math.min(mostMs, firstMs * 2 ** Math.min(before, 20))
  const spread = grown * (0.9 + 0.2 * settings.jitter())
  const asked = retryAt ? retryAt.getTime() - wallClock().getTime() : 0
  return Math.round(Math.max(spread, Math.min(asked, mostMs)))
}

export function lineOf(
  errand: Errand,
  record: ConnectionRecord,
  {
    result,
    to,
    reason = null,
  }: { result: AuditLine['result']; to: number | null; reason?: string | null },
): AuditLine {
  const { by } = errand.renewal
  return {
    tenant: record.tenant,
    connection: record.id,
    by,
    fromGeneration: record.generation,
    toGeneration: to,
    result,
    inDoubt: (record.renewal.pending[by]?.sends ?? 0) > 1,
    reason: plainReason(reason),
    at: errand.wallClock().toISOString(),
  }
}

/** An OAuth error code is the vendor's own text: only what looks like a code is kept. */
function plainReason(reason: string | null): string | null {
  return reason === null || /^[\w.-]{1,64}$/.test(reason) ? reason : 'other'
}
