import { Placeholders } from '../auth/placeholders.ts'
import type { Call } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import type { Json } from '../model/json.ts'
import { fillOrigins, mergefieldValues } from '../model/origins.ts'
import type { EgressPolicy, Ports } from '../model/ports.ts'
import type { Recovery } from '../model/verdict.ts'
import { CallClock } from './call-clock.ts'
import { neverRun, type RunDate } from './run-dates.ts'
import { TrailRecorder } from './trail.ts'

/** What the steps of one execution share. */
export type Execution = {
  readonly call: Call
  readonly ports: Ports
  readonly clock: CallClock
  /** Aborts when the caller gives up, or at the call's deadline with a `CallFailure` as its reason. */
  readonly signal: AbortSignal
  readonly placeholders: Placeholders
  readonly trail: TrailRecorder
  /** What the latest attempt went out with; null before the first. */
  readonly used: { credential: Credential | null }
  /** The renewals that are left to the page at hand. A lookup has none. */
  readonly renewals: Set<Recovery>
  /** The dialect's scratch object: the one thing that survives hooks, pages and replays. */
  readonly actionData: { current: Json }
  readonly runDate: RunDate
  /** Decoded bytes that came in so far. */
  readonly received: { bytes: number }
  readonly kind: 'call' | 'lookup' | 'renewal' | 'webhook'
}

/** An execution of a call under its own deadline. Dispose it when the call has its outcome. */
export function beginExecution(
  call: Call,
  ports: Ports,
  signal: AbortSignal,
): Execution & Disposable {
  const clock = new CallClock(call, ports.now)
  const placeholders = new Placeholders(ports.randomToken, call.connector.revealSecrets)
  return {
    call,
    ports,
    clock,
    signal: AbortSignal.any([signal, clock.signal]),
    placeholders,
    trail: new TrailRecorder(ports.now, (text) => placeholders.redact(text)),
    used: { credential: null },
    renewals: fullBudget(),
    actionData: { current: {} },
    runDate: { last: neverRun, next: null },
    received: { bytes: 0 },
    kind: 'call',
    [Symbol.dispose]: () => clock[Symbol.dispose](),
  }
}

/** One renewal of each kind (dialect section 14, 5). */
export function fullBudget(): Set<Recovery> {
  return new Set(['refresh', 'session'])
}

/**
 * What a request of this call may reach, and cost. A host in the name of the connection's own
 * property (`https://{{Domain}}.vendor.example`) is filled from the vault: no script has a say.
 */
export function policyOf(execution: Execution, credential: Credential): EgressPolicy {
  const { connector } = execution.call
  return {
    origins: fillOrigins(connector.origins, mergefieldValues(connector, credential)),
    allowPrivate: execution.ports.allowPrivate,
    requestMs: connector.limits.requestMs,
    responseBytes: connector.limits.responseBytes,
  }
}
