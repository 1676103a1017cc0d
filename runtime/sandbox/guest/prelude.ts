import type { GlobalHeader, HookHeader, LoadFailure } from '../protocol.ts'
import { installConsole } from './console.ts'
import { describeThrown, positionsIn } from './describe.ts'
import { installExceptions } from './exceptions.ts'
import { installFunctions } from './functions/install.ts'
import { installRequire, type Library } from './functions/require.ts'
import { gatherHandlers, type Handlers } from './handlers.ts'
import { type Ask, connectHost } from './host.ts'
import { createList, parse } from './intrinsics.ts'
import { lockdown } from './lockdown.ts'
import { composeRecord, endingWords, refusedWords, threwWords } from './record.ts'
import { installSlots, type Refusal, type Slots } from './slots.ts'
import { createWarnings } from './warnings.ts'

/** What the sandbox process may ask of a context, in this order. */
export type Guest = {
  /** Before `begin`: gives the scripts a library. */
  furnish(library: Library): void
  begin(header: string, small: readonly string[], ...large: string[]): void
  capture(script: number): void
  /** A script did not load: what the engine tells of it stands for what was thrown. */
  fail(failure: string): void
  finish(): void
}

/**
 * Prepares a fresh context: runs before any script, and returns what drives a hook through it.
 * `deliver` takes the record; nothing comes after it.
 */
export function install(deliver: (record: string) => void, ask: Ask): Guest {
  const signalOf = installExceptions()
  const log = installConsole()
  const callHost = connectHost(ask)
  installFunctions(callHost)
  const furnish = installRequire(callHost)
  lockdown()

  const warnings = createWarnings()
  const files = createList<string>()
  let header: HookHeader | undefined
  let slots: Slots | undefined
  let handlers: Handlers | undefined

  function conclude(words: string): void {
    let globals = ''
    let ending = words
    try {
      globals = slots?.readBack() ?? ''
    } catch (refusal) {
      ending = refusedWords(refusalText(refusal as Refusal))
    }
    if (log.isTruncated()) warnings.add('the log was cut at 64 KiB or 1,000 lines')
    deliver(
      composeRecord({ words: ending, globals, log: log.lines(), warnings: warnings.elements() }),
    )
  }

  /** A script that threw what has no stack is named all the same, by its beginning. */
  function placesOfLoad(stack: string, script: number): readonly string[] {
    const known = positionsIn(stack, files)
    if (known.length > 0) return known
    const beginning = createList<string>()
    beginning[0] = `${files[script] ?? ''}:1:1`
    return beginning
  }

  return {
    furnish,
    begin(text, small, ...large) {
      const job = parse(text) as HookHeader & { readonly globals: readonly Placed[] }
      header = job
      for (let index = 0; index < job.scripts.length; index++) {
        files[index] = job.scripts[index]?.file ?? ''
      }
      slots = installSlots(job.globals, gather(job.globals, small, large))
      handlers = gatherHandlers(job)
    },
    capture: (script) => handlers?.capture(script),
    fail(text) {
      const { script, name, message, stack } = parse(text) as LoadFailure
      const level = header?.scripts[script]?.level ?? 'connector'
      const positions = placesOfLoad(stack, script)
      conclude(threwWords(level, { signal: signalOf({ name }), name, message, positions }))
    },
    finish() {
      const ending = handlers?.call(warnings.add) ?? { kind: 'absent' }
      conclude(endingWords(ending, signalOf, files))
    },
  }
}

function refusalText({ name, thrown }: Refusal): string {
  const none = createList<string>()
  const why = typeof thrown === 'string' ? thrown : describeThrown(thrown, () => null, none).message
  return `${name} cannot be read back as data: ${why}`
}

type Placed = GlobalHeader & { readonly large: boolean }

/** Puts the texts, which came in two lists, back in the order of their globals. */
function gather(
  globals: readonly Placed[],
  small: readonly string[],
  large: readonly string[],
): readonly string[] {
  const texts = createList<string>()
  let nextSmall = 0
  let nextLarge = 0
  for (let index = 0; index < globals.length; index++) {
    const text = globals[index]?.large === true ? large[nextLarge++] : small[nextSmall++]
    texts[index] = text ?? 'null'
  }
  return texts
}
