import type { Call } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import type { Execution } from './execution.ts'
import { mapFields } from './fields.ts'
import { readRunDate } from './run-dates.ts'

/**
 * The execution with what its call needs before the first request: its date, its mapped input.
 * Rejects with DefinitionInvalid (`not-callable`) for a method that only receives.
 */
export async function prepareExecution(execution: Execution): Promise<Execution> {
  demandCallable(execution.call)
  await readRunDate(execution)
  const { call } = execution
  if (call.fields === null) return execution
  return { ...execution, call: { ...call, input: await mapFields(execution, call.fields) } }
}

function demandCallable({ connector, method }: Call): void {
  if (method.type !== 'webhook') return
  throw new CallFailure(
    'DefinitionInvalid',
    `${connector.name} ${method.name} is a webhook: the vendor calls it, and it is received`,
    { reason: 'not-callable' },
  )
}
