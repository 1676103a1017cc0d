import type { Handled, Outcome, Trail } from '../../runtime/model/call.ts'
import type { FailureRecord } from '../../runtime/model/failure.ts'
import type { Json } from '../../runtime/model/json.ts'
import { resultOf } from '../../runtime/model/outcome-result.ts'

/**
 * What `run --json` prints: exactly one such object on stdout. Stable: fields may be added, none
 * changes its meaning. It holds no secret. Dates are ISO 8601 in UTC, times milliseconds. Where no
 * call was made at all, a `TroubleReport` comes in its place.
 */
export type OutcomeReport = {
  readonly kind: Outcome['kind']
  /** The call’s id; null where it was given up before it had one. */
  readonly call: string | null
  readonly connector: string
  readonly method: string
  /** Null where the connector needs none. */
  readonly connection: string | null
  /** HTTP status of the accepted answer, or of the failed one; null where there was none. */
  readonly status: number | null
  /** Success and warning; null otherwise. */
  readonly content: Json
  /** What the script's `action_condition` said; null where there is none. */
  readonly exit: boolean | null
  /** Of a warning, a stop or a failure; null otherwise. */
  readonly message: string | null
  readonly failure: FailureRecord | null
  /** The error handler that took the failure, if one did. */
  readonly handled: Handled | null
  readonly trail: Omit<Trail, 'startedAt'> & { readonly startedAt: string }
}

type Names = Pick<OutcomeReport, 'connector' | 'method' | 'connection'>

export function outcomeReport(outcome: Outcome, names: Names): OutcomeReport {
  const { connector, method, connection } = names
  const { startedAt, ms, attempts } = outcome.trail
  return {
    kind: outcome.kind,
    call: outcome.call === '' ? null : outcome.call,
    ...{ connector, method, connection },
    ...resultOf(outcome),
    trail: { startedAt: startedAt.toISOString(), ms, attempts },
  }
}
