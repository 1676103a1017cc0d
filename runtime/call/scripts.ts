/** Which scripts take part in a call, and what can be told of them without running them. */
import type { Call } from '../model/call.ts'
import type { HookEvent, LeveledScript } from '../model/ports.ts'

/** In loading order: connector, method, step. */
export function scriptsOf({ connector, method, step }: Call): readonly LeveledScript[] {
  const levels = [
    connector.script && ({ ...connector.script, level: 'connector' } as const),
    method.script && ({ ...method.script, level: 'method' } as const),
    step && ({ ...step, level: 'step' } as const),
  ]
  return levels.filter((script) => script !== null)
}

/**
 * Whether a script of the call could define a handler. It may say yes for nothing; it never says no
 * to a handler that the docs describe.
 */
export function mayDefine(call: Call, event: HookEvent): boolean {
  return mentions(call, event)
}

/**
 * Whether a script could use a global: its name has to be written somewhere, plainly or with
 * escapes. What is dear to make is made only for those who may look at it.
 */
export function mentions(call: Call, name: string): boolean {
  return scriptsOf(call).some(({ source }) => source.includes(name) || source.includes('\\u'))
}
