import { setTimeout as delay } from 'node:timers/promises'
import type { Outcome } from '../../runtime/model/call.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import type { Calls } from '../../runtime/worker/performer.ts'

/** Calls that take so long and reach nobody: what is left is the price of the queue. */
export function noOpCalls(ms: number, begun: () => void = () => {}): Calls {
  const trail = { startedAt: new Date(), ms, attempts: [] }
  const outcome: Outcome = {
    kind: 'success',
    content: null,
    status: 200,
    call: asCallId('x'),
    trail,
  }
  return {
    call: async () => {
      begun()
      if (ms > 0) await delay(ms)
      return outcome
    },
    route: async (_request, failed) => failed,
    connectors: { find: async () => null },
    selfTest: async () => [],
  }
}

/** About 450 bytes as they are stored. */
export const benchInput = { text: 'x'.repeat(300), number: 1 }
