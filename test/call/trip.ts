import { departFrom, type Trip } from '../../runtime/call/attempt.ts'
import { beginExecution, type Execution } from '../../runtime/call/execution.ts'
import { onlyPage } from '../../runtime/call/paging.ts'
import { resolveCall } from '../../runtime/call/resolve.ts'
import type { CallRequest } from '../../runtime/model/call.ts'
import type { Ports } from '../../runtime/model/ports.ts'
import type { World } from '../support/world.ts'

/** A trip that has not begun, for a test of one of its steps. */
export interface OpenTrip extends Disposable {
  readonly trip: Trip
  readonly execution: Execution
}

/** Opens a trip of the method `get`, or of the one asked for, with the ports of a world. */
export async function openTrip(
  world: World,
  request: Partial<CallRequest> = {},
  ports: Partial<Ports> = {},
): Promise<OpenTrip> {
  const whole = { tenant: 't', connector: 'acme', method: 'get', connection: 'c', ...request }
  const call = await resolveCall(whole, world.registry(), () => 'call-1')
  const all = { ...world.ports(), ...ports }
  const execution = beginExecution(call, all, new AbortController().signal)
  const trip = departFrom(execution, { credential: world.credential, position: onlyPage })
  return { trip, execution, [Symbol.dispose]: () => execution[Symbol.dispose]() }
}
