import type { Outcome } from '../model/call.ts'
import { type OutcomeResult, resultOf } from '../model/outcome-result.ts'

/** A call's outcome as JSON, with the same fields whatever it is; `hookline run --json` has them too. */
export type OutcomeBody = OutcomeResult & {
  readonly kind: Outcome['kind']
  readonly call: string
  readonly connector: string
  readonly method: string
  readonly connection: string | null
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
