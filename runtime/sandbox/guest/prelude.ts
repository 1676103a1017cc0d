import type { HookHeader, LoadFailure } from '../protocol.ts'
import { installConsole, type Log } from './console.ts'
import { describeThrown, positionsIn } from './describe.ts'
import { installExceptions, type Signal } from './exceptions.ts'
import { installFunctions } from './functions/install.ts'
import { installRequire, type Library } from './functions/require.ts'
import { gatherHandlers, type Handlers } from './handlers.ts'
import { type Ask, connectHost, type Fetch } from './host.ts'
import { apply, createList, parse } from './intrinsics.ts'
import { lockContext, lockRealm } from './lockdown.ts'
import { composeRecord, endingWords, refusedWords, threwWords } from './record.ts'
import { installSlots, type Refusal, type Slots } from './slots.ts'
import { createWarnings } from './warnings.ts'

/**
 * What drives a hook through its context, one step at a time:
 * - `furnish` (a `Library`), before `begin`: gives the scripts a library;
 * - `begin` (the header, the texts of the globals that are not deferred);
 * - `capture` (a script's position), after each script but the last was loaded;
 * - `finish` (the last script's position): calls the handlers, delivers the record;
 * - `fail` (a `LoadFailure` as JSON), instead: what the engine tells of a script that did not load
 *   stands for what was thrown.
 */
export type Guest = (step: Step, ...values: never[]) => void

type Step = 'furnish' | 'begin' | 'capture' | 'finish' | 'fail'

// All this is part of the snapshot from which contexts are made: it has run, once and for all.
const realm = furnishRealm()

type Realm = {
  readonly signalOf: (thrown: unknown) => Signal | null
  readonly log: Log
  readonly furnish: (library: Library) => void
  /** How the host is asked; each context has its own way. */
  ask: Ask
}

function furnishRealm(): Realm {
  const callHost = connectHost((name, argument) => realm.ask(name, argument))
  const signalOf = installExceptions()
  const log = installConsole()
  installFunctions(callHost)
  lockRealm()
  return { signalOf, log, furnish: installRequire(callHost), ask: () => 'null' }
}

/**
 * Prepares a fresh context: runs before any script, and returns what drives a hook through it.
 * `deliver` takes the record; nothing comes after it.
 */
export function install(deliver: (record: string) => void, ask: Ask, fetch: Fetch): Guest {
  const { signalOf, log, furnish } = realm
  realm.ask = ask
  lockContext()

  const warnings = createWarnings()
  const files = createList<string>()
  let header: HookHeader | undefined
  let slots: Slots | undefined
  let handlers: Handlers | undefined

  function conclude(words: string): void {
    let globals = ''
    let ending = words
    try {
      globals = slots?.readBack(warnings.add) ?? ''
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

  function begin(text: string, texts: readonly string[]): void {
    const job = parse(text) as HookHeader
    header = job
    for (let index = 0; index < job.scripts.length; index++) {
      files[index] = job.scripts[index]?.file ?? ''
    }
    slots = installSlots(job.globals, texts, fetch)
    handlers = gatherHandlers(job)
  }

  function fail(text: string): void {
    const { script, name, message, stack } = parse(text) as LoadFailure
    const level = header?.scripts[script]?.level ?? 'connector'
    const positions = placesOfLoad(stack, script)
    conclude(threwWords(level, { signal: signalOf({ name }), name, message, positions }))
  }

  function finish(last: number): void {
    const ending = handlers?.call(last, warnings.add) ?? { kind: 'absent' }
    conclude(endingWords(ending, signalOf, files))
  }

  const capture = (script: number): void => handlers?.capture(script)
  const steps = { furnish, begin, capture, finish, fail }
  return (step, ...values) => apply(steps[step], undefined, values)
}

function refusalText({ name, thrown }: Refusal): string {
  const none = createList<string>()
  const why = typeof thrown === 'string' ? thrown : describeThrown(thrown, () => null, none).message
  return `${name} cannot be read back as data: ${why}`
}
