/** Whether a call may be made again although nobody asks: its verb, its key and its scripts decide. */
import type { Attempt, Call, Step } from '../model/call.ts'
import { isIdempotent } from '../model/connector.ts'

/** Allowed for idempotent verbs, and where a key lets the vendor recognise the repetition. */
export function mayRepeat({ method }: Pick<Call, 'method'>): boolean {
  if (method.replay === 'never') return false
  return isIdempotent(method.verb) || method.idempotencyKey !== null
}

/**
 * Whether scripts did, in these attempts, what the verb of their method does not tell of: they sent
 * a request that is not idempotent, and the vendor did not refuse it. A declared key stands for them.
 */
export function scriptsActed(
  { method }: Pick<Call, 'method'>,
  attempts: readonly Pick<Attempt, 'steps'>[],
): boolean {
  if (method.idempotencyKey !== null || !isIdempotent(method.verb)) return false
  return attempts.some(({ steps }) => steps.some(mayHaveActed))
}

/**
 * Whether scripts could do so, by what their sources mention: for where nobody knows what they did.
 * A method of type `script` does nothing but what its scripts do, so there any request counts.
 */
export function scriptsMayAct({
  connector,
  method,
  step,
}: Pick<Call, 'connector' | 'method' | 'step'>): boolean {
  if (method.idempotencyKey !== null) return false
  // One scope: the verb may be in one of them, and the request in another.
  const source = [connector.script, method.script, step].map((one) => one?.source ?? '').join('\n')
  if (!/\bhttp_request\b/.test(source)) return false
  return method.type === 'script' || /\b(?:POST|PATCH)\b/i.test(source)
}

function mayHaveActed(step: Step): boolean {
  if (step.kind !== 'request' || isIdempotent(step.verb)) return false
  return step.status === null || step.status < 400 || step.status >= 500
}
