import type { ConnectionKey, ConnectionState } from '../model/connection.ts'
import type { ConnectorName } from '../model/ids.ts'
import type { Recovery } from '../model/verdict.ts'

/**
 * A moment of the clock that leases are measured by. Two moments compare only if they name the same
 * clock: after a reboot the boot's clock has another name, and every span of the old one is over.
 */
export type Instant = { readonly clock: string; readonly ms: number }

/** From when until when, in milliseconds of the named clock. */
export type Span = { readonly clock: string; readonly from: number; readonly until: number }

export function spanFrom(now: Instant, ms: number): Span {
  return { clock: now.clock, from: now.ms, until: now.ms + ms }
}

/** How many milliseconds of a span are left; 0 when it is over, or belongs to another boot. */
export function remaining(span: Span | null, now: Instant): number {
  if (!span || span.clock !== now.clock || now.ms < span.from) return 0
  return Math.max(0, span.until - now.ms)
}

/** A data key, encrypted by the operator's key of that id. */
export type WrappedKey = { readonly keyId: string; readonly bytes: Uint8Array }

/** A token request that was announced, and what came of it. */
export type Pending = {
  /** The fence of the holder that announced the latest one. */
  readonly fence: number
  /** How many were announced and never answered. */
  readonly sends: number
  /** The raw answer to the latest one, encrypted, in base64. */
  readonly answer: string | null
  /** The answer was there, and could not be read; a repaired definition may read it. */
  readonly misread: boolean
}

/** The working memory of a connection's renewals; every process reads and changes this one copy. */
export type RenewalRecord = {
  /** Counts the leases. Who holds an older one has lost it. */
  readonly fence: number
  readonly lease: Span | null
  readonly pending: Readonly<Record<Recovery, Pending | null>>
  readonly count: number
  /** Wall clock, ISO 8601: for people only. */
  readonly lastAt: string | null
  readonly failures: number
  readonly lastFailure: string | null
  readonly cooling: Span | null
}

/** All that is stored of one connection: one row, changed as a whole by compare-and-set. */
export type ConnectionRecord = ConnectionKey & {
  /** Random; another one after each login. Names the data key, so an old row never decrypts as new. */
  readonly incarnation: string
  readonly connector: ConnectorName
  readonly state: ConnectionState
  readonly reason: string | null
  /** Wall clock, ISO 8601. */
  readonly createdAt: string
  readonly updatedAt: string
  readonly generation: number
  readonly refreshed: number
  readonly lookedUp: number
  readonly dataKey: WrappedKey
  /** Encrypted by the data key. */
  readonly credential: Uint8Array
  readonly renewal: RenewalRecord
  /** Counts the changes of this row; a change applies to the version that it was made from. */
  readonly version: number
}

export const untouched: RenewalRecord = {
  fence: 0,
  lease: null,
  pending: { refresh: null, session: null },
  count: 0,
  lastAt: null,
  failures: 0,
  lastFailure: null,
  cooling: null,
}
