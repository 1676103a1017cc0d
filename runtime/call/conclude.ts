import type { Outcome } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Execution } from './execution.ts'

/** What a call ends with: a whole response, or what came in its place. */
export type Ending =
  | Exclude<Verdict, { kind: 'recover' } | { kind: 'accept' }>
  | {
      readonly kind: 'accept'
      readonly content: Json
      readonly status: number
      readonly exit?: boolean
    }

/** The outcome of an execution, without a secret in it; marks the connection where it says so. */
export async function conclude(ending: Ending, execution: Execution): Promise<Outcome> {
  await noteStateOf(execution, ending)
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
async function noteStateOf({ call, ports }: Execution, ending: Ending): Promise<void> {
  const { connection } = call
  if (ending.kind === 'reject' && ending.failure.type === 'InvalidCredential') {
    await ports.vault.mark(connection, 'sessionInvalid', ending.failure.message)
  }
  if (ending.kind === 'accept' && connection.state === 'sessionInvalid') {
    await ports.vault.mark(connection, 'active', null)
  }
}

/** A script, or a vendor, may have put a secret into its message. */
export function withoutSecrets(
  failure: CallFailure,
  redact: (text: string) => string,
): CallFailure {
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
