import type { HookJob } from '../../model/ports.ts'
import type { Frame } from '../frame.ts'
import { type Capabilities, openCapabilities } from './capabilities.ts'
import { afterwards, type Clock, startClock } from './clock.ts'
import { hookFrame } from './hook-frame.ts'
import type { Library } from './libraries.ts'
import { watchMemory } from './memory.ts'
import type { Exit, SandboxProcess } from './process.ts'

/** What became of a hook in its process. */
export type Ending =
  | { readonly kind: 'record'; readonly text: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'aborted' }
  /** The process ended, and not because of the hook's deadline. */
  | { readonly kind: 'died'; readonly exit: Exit; readonly hasActed: boolean }

export type HookOptions = {
  readonly hookMs: number
  /** How long after its deadline, and after its record, a process may still be busy. */
  readonly graceMs: number
  readonly memoryMb: number
  /** Those that the job's scripts mention. */
  readonly libraries: readonly Library[]
  /** Called when the hook starts to wait for a capability, and when it goes on. */
  readonly onWait: (isWaiting: boolean) => void
  /** Called once the process has been busy for `longMs`, with the hook or what it left behind. */
  readonly onLong: () => void
  readonly longMs: number
}

export type RunningHook = {
  /** Settles with the record, which may be before the process is free. */
  readonly ending: Promise<Ending>
  /** Settles when the process waits for another hook (true), or is gone. */
  readonly free: Promise<boolean>
}

/** Runs one hook on a process that has none. Rejects never; ends the process where it must. */
export function runOn(
  process: SandboxProcess,
  job: HookJob,
  options: HookOptions,
  signal: AbortSignal,
): RunningHook {
  const { header, texts, deferred } = hookFrame(job, options)
  const run = new HookRun(process, options, openCapabilities(job, signal), deferred)
  const onAbort = (): void => run.abort()
  signal.addEventListener('abort', onAbort, { once: true })
  void run.free.then(() => signal.removeEventListener('abort', onAbort))
  for (const { name, source } of options.libraries) {
    if (!process.libraries.has(name)) process.send({ kind: 'library', name }, [source])
    process.libraries.add(name)
  }
  process.send(header, texts)
  return run
}

class HookRun implements RunningHook {
  readonly ending: Promise<Ending>
  readonly free: Promise<boolean>
  readonly #process: SandboxProcess
  readonly #options: HookOptions
  readonly #capabilities: Capabilities
  readonly #clock: Clock
  readonly #patience: Clock
  readonly #stopWatch: () => void
  /** Texts of the globals that were not sent yet, by their position. */
  readonly #deferred: Map<unknown, string>
  #end: (ending: Ending) => void
  #release: (isFree: boolean) => void
  #isWaiting = false
  /** Set from the ending on, until the process is free or gone. */
  #endTail: (() => void) | null = null

  constructor(
    process: SandboxProcess,
    options: HookOptions,
    capabilities: Capabilities,
    deferred: Map<unknown, string>,
  ) {
    const { promise: ending, resolve: end } = Promise.withResolvers<Ending>()
    const { promise: free, resolve: release } = Promise.withResolvers<boolean>()
    this.ending = ending
    this.free = free
    this.#end = end
    this.#release = release
    this.#process = process
    this.#options = options
    this.#capabilities = capabilities
    this.#deferred = deferred
    this.#clock = startClock(options.hookMs + options.graceMs, () =>
      this.#kill({ kind: 'timeout' }, 'its hook did not end'),
    )
    this.#patience = startClock(options.longMs, options.onLong)
    this.#stopWatch = watchMemory(process.pid, options.memoryMb, () =>
      this.#kill({ kind: 'memory' }, 'its hook used too much memory'),
    )
    process.listen({
      onFrame: (frame) => this.#hear(frame),
      onExit: (exit) => {
        this.#finish({ kind: 'died', exit, hasActed: capabilities.hasActed() })
        this.#cleanUp(false)
      },
    })
  }

  abort(): void {
    if (this.#endTail === null) this.#kill({ kind: 'aborted' }, 'its call was aborted')
  }

  #hear(frame: Frame): void {
    const { kind, reason } = frame.header
    const isOver = this.#endTail !== null
    if (kind === 'ask' && !isOver && !this.#isWaiting) void this.#answer(frame)
    else if (kind === 'fetch' && !isOver && !this.#isWaiting) this.#hand(frame.header.global)
    else if (kind === 'result' && !isOver) {
      this.#finish({ kind: 'record', text: frame.texts[0] ?? '' })
      if (frame.header.isIdle === true) this.#cleanUp(true)
    } else if (kind === 'failed' && !isOver) this.#finish({ kind: failureOf(reason) })
    else if (kind === 'idle' && isOver) this.#cleanUp(true)
    else this.#kill({ kind: 'broken' }, 'it broke the protocol')
  }

  async #answer(frame: Frame): Promise<void> {
    this.#wait(true)
    const text = JSON.stringify(await this.#capabilities.ask(frame))
    if (!this.#isWaiting) return
    this.#wait(false)
    this.#process.send({ kind: 'answer' }, [text])
  }

  /** Each once: a process that does not read must not fill the broker with what it asks for. */
  #hand(global: unknown): void {
    const text = this.#deferred.get(global)
    this.#deferred.delete(global)
    if (text === undefined) this.#kill({ kind: 'broken' }, 'it broke the protocol')
    else this.#process.send({ kind: 'answer' }, [text])
  }

  #wait(isWaiting: boolean): void {
    if (this.#isWaiting === isWaiting) return
    this.#isWaiting = isWaiting
    for (const clock of [this.#clock, this.#patience]) {
      if (isWaiting) clock.pause()
      else clock.resume()
    }
    this.#options.onWait(isWaiting)
  }

  #kill(ending: Ending, why: string): void {
    this.#finish(ending)
    this.#process.kill(why)
  }

  #finish(ending: Ending): void {
    this.#end(ending)
    this.#clock.stop()
    this.#endTail ??= afterwards(this.#options.graceMs, () =>
      this.#process.kill('it was busy after its hook'),
    )
  }

  #cleanUp(isFree: boolean): void {
    this.#process.listen(null)
    this.#wait(false)
    this.#clock.stop()
    this.#patience.stop()
    this.#stopWatch()
    this.#endTail?.()
    this.#capabilities.abort()
    this.#release(isFree)
  }
}

function failureOf(reason: unknown): 'timeout' | 'memory' | 'broken' {
  return reason === 'timeout' || reason === 'memory' ? reason : 'broken'
}
