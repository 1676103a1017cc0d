import type { Execution } from './execution.ts'
import { mapFields } from './fields.ts'
import { readRunDate } from './run-dates.ts'

/** The execution with what its call needs before the first request: its date, its mapped input. */
export async function prepareExecution(execution: Execution): Promise<Execution> {
  await readRunDate(execution)
  const { call } = execution
  if (call.fields === null) return execution
  return { ...execution, call: { ...call, input: await mapFields(execution, call.fields) } }
}
