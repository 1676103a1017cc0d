import type { HookHeader, Level, ScriptHeader } from '../protocol.ts'
import { apply, createList, getProperty, setProperty, TypeErrorConstructor } from './intrinsics.ts'
import { readerOf } from './readers.ts'

export type Ending =
  | { readonly kind: 'absent' }
  | { readonly kind: 'returned'; readonly value: boolean; readonly falseAt: Level | null }
  | { readonly kind: 'threw'; readonly level: Level; readonly thrown: unknown }
  | { readonly kind: 'promise'; readonly level: Level; readonly message: string }

export type Handlers = {
  /** Takes away the handler that the last script left behind. */
  capture(script: number): void
  /** Calls the handlers in the order of the dialect (section 14, 1), that of the `last` script among them. */
  call(last: number, warn: (text: string) => void): Ending
}

type Handler = (this: undefined) => unknown

export function gatherHandlers({ event, scripts, order }: HookHeader): Handlers {
  const read = readerOf(event)
  const captured = createList<unknown>()

  function capture(script: number): void {
    const value = read()
    if (value === undefined || value === null || isKnown(value)) return
    captured[script] = value
    setProperty(globalThis, event, undefined)
  }

  /** A handler declared by `const` cannot be taken away, and must not pass for the next level's. */
  function isKnown(value: unknown): boolean {
    for (let index = 0; index < captured.length; index++) {
      if (captured[index] === value) return true
    }
    return false
  }

  function call(last: number, warn: (text: string) => void): Ending {
    try {
      capture(last)
    } catch (thrown) {
      return { kind: 'threw', level: scripts[last]?.level ?? 'connector', thrown }
    }
    return callAll(warn)
  }

  function callAll(warn: (text: string) => void): Ending {
    let ending: Ending = { kind: 'absent' }
    for (let index = 0; index < order.length; index++) {
      const script = order[index] ?? 0
      const handler = captured[script]
      const of = scripts[script]
      if (handler === undefined || of === undefined) continue
      ending = callOne(handler, of, warn)
      if (ending.kind !== 'returned' || ending.falseAt !== null) return ending
    }
    return ending
  }

  function callOne(handler: unknown, of: ScriptHeader, warn: (text: string) => void): Ending {
    try {
      if (typeof handler !== 'function') {
        throw new TypeErrorConstructor(`${event} of ${of.file} is not a function`)
      }
      return judge(apply(handler as Handler, undefined, []), of, warn)
    } catch (thrown) {
      return { kind: 'threw', level: of.level, thrown }
    }
  }

  function judge(
    value: unknown,
    { level, file }: ScriptHeader,
    warn: (text: string) => void,
  ): Ending {
    if (isThenable(value)) {
      const message = `${event} of ${file} returned a promise; hooks are synchronous, without async and await`
      return { kind: 'promise', level, message }
    }
    if (typeof value !== 'boolean' && value !== undefined) {
      warn(`${event} of ${file} returned neither true nor false; taken for true`)
    }
    const isFalse = value === false
    return {
      kind: 'returned',
      value: !isFalse,
      falseAt: isFalse && !asksOnly(event) ? level : null,
    }
  }

  return { capture, call }
}

/** A condition picks an exit; its `false` stops nothing, and the last level has the last word. */
function asksOnly(event: string): boolean {
  return event === 'action_condition' || event === 'webhook_condition'
}

function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof getProperty(value, 'then') === 'function'
}
