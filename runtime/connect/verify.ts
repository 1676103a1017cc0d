/** What follows a login: the lookup, then the connector's own test call (error systems, C37). */
import { establish } from '../call/establish.ts'
import { executeCall } from '../call/execute.ts'
import { beginExecution } from '../call/execution.ts'
import type { Call, Outcome, Trail } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import type { Ports } from '../model/ports.ts'

/** How a new connection turned out: `active`, or `sessionNotVerified` with the reason. */
export type Verification = {
  readonly state: 'active' | 'sessionNotVerified'
  readonly failure: CallFailure | null
  /** Of the renewals that it took to begin. */
  readonly trail: Trail
  /** Null where the connector names no test call, or it never came to that. */
  readonly test: Outcome | null
}

/**
 * Makes a connection ready and says whether it works. `call` is one of the connector's test call,
 * or of any method where it names none. Rejects only with the reason of an aborted signal.
 */
export async function verifyConnection(
  call: Call,
  ports: Ports,
  signal: AbortSignal,
): Promise<Verification> {
  using execution = beginExecution(call, ports, signal)
  execution.trail.begin('first')
  let failure: CallFailure | null = null
  try {
    await establish(execution)
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    failure = error
  }
  execution.trail.end(failure ? failure.type : 'accept')
  const trail = execution.trail.trail()
  if (failure) return settle(call, ports, { failure, trail, test: null })

  const { testCall } = call.connector
  if (testCall === null) return settle(call, ports, { failure: null, trail, test: null })
  const test = await executeCall(call, ports, signal)
  return settle(call, ports, {
    failure: test.kind === 'failure' ? test.failure : null,
    trail,
    test,
  })
}

async function settle(
  call: Call,
  ports: Ports,
  found: Omit<Verification, 'state'>,
): Promise<Verification> {
  const state = found.failure ? 'sessionNotVerified' : 'active'
  const reason = found.failure?.message ?? null
  await ports.vault.mark(call.connection, { state, reason })
  return { ...found, state }
}
