import type { ConnectionKey } from '../model/connection.ts'
import type { Renewal } from '../model/ports.ts'
import type { Envelope } from './envelope.ts'
import type { Known, Ledger } from './ledger.ts'
import type { Counters } from './protocol.ts'

export type RenewalSettings = {
  /** By how much a lease outlasts the token request's own timeout, in milliseconds. */
  readonly marginMs: number
  /** How long an answer is held on to while the store is away, in milliseconds. */
  readonly answerPatienceMs: number
  /** After the first failure, and at most, in milliseconds. It doubles with each failure. */
  readonly coolDown: { readonly firstMs: number; readonly mostMs: number }
  /** From 0 to 1; spreads what would happen at once. */
  readonly jitter: () => number
}

/** One caller's need for a newer credential, and what serves it. */
export type Errand = Ledger & {
  readonly key: ConnectionKey
  readonly stale: Counters
  /** The row that the caller's credential was read from; null where that is not known any more. */
  readonly seen: Known | null
  readonly renewal: Renewal
  readonly envelope: Envelope
  readonly settings: RenewalSettings
  /** Aborted when the vault closes: nobody starts to wait or to send any more. */
  readonly closing: AbortSignal
}

/** The lease outlasts the request, so that nobody asks the vendor while this one may still answer. */
export function leaseMs({ renewal, settings }: Errand): number {
  return renewal.timeoutMs + settings.marginMs
}
