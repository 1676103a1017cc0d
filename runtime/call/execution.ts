import { Placeholders } from '../auth/placeholders.ts'
import type { Call } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { fillOrigins } from '../model/origins.ts'
import type { EgressPolicy, Ports } from '../model/ports.ts'
import type { Recovery } from '../model/verdict.ts'
import { TrailRecorder } from './trail.ts'

/** What the steps of one execution share. */
export type Execution = {
  readonly call: Call
  readonly ports: Ports
  /** Aborts when the caller gives up, or at the call's deadline with a `CallFailure` as its reason. */
  readonly signal: AbortSignal
  readonly placeholders: Placeholders
  readonly trail: TrailRecorder
  /** The renewals that are left. A lookup has none. */
  readonly renewals: Set<Recovery>
  /** The dialect's scratch object: the one thing that survives hooks and replays. */
  readonly actionData: { current: Json }
  readonly kind: 'call' | 'lookup'
}

/** An execution of a call under its own deadline. Dispose it when the call has its outcome. */
export function beginExecution(
  call: Call,
  ports: Ports,
  signal: AbortSignal,
): Execution & Disposable {
  const { callMs } = call.connector.limits
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(pastDeadline(call)), callMs)
  const placeholders = new Placeholders(ports.randomToken, call.connector.revealSecrets)
  return {
    call,
    ports,
    signal: AbortSignal.any([signal, deadline.signal]),
    placeholders,
    trail: new TrailRecorder(ports.now, (text) => placeholders.redact(text)),
    renewals: new Set(['refresh', 'session']),
    actionData: { current: {} },
    kind: 'call',
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

/**
 * What a request of this call may reach, and cost. A host in the name of the connection's own
 * property (`https://{{Domain}}.vendor.example`) is filled from the vault: no script has a say.
 */
export function policyOf(execution: Execution, credential: Credential): EgressPolicy {
  const { connector } = execution.call
  const values = connector.properties.flatMap(({ name, target, place, default: unsaid }) => {
    const value = (credential.session[name] ?? credential.properties[name])?.reveal() ?? unsaid
    return place === 'mergefield' && value !== null ? [[target, value] as const] : []
  })
  return {
    origins: fillOrigins(connector.origins, Object.fromEntries(values)),
    allowPrivate: execution.ports.allowPrivate,
    requestMs: connector.limits.requestMs,
    responseBytes: connector.limits.responseBytes,
  }
}

function pastDeadline(call: Call): CallFailure {
  const { connector, method } = call
  return new CallFailure(
    'Timeout',
    `${connector.name} ${method.name} did not end within ${connector.limits.callMs} ms`,
    { reason: 'call-deadline' },
  )
}
