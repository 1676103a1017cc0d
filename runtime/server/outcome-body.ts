import type { Handled, Outcome } from '../model/call.ts'
import type { FailureRecord } from '../model/failure.ts'
import type { Json } from '../model/json.ts'

/** A call's outcome as JSON, with the same fields whatever it is; `hookline run --json` has them too. */
export type OutcomeBody = {
  readonly kind: Outcome['kind']
  readonly call: string
  readonly connector: string
  readonly method: string
  readonly connection: string | null
  readonly status: number | null
  readonly content: Json
  readonly exit: boolean | null
  readonly message: string | null
  readonly failure: FailureRecord | null
  readonly handled: Handled | null
  readonly trail: Outcome['trail']
}

export function outcomeBody(
  outcome: Outcome,
  {
    connector,
    method,
    connection = null,
  }: Pick<OutcomeBody, 'connector' | 'method'> & {
    readonly connection?: string | null
  },
): OutcomeBody {
  const { kind, call, trail } = outcome
  const common = { kind, call, connector, method, connection }
  return { ...common, ...resultOf(outcome), trail }
}

type Result = Pick<OutcomeBody, 'status' | 'content' | 'exit' | 'message' | 'failure' | 'handled'>

const nothing: Result = {
  status: null,
  content: null,
  exit: null,
  message: null,
  failure: null,
  handled: null,
}

function resultOf(outcome: Outcome): Result {
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
