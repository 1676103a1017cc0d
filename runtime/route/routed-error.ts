import type { CallRequest, Outcome } from '../model/call.ts'
import type { RoutedError } from './types.ts'

type Failure = Extract<Outcome, { kind: 'failure' }>

/** A failed call as its error handlers see it. */
export function routedError(request: CallRequest, { failure, trail }: Failure): RoutedError {
  const steps = trail.attempts.flatMap((attempt) => attempt.steps)
  const { cause } = failure
  return {
    type: failure.type,
    source: request.source ?? sourceOf(request),
    message: failure.message,
    httpCode: failure.httpCode ?? null,
    blockIndex: failure.blockIndex ?? null,
    attempts: trail.attempts.length,
    renewed: steps.some((step) => step.kind === 'renewal' && step.result !== 'failed'),
    connection: request.connection ?? null,
    connector: withoutVersion(request.connector),
    method: request.method,
    at: trail.startedAt.toISOString(),
    cause: cause instanceof Error ? cause.message : null,
  }
}

/** The source of a call that has no step name of its own. */
function sourceOf({ connector, method }: Pick<CallRequest, 'connector' | 'method'>): string {
  return `${withoutVersion(connector)}.${method}`
}

function withoutVersion(connector: string): string {
  const at = connector.lastIndexOf('@')
  return at > 0 ? connector.slice(0, at) : connector
}
