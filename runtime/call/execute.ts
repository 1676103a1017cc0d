/**
 * Executes one call, from input to outcome.
 *
 *     for each piece of the list that is sent, for each page of its answer (pages.ts):
 *
 *       before ─→ send ─→ judge ──→ accept, warn, reject, stop
 *          ↑                └────→ recover (refresh | session)
 *          └─────── replay ──────────────┘
 *
 *     over the pages: after_action_paging; over everything: action_condition ──→ outcome
 *
 * Three kinds of wrong stay apart. What the vendor or the script decided is a {@link Verdict}. An
 * expected way to fail is a thrown `CallFailure`. Anything else is a bug of ours, and is left
 * to escape.
 */
import type { Call, Outcome } from '../model/call.ts'
import type { Ports } from '../model/ports.ts'
import { answerUntilSettled } from './answer.ts'
import { conclude, outcomeOf } from './conclude.ts'
import { beginExecution } from './execution.ts'
import { prepareExecution } from './prepare.ts'
import { expectedFailure } from './store-away.ts'

/** Rejects only with the reason of an aborted signal, or with a bug of our own. */
export async function executeCall(call: Call, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  using execution = beginExecution(call, ports, signal)
  signal.throwIfAborted()
  try {
    const ready = await prepareExecution(execution)
    return await conclude(await answerUntilSettled(ready), ready)
  } catch (error) {
    signal.throwIfAborted()
    const failure = expectedFailure(error)
    if (!failure) throw error
    return outcomeOf({ kind: 'reject', failure }, execution)
  }
}
