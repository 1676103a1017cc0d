/** What the handlers of a script come to use, by way of the functions that they call. */
import type { HookEvent } from '../model/ports.ts'
import { eventFact } from './events.ts'
import type { Reference } from './references.ts'
import type { ScriptFacts } from './script-facts.ts'

export type Reached = Reference & {
  readonly event: HookEvent
  /** The function that the use stands in, where that is not the handler. */
  readonly by: string | null
}

/**
 * Every use of a global by a handler: in its own body, in functions of this script that it uses, and
 * in what loading the script evaluates, which is done anew for every event.
 */
export function reachedByHandlers(facts: ScriptFacts): readonly Reached[] {
  const names = new Set(facts.functions.map(({ name }) => name))
  return [...names].flatMap((handler) => {
    const event = eventFact(handler)?.name
    if (event === undefined) return []
    const functions = callees(handler, names, facts.references)
    return facts.references
      .filter(({ within }) => within === null || functions.has(within))
      .map((one) => ({ ...one, event, by: one.within === handler ? null : one.within }))
  })
}

function callees(
  start: string,
  names: ReadonlySet<string>,
  references: readonly Reference[],
): ReadonlySet<string> {
  const reached = new Set([start])
  for (const name of reached) {
    for (const { within, name: used, use } of references) {
      if (within === name && use === 'read' && names.has(used)) reached.add(used)
    }
  }
  return reached
}
