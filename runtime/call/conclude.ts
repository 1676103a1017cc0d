import type { Outcome } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Execution } from './execution.ts'
import { keepRunDate } from './run-dates.ts'
import { expectedFailure } from './store-away.ts'

/** What a call ends with: a whole response, or what came in its place. */
export type Ending =
  | Exclude<Verdict, { kind: 'recover' } | { kind: 'accept' }>
  | {
      readonly kind: 'accept'
      readonly content: Json
      readonly status: number
      readonly exit?: boolean
    }

/** The outcome of an execution, without a secret in it; keeps in the store what it says. */
export async function conclude(ending: Ending, execution: Execution): Promise<Outcome> {
  try {
    if (ending.kind === 'accept') await keepRunDate(execution)
    await noteStateOf(execution, ending)
  } catch (error) {
    // The vendor has acted: a store that is away now must not have the call made again.
    const failure = expectedFailure(error)
    if (!failure) throw error
    execution.trail.add({ kind: 'warning', message: `not kept: ${failure.message}` })
  }
  return outcomeOf(ending, execution)
}

export function outcomeOf(ending: Ending, { call, trail, placeholders }: Execution): Outcome {
  const common = { call: call.id, trail: trail.trail() }
  const redact = (text: string) => placeholders.redact(text)
  switch (ending.kind) {
    case 'accept': {
      const { content, status, exit } = ending
      return {
        ...common,
        kind: 'success',
        content,
        status,
        ...(exit === undefined ? {} : { exit }),
      }
    }
    case 'warn': {
      const { content, status } = ending
      return { ...common, kind: 'warning', content, message: redact(ending.message), status }
    }
    case 'stop':
      return { ...common, kind: 'stopped', message: redact(ending.message) }
    case 'reject':
      return { ...common, kind: 'failure', failure: withoutSecrets(ending.failure, redact) }
  }
}

/** A vendor that said so is believed: the connection needs a person, or needs one no more. */
async function noteStateOf(
  { call, ports, used, placeholders }: Execution,
  ending: Ending,
): Promise<void> {
  const { connection } = call
  const seen = used.credential ?? undefined
  if (ending.kind === 'reject' && ending.failure.type === 'InvalidCredential') {
    const reason = placeholders.redact(ending.failure.message)
    await ports.vault.mark(connection, { state: 'sessionInvalid', reason }, seen)
  }
  // Where a renewal found that only a login helps, a token that still works for a while is no cure.
  const byCall = connection.state === 'sessionInvalid' && connection.renewal.failures === 0
  if (ending.kind === 'accept' && byCall) {
    await ports.vault.mark(connection, { state: 'active', reason: null }, seen)
  }
}

/** A script, or a vendor, may have put a secret into its message. */
export function withoutSecrets(
  failure: CallFailure,
  redact: (text: string) => string,
): CallFailure {
  const cause = failure.cause instanceof CallFailure ? withoutSecrets(failure.cause, redact) : null
  const message = redact(failure.message)
  const reason = failure.reason === undefined ? undefined : redact(failure.reason)
  const frame = failure.frame === undefined ? undefined : redact(failure.frame)
  const isClean = message === failure.message && reason === failure.reason
  if (isClean && frame === failure.frame && !cause) return failure
  const { type, httpCode, retryAt, blockIndex, position, thrownIn } = failure
  return new CallFailure(type, message, {
    ...(reason === undefined ? {} : { reason }),
    ...(httpCode === undefined ? {} : { httpCode }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(blockIndex === undefined ? {} : { blockIndex }),
    ...(position === undefined ? {} : { position }),
    ...(thrownIn === undefined ? {} : { thrownIn }),
    ...(frame === undefined ? {} : { frame }),
    ...(cause ? { cause } : {}),
  })
}
