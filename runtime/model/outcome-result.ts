import type { Handled, Outcome } from './call.ts'
import type { FailureRecord } from './failure.ts'
import type { Json } from './json.ts'

/** What an outcome came to, with the same fields whatever its kind: what `--json` and the server say. */
export type OutcomeResult = {
  readonly status: number | null
  readonly content: Json
  readonly exit: boolean | null
  readonly message: string | null
  readonly failure: FailureRecord | null
  readonly handled: Handled | null
}

const nothing: OutcomeResult = {
  status: null,
  content: null,
  exit: null,
  message: null,
  failure: null,
  handled: null,
}

export function resultOf(outcome: Outcome): OutcomeResult {
  switch (outcome.kind) {
    case 'success':
      return {
        ...nothing,
        ...{ status: outcome.status, content: outcome.content, exit: outcome.exit ?? null },
      }
    case 'warning': {
      const { status, content, message } = outcome
      return { ...nothing, status, content, message }
    }
    case 'stopped':
      return { ...nothing, message: outcome.message }
    case 'failure': {
      const failure = outcome.failure.toJSON()
      const { message, httpCode: status = null } = failure
      return { ...nothing, status, message, failure, handled: outcome.handled ?? null }
    }
  }
}
