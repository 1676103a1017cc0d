/** When a method last ran well: `last_successful_run_date` (dialect section 3.3). */
import type { Call } from '../model/call.ts'
import type { RunKey } from '../model/ports.ts'
import type { Execution } from './execution.ts'
import { mentions } from './scripts.ts'

/** What a call knows of its method's runs. */
export type RunDate = {
  /** For this call to read; 1970-01-01 where there was no run. */
  last: Date
  /** What a script wants to be read next time; null for when this run began. */
  next: Date | null
}

export const neverRun = new Date(0)

/**
 * Reads the date, if anything in the call can see it. A first real run has now in place of 1970, so
 * that it does not fetch all there ever was; a test run takes what is stored.
 */
export async function readRunDate({ call, ports, runDate }: Execution): Promise<void> {
  if (!usesRunDate(call)) return
  const stored = await ports.runDates.get(keyOf(call))
  const isReal = call.context === 'RUNNING_TRANSACTION'
  runDate.last = stored ?? (isReal ? new Date() : neverRun)
}

/** Keeps the date of a real run that has ended well. */
export async function keepRunDate({ call, ports, runDate, trail }: Execution): Promise<void> {
  if (call.context !== 'RUNNING_TRANSACTION' || !usesRunDate(call)) return
  await ports.runDates.set(keyOf(call), runDate.next ?? trail.startedAt)
}

function usesRunDate(call: Call): boolean {
  const { connector, method } = call
  if (mentions(call, 'last_successful_run_date')) return true
  const templates = [connector.query, connector.headers, method.query, method.headers]
  const texts = JSON.stringify([templates, method.path, method.body, method.parameters])
  return texts.includes('LastSuccessfulRunDate')
}

function keyOf({ connection, method }: Call): RunKey {
  return { tenant: connection.tenant, id: connection.id, method: method.name }
}
