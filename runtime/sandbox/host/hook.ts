import type { Json } from '../../model/json.ts'
import { jsonDepth, parseJson } from '../../model/json.ts'
import type { Answer, HookJob } from '../../model/ports.ts'
import type { Frame } from '../frame.ts'
import { type HookHeader, limits } from '../protocol.ts'
import { startClock } from './clock.ts'
import { watchMemory } from './memory.ts'
import type { Exit, SandboxProcess } from './process.ts'

/** What became of a hook in its process. */
export type Ending =
  | { readonly kind: 'record'; readonly text: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'aborted' }
  /** The process ended, and not by our hand. `acted`: a capability of the hook was used. */
  | { readonly kind: 'died'; readonly exit: Exit; readonly acted: boolean }

export type HookOptions = {
  readonly hookMs: number
  /** How long after its deadline, and after its record, a process may still be busy. */
  readonly graceMs: number
  readonly memoryMb: number
  /** Called when the hook starts to wait for a capability, and when it goes on. */
  readonly onWait: (waiting: boolean) => void
}

export type RunningHook = {
  /** Settles with the record, which may be before the process is free. */
  readonly ending: Promise<Ending>
  /** Settles when the process waits for another hook (true), or is gone. */
  readonly free: Promise<boolean>
}

type Capabilities = { ask(frame: Frame): Promise<Answer>; acted(): boolean; abort(): void }

/** Runs one hook on a process that has none. Rejects never; ends the process where it must. */
export function runOn(
  process: SandboxProcess,
  job: HookJob,
  options: HookOptions,
  signal: AbortSignal,
): RunningHook {
  const { graceMs, memoryMb, onWait } = options
  const { promise: ending, resolve: end } = Promise.withResolvers<Ending>()
  const { promise: free, resolve: release } = Promise.withResolvers<boolean>()
  const capabilities = openCapabilities(job, signal)

  const finish = (what: Ending): void => {
    end(what)
    clock.stop()
    tail ??= setTimeout(() => process.kill('it was busy after its hook'), graceMs)
  }
  const kill = (what: Ending, why: string): void => {
    finish(what)
    process.kill(why)
  }
  let tail: NodeJS.Timeout | null = null
  const clock = startClock(options.hookMs + graceMs, () =>
    kill({ kind: 'timeout' }, 'its hook did not end'),
  )
  const unwatch = watchMemory(process.pid, memoryMb, () =>
    kill({ kind: 'memory' }, 'its hook used too much memory'),
  )
  const onAbort = (): void => kill({ kind: 'aborted' }, 'its call was aborted')
  signal.addEventListener('abort', onAbort, { once: true })

  let isWaiting = false
  const wait = (waiting: boolean): void => {
    if (isWaiting === waiting) return
    isWaiting = waiting
    if (waiting) clock.pause()
    else clock.resume()
    onWait(waiting)
  }
  const cleanUp = (isFree: boolean): void => {
    wait(false)
    clock.stop()
    unwatch()
    if (tail !== null) clearTimeout(tail)
    signal.removeEventListener('abort', onAbort)
    capabilities.abort()
    release(isFree)
  }
  const answer = async (frame: Frame): Promise<void> => {
    wait(true)
    const text = JSON.stringify(await capabilities.ask(frame))
    if (!isWaiting) return
    wait(false)
    process.send({ kind: 'answer' }, [text])
  }

  process.listen((frame) => {
    const { kind, reason } = frame.header
    if (kind === 'ask' && tail === null) void answer(frame)
    else if (kind === 'result') finish({ kind: 'record', text: frame.texts[0] ?? '' })
    else if (kind === 'failed') finish({ kind: failureOf(reason) })
    else if (kind === 'idle' && tail !== null) cleanUp(true)
    else kill({ kind: 'broken' }, 'it broke the protocol')
  })
  void process.exited.then((exit) => {
    finish({ kind: 'died', exit, acted: capabilities.acted() })
    cleanUp(false)
  })
  process.send(headerOf(job, options.hookMs), textsOf(job))
  return { ending, free }
}

function failureOf(reason: unknown): 'timeout' | 'memory' | 'broken' {
  return reason === 'timeout' || reason === 'memory' ? reason : 'broken'
}

/** Asks the job's capability on behalf of the guest: bounded, counted, and never rejecting. */
function openCapabilities(job: HookJob, signal: AbortSignal): Capabilities {
  let over: AbortController | null = null
  let count = 0

  async function ask({ header, texts }: Frame): Promise<Answer> {
    const name = String(header.name)
    if (count >= limits.asks)
      return refuse(`${name}: a hook may ask ${limits.asks} times, not more`)
    const argument = readArgument(texts[0] ?? '')
    if (argument === undefined) return refuse(`${name}: the argument is no data, or too much of it`)
    count++
    over ??= new AbortController()
    try {
      return await job.capability(name, argument, AbortSignal.any([signal, over.signal]))
    } catch {
      return refuse(`${name}: the request was given up`)
    }
  }

  return { ask, acted: () => count > 0, abort: () => over?.abort() }
}

function refuse(message: string): Answer {
  return { ok: false, message }
}

function readArgument(text: string): Json | undefined {
  if (text.length > limits.argument || jsonDepth(text) > limits.depth) return undefined
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function headerOf({ connection, event, scripts, globals }: HookJob, hookMs: number): HookHeader {
  const first = event.startsWith('before_')
    ? ['method', 'connector', 'step']
    : ['connector', 'method', 'step']
  const order = first.flatMap((level) =>
    scripts.flatMap((script, index) => (script.level === level ? [index] : [])),
  )
  return {
    kind: 'hook',
    connection: `${connection.tenant} ${connection.id}`,
    event,
    hookMs,
    scripts: scripts.map(({ level, file }) => ({ level, file })),
    order,
    globals: Object.entries(globals).map(([name, { writable, kind }]) => ({
      name,
      writable,
      kind,
    })),
  }
}

function textsOf({ scripts, globals }: HookJob): string[] {
  return [...scripts.map(({ source }) => source), ...Object.values(globals).map(({ json }) => json)]
}
