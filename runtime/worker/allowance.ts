/** How often the call of a job may reach its vendor: what its author said, and what its scripts do. */
import { mayRepeat, scriptsActed, scriptsMayAct } from '../call/repeats.ts'
import type { CallRequest, Trail } from '../model/call.ts'
import type { Connector } from '../model/connector.ts'
import { asMethodName } from '../model/ids.ts'
import type { Repeats } from './settlement.ts'

export type Allowance = {
  /** Where it is known what the attempt did. */
  readonly after: (trail: Trail) => Repeats
  /** Where nobody knows, as its worker is gone, or had to stop in the middle. */
  readonly blindly: Repeats
}

/** Null where there is no such method. */
export function allowanceOf(
  connector: Connector | null,
  request: Pick<CallRequest, 'method' | 'step'>,
): Allowance | null {
  const method = connector?.methods.get(asMethodName(request.method))
  if (!connector || !method) return null
  if (method.replay === 'never') return always('never')
  if (!mayRepeat({ method })) return always('if-refused')
  const call = { connector, method, step: request.step ?? null }
  return {
    after: ({ attempts }) => (scriptsActed(call, attempts) ? 'if-refused' : 'freely'),
    blindly: scriptsMayAct(call) ? 'if-refused' : 'freely',
  }
}

/** Whatever is known, or not, of what was done. */
export function always(repeats: Repeats): Allowance {
  return { after: () => repeats, blindly: repeats }
}
