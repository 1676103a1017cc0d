/**
 * The renewal's states and transitions, as pure functions. What runs in production is what the model
 * test explores: the store adds nothing but the compare-and-set that makes each transition atomic.
 * A transition returns the next record, or null where it does not apply: somebody else was faster.
 */
import type { Recovery } from '../model/verdict.ts'
import type { ConnectionRecord, Instant, Pending } from './record.ts'
import { remaining, spanFrom } from './record.ts'

/** The part of a credential that tells whether somebody has renewed it. */
export type Counters = { readonly refreshed: number; readonly lookedUp: number }

export type Decision =
  | { readonly kind: 'adopt' }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'cool'; readonly ms: number }
  | { readonly kind: 'take' }

/** What is needed, by whom: a credential newer than `stale`, of that kind. */
export type Need = { readonly stale: Counters; readonly by: Recovery; readonly now: Instant }

/** What one who holds `stale` does next, having read the record at that moment. */
export function decide(record: ConnectionRecord, { stale, by, now }: Need): Decision {
  if (isNewer(record, stale, by)) return { kind: 'adopt' }
  if (record.state === 'sessionInvalid' || record.state === 'sessionInactive') {
    return { kind: 'refuse' }
  }
  const held = remaining(record.renewal.lease, now)
  if (held > 0) return { kind: 'wait', ms: held }

  const cooling = remaining(record.renewal.cooling, now)
  const pending = record.renewal.pending[by]
  // A stored answer is committed without asking the vendor, so it needs no cooling down.
  const fresh = pending?.answer != null && !pending.misread
  return cooling > 0 && !fresh ? { kind: 'cool', ms: cooling } : { kind: 'take' }
}

/**
 * Whether a credential was renewed in that way since. Any difference counts: a connection that was
 * removed and made anew starts to count afresh.
 */
export function isNewer(counters: Counters, stale: Counters, by: Recovery): boolean {
  return by === 'refresh'
    ? counters.refreshed !== stale.refreshed
    : counters.lookedUp !== stale.lookedUp
}

/**
 * Takes the lease, under the next fence. It decides anew: since the record was looked at, somebody
 * may have renewed the credential and given the lease back, or found that only a login helps.
 */
export function leased(
  record: ConnectionRecord,
  { leaseMs, ...need }: Need & { leaseMs: number },
): ConnectionRecord | null {
  if (decide(record, need).kind !== 'take') return null
  return change(record, { fence: record.renewal.fence + 1, lease: spanFrom(need.now, leaseMs) })
}

/** Who holds the lease, and for which login. */
export type Hold = { readonly incarnation: string; readonly fence: number }

/**
 * Whether this holder still has the lease. A lease that ran out unnoticed by anybody is still had:
 * the fence has not moved, and the compare-and-set keeps it so.
 */
function holds(record: ConnectionRecord, hold: Hold): boolean {
  return record.renewal.lease !== null && isFencedBy(record, hold)
}

function isFencedBy(record: ConnectionRecord, { incarnation, fence }: Hold): boolean {
  return record.incarnation === incarnation && record.renewal.fence === fence
}

export type Plan = 'judge' | 'send' | 'give-up'

/**
 * What the holder of a lease does about this kind of renewal. `spends`: the request uses up a
 * refresh token, so a second one that stays unanswered is the last.
 */
export function plan(record: ConnectionRecord, by: Recovery, spends: boolean): Plan {
  const pending = record.renewal.pending[by]
  if (pending?.answer) return 'judge'
  return spends && pending && pending.sends >= 2 ? 'give-up' : 'send'
}

/** Announces a token request, and gives it a whole lease of time. */
export function announced(
  record: ConnectionRecord,
  hold: Hold,
  { by, now, leaseMs }: { by: Recovery; now: Instant; leaseMs: number },
): ConnectionRecord | null {
  const pending = record.renewal.pending[by]
  if (!holds(record, hold) || remaining(record.renewal.lease, now) === 0) return null
  if (pending?.answer) return null
  const sends = (pending?.sends ?? 0) + 1
  return change(record, {
    lease: spanFrom(now, leaseMs),
    pending: {
      ...record.renewal.pending,
      [by]: { fence: hold.fence, sends, answer: null, misread: false },
    },
  })
}

/**
 * Keeps the raw answer to an announced request. It belongs to the request, not to the lease: it is
 * kept also when somebody else has the lease by now, as long as they have announced no other one.
 */
export function answered(
  record: ConnectionRecord,
  hold: Hold,
  { by, answer }: { by: Recovery; answer: string },
): ConnectionRecord | null {
  const pending = record.renewal.pending[by]
  if (record.incarnation !== hold.incarnation || pending?.fence !== hold.fence) return null
  const kept = { ...pending, answer, misread: false }
  return change(record, { pending: { ...record.renewal.pending, [by]: kept } })
}

/** Stores the next generation. It applies to the holder's own record only, and only once. */
export function committed(
  record: ConnectionRecord,
  hold: Hold,
  { by, credential, at }: { by: Recovery; credential: Uint8Array; at: string },
): ConnectionRecord | null {
  const { renewal } = record
  if (!holds(record, hold)) return null
  const heals =
    record.state === 'sessionExpired' || (record.state === 'sessionNotVerified' && by === 'session')
  return {
    ...record,
    ...(heals ? { state: 'active' as const, reason: null } : {}),
    credential,
    generation: record.generation + 1,
    refreshed: record.refreshed + (by === 'refresh' ? 1 : 0),
    lookedUp: record.lookedUp + (by === 'session' ? 1 : 0),
    renewal: {
      ...renewal,
      lease: null,
      pending: { ...renewal.pending, [by]: null },
      count: renewal.count + 1,
      lastAt: at,
      failures: 0,
      lastFailure: null,
      cooling: null,
    },
  }
}

/**
 * What became of the announced request when a renewal failed. `answered`: the vendor said no, and
 * will be asked again. `unsent`: it never left. `unanswered`: nobody knows; it may be sent once more.
 * `unread`: an answer is there, and we failed to read it; it stays for one more reader.
 */
export type Fate = 'answered' | 'unsent' | 'unanswered' | 'unread'

/** Gives the lease back after a failure, and lets the connection cool down. */
export function failed(
  record: ConnectionRecord,
  hold: Hold,
  {
    by,
    fate,
    message,
    now,
    coolMs,
  }: { by: Recovery; fate: Fate; message: string; now: Instant; coolMs: number },
): ConnectionRecord | null {
  if (!holds(record, hold)) return null
  const { renewal } = record
  return change(record, {
    lease: null,
    pending: { ...renewal.pending, [by]: afterFailure(renewal.pending[by], fate) },
    failures: renewal.failures + 1,
    lastFailure: message,
    cooling: spanFrom(now, coolMs),
  })
}

function afterFailure(pending: Pending | null, fate: Fate): Pending | null {
  if (!pending || fate === 'unanswered') return pending
  // Read in vain twice, an answer is as good as none: then the request is in doubt.
  if (fate === 'unread') {
    return pending.misread
      ? { ...pending, answer: null, misread: false }
      : { ...pending, misread: true }
  }
  const sends = pending.sends - 1
  return sends > 0 ? { ...pending, sends, answer: null, misread: false } : null
}

/** Gives the lease back where nothing was sent by it: it came too late, or was not needed. */
export function released(
  record: ConnectionRecord,
  hold: Hold,
  by: Recovery,
): ConnectionRecord | null {
  if (!holds(record, hold)) return null
  const { pending } = record.renewal
  const own = pending[by]?.fence === hold.fence && pending[by].answer === null
  return change(record, {
    lease: null,
    pending: { ...pending, [by]: own ? afterFailure(pending[by], 'unsent') : pending[by] },
  })
}

/**
 * Marks the connection: only a new login helps. `judged` is the answer that says so, null where none
 * came. Another one may have come in late, and is judged first.
 */
export function dead(
  record: ConnectionRecord,
  hold: Hold,
  { by, reason, judged }: { by: Recovery; reason: string; judged: string | null },
): ConnectionRecord | null {
  const answer = record.renewal.pending[by]?.answer ?? null
  if (!holds(record, hold) || answer !== judged) return null
  const { renewal } = record
  return {
    ...change(record, {
      lease: null,
      pending: { ...renewal.pending, [by]: null },
      failures: renewal.failures + 1,
      lastFailure: reason,
      cooling: null,
    }),
    state: 'sessionInvalid',
    reason,
  }
}

function change(
  record: ConnectionRecord,
  renewal: Partial<ConnectionRecord['renewal']>,
): ConnectionRecord {
  return { ...record, renewal: { ...record.renewal, ...renewal } }
}
