import type { GlobalHeader, HookHeader, LoadFailure } from '../protocol.ts'
import { installConsole } from './console.ts'
import { type Description, describeThrown, positionIn } from './describe.ts'
import { installExceptions } from './exceptions.ts'
import { installHttpRequest } from './functions/http-request.ts'
import { type Ending, gatherHandlers, type Handlers } from './handlers.ts'
import { type Ask, connectHost } from './host.ts'
import { bounded, createList, parse, quote } from './intrinsics.ts'
import { limits } from './limits.ts'
import { lockdown } from './lockdown.ts'
import { installSlots, type Refusal, type Slots } from './slots.ts'

/** What the sandbox process may ask of a context, in this order. */
export type Guest = {
  begin(header: string, small: readonly string[], ...large: string[]): void
  capture(script: number): void
  fail(failure: string): void
  finish(): void
}

/**
 * Prepares a fresh context: runs before any script, and returns the one function through which the
 * sandbox process drives a hook. `deliver` takes the record; nothing comes after it.
 */
export function install(deliver: (record: string) => void, ask: Ask): Guest {
  const signalOf = installExceptions()
  const log = installConsole()
  installHttpRequest(connectHost(ask))
  lockdown()

  let header: HookHeader | undefined
  let slots: Slots | undefined
  let handlers: Handlers | undefined
  const files = createList<string>()
  let warnings = ''
  let warned = 0

  function warn(text: string): void {
    if (warned >= limits.warnings) return
    warnings += `${warned === 0 ? '' : ','}${quote(bounded(text, limits.errorText))}`
    warned++
  }

  function begin(text: string, small: readonly string[], ...large: string[]): void {
    const job = parse(text) as HookHeader & { readonly globals: readonly Placed[] }
    header = job
    for (let index = 0; index < job.scripts.length; index++) {
      files[index] = job.scripts[index]?.file ?? ''
    }
    slots = installSlots(job.globals, gather(job.globals, small, large))
    handlers = gatherHandlers(job)
  }

  function finish(): void {
    const ending = handlers?.call(warn) ?? { kind: 'absent' }
    conclude(ending.kind === 'promise' ? refused(promiseText(ending.level)) : wordsOf(ending))
  }

  function wordsOf(ending: Exclude<Ending, { kind: 'promise' }>): string {
    if (ending.kind === 'absent') return '"kind":"absent"'
    if (ending.kind === 'threw') {
      return threw(ending.level, describeThrown(ending.thrown, signalOf, files))
    }
    const falseAt = ending.falseAt === null ? 'null' : quote(ending.falseAt)
    return `"kind":"returned","value":${ending.value ? 'true' : 'false'},"falseAt":${falseAt}`
  }

  /** A script did not load: what the engine told of it stands for what was thrown. */
  function fail(text: string): void {
    const failure = parse(text) as LoadFailure
    const { name } = failure
    conclude(
      threw(header?.scripts[failure.script]?.level ?? 'connector', {
        signal: signalOf({ name }),
        name: bounded(name, 200),
        message: bounded(failure.message, limits.errorText),
        position: positionIn(failure.stack, files),
      }),
    )
  }

  function conclude(words: string): void {
    let globals = ''
    try {
      globals = slots?.readBack() ?? ''
    } catch (thrown) {
      words = refused(refusalText(thrown as Refusal))
    }
    if (log.isTruncated()) warn('the log was cut at 64 KiB or 1,000 lines')
    const record = `{${words},"globals":{${globals}},"log":[${log.lines()}],"warnings":[${warnings}]}`
    const tooLarge = `{${refused('what came back is too large')},"globals":{},"log":[],"warnings":[]}`
    deliver(record.length <= limits.record ? record : tooLarge)
  }

  function promiseText(level: string): string {
    return `${header?.event} of the ${level} script returned a promise; hooks are synchronous`
  }

  function refusalText({ name, thrown }: Refusal): string {
    const why =
      typeof thrown === 'string' ? thrown : describeThrown(thrown, () => null, files).message
    return `${name} cannot be read back as data: ${why}`
  }

  return { begin, capture: (script) => handlers?.capture(script), fail, finish }
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

function threw(level: string, { signal, name, message, position }: Description): string {
  return (
    `"kind":"threw","level":${quote(level)},"signal":${signal === null ? 'null' : quote(signal)}` +
    `,"name":${quote(name)},"message":${quote(message)}` +
    `,"position":${position === null ? 'null' : quote(position)}`
  )
}

function refused(message: string): string {
  return `"kind":"refused","message":${quote(bounded(message, limits.errorText))}`
}
