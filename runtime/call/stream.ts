/** A call whose pages are handed out as they come. */
import type { Call, Outcome, Page } from '../model/call.ts'
import type { Ports } from '../model/ports.ts'
import { conclude, type Ending, outcomeOf } from './conclude.ts'
import { executeCall } from './execute.ts'
import { beginExecution, type Execution } from './execution.ts'
import { piecesOf, readPages } from './pages.ts'
import { prepareExecution } from './prepare.ts'
import { mayDefine } from './scripts.ts'
import { expectedFailure } from './store-away.ts'

/**
 * Yields page after page, keeping one in memory; the call's clock stands still while its reader has
 * it. Returns the outcome, whose content is then null. Where a script defines `after_action_paging`
 * or `action_condition`, which want the whole, that comes as one page instead. Throws the
 * `CallFailure` that the call fails with, or the reason of the aborted signal.
 */
export async function* streamCall(
  call: Call,
  ports: Ports,
  signal: AbortSignal,
): AsyncGenerator<Page, Outcome> {
  if (mayDefine(call, 'after_action_paging') || mayDefine(call, 'action_condition')) {
    const outcome = unlessFailed(await executeCall(call, ports, signal))
    if (outcome.kind === 'success') yield { content: outcome.content, number: 1 }
    return outcome
  }
  using execution = beginExecution(call, ports, signal)
  signal.throwIfAborted()
  try {
    const ready = await prepareExecution(execution)
    const ending = yield* handOut(ready)
    return unlessFailed(await conclude(ending, ready))
  } catch (error) {
    signal.throwIfAborted()
    const failure = expectedFailure(error)
    if (!failure) throw error
    return unlessFailed(outcomeOf({ kind: 'reject', failure }, execution))
  }
}

async function* handOut(execution: Execution): AsyncGenerator<Page, Ending> {
  let number = 0
  let status = 0
  for (const piece of await piecesOf(execution)) {
    for await (const { verdict } of readPages(execution, { piece, cause: 'first' })) {
      if (verdict.kind !== 'accept') return verdict
      status = verdict.status
      number += 1
      execution.clock.pause()
      try {
        yield { content: verdict.content, number }
      } finally {
        execution.clock.resume()
      }
    }
  }
  return { kind: 'accept', content: null, status }
}

function unlessFailed(outcome: Outcome): Outcome {
  if (outcome.kind === 'failure') throw outcome.failure
  return outcome
}
