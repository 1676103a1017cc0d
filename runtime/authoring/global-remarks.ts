/** Globals that an event lacks, and changes that are lost when the hook ends. */
import type { HookEvent } from '../model/ports.ts'
import { type GlobalFact, globalFact } from './globals.ts'
import { type Reached, reachedByHandlers } from './handler-reach.ts'
import type { Home } from './handler-remarks.ts'
import type { Remark, ScriptFacts } from './script-facts.ts'

export function globalRemarks(facts: ScriptFacts, home: Home): readonly Remark[] {
  const reached = reachedByHandlers(facts)
  const tested = new Set(reached.filter(({ use }) => use === 'test').map(keyOf))
  const doubtful = reached.filter((one) => !tested.has(keyOf(one)) && !facts.declared.has(one.name))
  return [...groupedByPlace(doubtful)].flatMap((uses) => remarkOn(uses, home))
}

/** A function that first asks whether there is such a global may then use it. */
function keyOf({ event, name, within }: Reached): string {
  return `${event} ${name} ${within}`
}

function groupedByPlace(uses: readonly Reached[]): Iterable<readonly Reached[]> {
  return Map.groupBy(uses, ({ at, use }) => `${at} ${use}`).values()
}

/** All the uses are one place of the script, reached from several events. */
function remarkOn(uses: readonly Reached[], home: Home): readonly Remark[] {
  const [first] = uses
  const fact = first === undefined ? null : factFor(first.name, home)
  if (first === undefined || fact === null) return []
  const message =
    missing(
      fact,
      first,
      eventsOf(uses, ({ event }) => lacks(fact, event)),
    ) ??
    lost(
      fact,
      first,
      eventsOf(uses, ({ event, use }) => loses(fact, event, use)),
    )
  return message === null ? [] : [{ at: first.at, message }]
}

/** A method without a request has its answer from `before_action`, if it likes. */
function factFor(name: string, { connector, method }: Home): GlobalFact | null {
  const fact = globalFact(name)
  if (fact === null || name !== 'method_response') return fact
  const methods = method === null ? [...connector.methods.values()] : [method]
  if (!methods.some(({ type }) => type === 'script')) return fact
  const { readIn, writtenIn } = fact
  return {
    ...fact,
    readIn: ['before_action', ...readIn],
    writtenIn: ['before_action', ...writtenIn],
  }
}

function lacks({ readIn }: GlobalFact, event: HookEvent): boolean {
  return !readIn.includes(event)
}

function loses({ writtenIn }: GlobalFact, event: HookEvent, use: Reached['use']): boolean {
  return (use === 'write' || use === 'change') && !writtenIn.includes(event)
}

function eventsOf(
  uses: readonly Reached[],
  holds: (use: Reached) => boolean,
): readonly HookEvent[] {
  return [...new Set(uses.filter(holds).map(({ event }) => event))]
}

function missing(
  { name, readIn }: GlobalFact,
  { within, by }: Reached,
  events: readonly HookEvent[],
): string | null {
  if (events.length === 0) return null
  const where =
    within === null
      ? `outside of any function, which is evaluated for ${events.join(' and ')} too`
      : `in ${events.join(' and ')}${by === null ? '' : `, by way of ${by}()`}`
  return `there is no \`${name}\` ${where}; there is one in ${readIn.join(', ')}`
}

function lost(
  { name, writtenIn }: GlobalFact,
  { within, by }: Reached,
  events: readonly HookEvent[],
): string | null {
  if (events.length === 0 || within === null) return null
  const where = `${events.join(' and ')}${by === null ? '' : `, by way of ${by}()`}`
  const instead =
    writtenIn.length === 0 ? 'scripts only read it' : `it has effect in ${writtenIn.join(', ')}`
  return `a change of \`${name}\` is lost in ${where}; ${instead}`
}
