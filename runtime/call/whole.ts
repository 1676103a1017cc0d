/** The hooks over a whole response: `after_action_paging`, then `action_condition`. */
import type { Json } from '../model/json.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Trip } from './attempt.ts'
import { conditionGlobals, type Whole, wholeGlobals } from './globals.ts'
import { failureOfHook, type HookReturn, returnedFalse, runHook, signalOf } from './hooks.ts'
import { dataOf } from './json-text.ts'

/** What a hook made of the whole, or why the call ends otherwise. */
export type Made<Value> = { readonly value: Value } | { readonly verdict: Verdict }

/** Runs once over all pages, also where there is only one (dialect section 2). */
export async function afterActionPaging(trip: Trip, whole: Whole): Promise<Made<Json>> {
  const result = await runHook(trip, 'after_action_paging', wholeGlobals(trip, whole))
  if (!result) return { value: whole.content }
  if (result.kind === 'threw') return { verdict: thrown(trip, result) }
  if (result.falseAt !== null) {
    const failure = returnedFalse('after_action_paging', result.falseAt)
    return { verdict: { kind: 'reject', failure } }
  }
  noteNextRun(trip, result)
  const changed = result.read('method_response')
  return { value: changed === undefined ? whole.content : dataOf(changed) }
}

/** Which exit the response takes; null where no script decides it. */
export async function actionCondition(trip: Trip, whole: Whole): Promise<Made<boolean | null>> {
  const result = await runHook(trip, 'action_condition', conditionGlobals(trip, whole))
  if (!result) return { value: null }
  return result.kind === 'threw' ? { verdict: thrown(trip, result) } : { value: result.value }
}

function thrown(trip: Trip, result: Extract<HookReturn, { kind: 'threw' }>): Verdict {
  return signalOf(trip, result, null) ?? { kind: 'reject', failure: failureOfHook(trip, result) }
}

/** What is no date leaves the date of this run. */
function noteNextRun({ execution }: Trip, result: HookReturn): void {
  const said = result.read('next_last_successful_run_date') ?? null
  if (said === null) return
  const date = typeof said === 'string' || typeof said === 'number' ? new Date(said) : null
  if (date && !Number.isNaN(date.getTime())) execution.runDate.next = date
  else {
    const message = 'next_last_successful_run_date is no date; the date of this run is kept'
    execution.trail.add({ kind: 'warning', message })
  }
}
