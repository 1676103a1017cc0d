/**
 * Executes one call, from input to outcome.
 *
 *     before ─→ send ─→ judge ──→ accept, warn, reject, stop ──→ outcome
 *        ↑                └────→ recover (refresh | session)
 *        └─────── replay ──────────────┘
 *
 * Three kinds of wrong stay apart. What the vendor or the script decided is a {@link Verdict}. An
 * expected way to fail is a thrown {@link CallFailure}. Anything else is a bug of ours, and is left
 * to escape.
 */
import type { Attempt, Call, Outcome } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import type { Ports } from '../model/ports.ts'
import type { Verdict } from '../model/verdict.ts'
import { attempt } from './attempt.ts'
import { beginExecution, type Execution } from './execution.ts'
import { currentCredential, recover } from './recover.ts'
import { retryDelay } from './retry.ts'

/** Rejects only with the reason of an aborted signal, or with a bug of our own. */
export async function executeCall(call: Call, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  using execution = beginExecution(call, ports, signal)
  signal.throwIfAborted()
  try {
    const verdict = await attemptUntilSettled(execution)
    await noteStateOf(execution, verdict)
    return conclude(verdict, execution)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof CallFailure)) throw error
    return conclude({ kind: 'reject', failure: error }, execution)
  }
}

type Settled = Exclude<Verdict, { kind: 'recover' }>

/** Each renewal is spent once and retries are counted, so the loop must end. */
async function attemptUntilSettled(execution: Execution): Promise<Settled> {
  let credential = await currentCredential(execution)
  let cause: Attempt['cause'] = 'first'
  let retried = 0

  for (;;) {
    const verdict = await attempt(execution, credential, cause)
    if (verdict.kind === 'recover') {
      credential = await renewed(execution, verdict, credential)
      cause = 'replay'
      continue
    }
    const delay = retryDelay(execution.call, verdict, retried)
    if (delay === null) return verdict

    await execution.ports.wait(delay, execution.signal)
    retried += 1
    cause = 'retry'
  }
}

type Recover = Extract<Verdict, { kind: 'recover' }>

/**
 * The credential to replay with. A method that must not be replayed still gets its connection
 * renewed, so that the next call finds it well; this one fails with what happened.
 */
async function renewed(
  execution: Execution,
  verdict: Recover,
  stale: Credential,
): Promise<Credential> {
  execution.renewals.delete(verdict.by)
  const credential = await recover(execution, verdict, stale)
  const { method } = execution.call
  if (method.replay !== 'never') return credential

  const { type, message } = verdict.otherwise
  execution.trail.add({
    kind: 'warning',
    message: `not replayed: ${method.name} says replay: never; the connection was renewed`,
  })
  throw new CallFailure(type, message, { reason: 'replay-never', cause: verdict.otherwise })
}

/** A vendor that said so is believed: the connection needs a person, or needs one no more. */
async function noteStateOf({ call, ports }: Execution, verdict: Settled): Promise<void> {
  const { connection } = call
  if (verdict.kind === 'reject' && verdict.failure.type === 'InvalidCredential') {
    await ports.vault.mark(connection, 'sessionInvalid', verdict.failure.message)
  }
  if (verdict.kind === 'accept' && connection.state === 'sessionInvalid') {
    await ports.vault.mark(connection, 'active', null)
  }
}

function conclude(verdict: Settled, { call, trail, placeholders }: Execution): Outcome {
  const common = { call: call.id, trail: trail.trail() }
  const redact = (text: string) => placeholders.redact(text)
  switch (verdict.kind) {
    case 'accept':
      return { ...common, kind: 'success', content: verdict.content, status: verdict.status }
    case 'warn': {
      const { content, status } = verdict
      return { ...common, kind: 'warning', content, message: redact(verdict.message), status }
    }
    case 'stop':
      return { ...common, kind: 'stopped', message: redact(verdict.message) }
    case 'reject':
      return { ...common, kind: 'failure', failure: withoutSecrets(verdict.failure, redact) }
  }
}

/** A script, or a vendor, may have put a secret into its message. */
function withoutSecrets(failure: CallFailure, redact: (text: string) => string): CallFailure {
  const cause = failure.cause instanceof CallFailure ? withoutSecrets(failure.cause, redact) : null
  const message = redact(failure.message)
  const frame = failure.frame === undefined ? undefined : redact(failure.frame)
  if (message === failure.message && frame === failure.frame && !cause) return failure
  const { type, reason, httpCode, retryAt, blockIndex, position } = failure
  return new CallFailure(type, message, {
    ...(reason === undefined ? {} : { reason }),
    ...(httpCode === undefined ? {} : { httpCode }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(blockIndex === undefined ? {} : { blockIndex }),
    ...(position === undefined ? {} : { position }),
    ...(frame === undefined ? {} : { frame }),
    ...(cause ? { cause } : {}),
  })
}
