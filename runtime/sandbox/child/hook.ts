import type { HookHeader, LoadFailure } from '../protocol.ts'
import type { Channel } from './channel.ts'
import { type Context, timeoutMessage } from './isolate.ts'
import type { Room } from './stock.ts'

/**
 * Runs one hook: loads every script, then calls the handlers. The guest delivers its record in the
 * middle of the last call; what it does afterwards reaches nobody. Where it may do something, the
 * record is sent at once, and the process says later that it is idle; else both are one frame, since
 * to wake the broker costs as much as to run a small hook. Returns whether the isolate is fit for
 * another hook.
 */
export function runHook(
  channel: Channel,
  room: Room,
  hook: HookHeader,
  texts: readonly string[],
): boolean {
  room.hook.mayLinger = hook.mayLinger
  const started = performance.now()
  const elapsed = () => performance.now() - started - room.hook.waitedMs
  const remaining = () => Math.max(1, Math.ceil(hook.hookMs - elapsed()))
  try {
    for (const name of hook.libraries) room.context.install(name)
    begin(room.context, hook, texts)
    const failure = loadAll(room.context, hook, texts, remaining)
    if (failure === null) room.context.call('finish', [hook.scripts.length - 1], remaining())
    else room.context.call('fail', [JSON.stringify(failure)], remaining())
    conclude(channel, room, { isIdle: true, reason: 'broken' })
    return room.hook.record !== null
  } catch (error) {
    const late = elapsed() >= hook.hookMs
    conclude(channel, room, { isIdle: false, reason: reasonOf(error, room, late) })
    return false
  }
}

/** Sends what came of a hook, unless that was done when it was delivered. */
function conclude(
  channel: Channel,
  { hook: { record, mayLinger } }: Room,
  { isIdle, reason }: { readonly isIdle: boolean; readonly reason: FailReason },
): void {
  if (record === null) channel.send({ kind: 'failed', reason })
  else if (!mayLinger) channel.send({ kind: 'result', isIdle }, [record])
}

type FailReason = 'timeout' | 'memory' | 'broken'

/** Judged by our own clock and the engine's state: the text alone could be the script's. */
function reasonOf(error: unknown, room: Room, late: boolean): FailReason {
  if (room.isolate.isDead()) return 'memory'
  return late && messageOf(error) === timeoutMessage ? 'timeout' : 'broken'
}

function begin(context: Context, hook: HookHeader, texts: readonly string[]): void {
  context.call('begin', [JSON.stringify(hook), texts.slice(hook.scripts.length)])
}

/** Returns what the first script threw that did not load. Rethrows where the clock ran out. */
function loadAll(
  context: Context,
  hook: HookHeader,
  texts: readonly string[],
  remaining: () => number,
): LoadFailure | null {
  for (const [script, { file }] of hook.scripts.entries()) {
    try {
      context.load(texts[script] ?? '', file, remaining())
      if (script < hook.scripts.length - 1) context.call('capture', [script], remaining())
    } catch (error) {
      if (remaining() <= 1) throw error
      return loadFailure(script, file, error)
    }
  }
  return null
}

function loadFailure(script: number, file: string, error: unknown): LoadFailure {
  if (!(error instanceof Error)) {
    return { script, name: typeof error, message: String(error), stack: '' }
  }
  const stack = String(error.stack).split('\n    at (<isolated-vm boundary>)')[0] ?? ''
  const trace = stack.slice(Math.max(0, stack.indexOf('\n    at ')))
  const { text, place } = withoutPlace(error.message, file)
  return { script, name: error.name, message: text, stack: `${place}\n${trace}` }
}

/** A source that does not compile has its place at the end of the message: ` [main.js:1:9]`. */
function withoutPlace(message: string, file: string): { text: string; place: string } {
  const at = message.lastIndexOf(` [${file}:`)
  if (at === -1 || !message.endsWith(']')) return { text: message, place: '' }
  return { text: message.slice(0, at), place: message.slice(at + 2, -1) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
