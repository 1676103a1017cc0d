import { randomUUID } from 'node:crypto'
import type { Call, Outcome } from '../model/call.ts'
import type { CallFailure } from '../model/failure.ts'
import { asCallId } from '../model/ids.ts'
import type { Registry } from './resolve.ts'
import { expectedFailure } from './store-away.ts'

/** What was asked for; or why it cannot begin, where that is a failure of the call and no bug. */
export async function resolved(
  registry: Promise<Registry>,
  resolve: (registry: Registry) => Promise<Call>,
): Promise<Call | CallFailure> {
  try {
    return await resolve(await registry)
  } catch (error) {
    const failure = expectedFailure(error)
    if (!failure) throw error
    return failure
  }
}

/** A call that names what is not there has an outcome too, so that a worker need not guess. */
export function neverBegun(failure: CallFailure): Extract<Outcome, { kind: 'failure' }> {
  const trail = { startedAt: new Date(), ms: 0, attempts: [] }
  return { kind: 'failure', failure, call: asCallId(randomUUID()), trail }
}
