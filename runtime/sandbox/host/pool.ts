import { availableParallelism } from 'node:os'
import { CallFailure } from '../../model/failure.ts'
import type { HookJob, HookResult, Sandbox } from '../../model/ports.ts'
import { readRecord } from './answer.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { type Ending, runOn } from './hook.ts'
import type { SandboxProcess } from './process.ts'
import { createSchedule, type Schedule } from './schedule.ts'
import type { StripLevel } from './strip.ts'

export type SandboxOptions = {
  /** The prelude as one expression; `bundlePrelude()` of `bundle/` makes it. */
  readonly prelude: string
  /** Hooks that run at a time. One for each core unless said. */
  readonly slots?: number
  /** Processes at most, with those whose hook waits for a capability. Four times `slots`. */
  readonly maxProcesses?: number
  /** Lets V8 compile to machine code: faster arithmetic, a larger target. Off unless said. */
  readonly jit?: boolean
  readonly memory?: Partial<MemoryOptions>
  /** The most that any job's `hookMs` may ask for. 60,000 unless said. */
  readonly hookMs?: number
  /** `tenant`: no two tenants ever share a process. */
  readonly cordon?: 'shared' | 'tenant'
  /** Told of what an operator wants to know: processes that had to be killed, and why. */
  readonly log?: (line: SandboxEvent) => void
}

/** In MiB. */
export type MemoryOptions = {
  /** Heap of one isolate: 128. */
  readonly isolateMb: number
  /** A process that holds more between hooks is replaced: 256. */
  readonly budgetMb: number
  /** A process that holds more at any time is killed: 512. */
  readonly processMb: number
}

export type SandboxEvent =
  | { readonly kind: 'started'; readonly pid: number; readonly level: StripLevel }
  | { readonly kind: 'replaced'; readonly pid: number; readonly reason: string }
  | { readonly kind: 'ended'; readonly pid: number; readonly reason: string }

/** A sandbox that says how much of the system's own protection it has. */
export interface OpenSandbox extends Sandbox {
  level(): StripLevel
}

type Ticket = {
  readonly tenant: string
  readonly urgent: boolean
  readonly job: HookJob
  readonly signal: AbortSignal
  readonly resolve: (result: HookResult) => void
  readonly reject: (reason: unknown) => void
}

/** After a hook's deadline, and after its record, a process has this long. */
const graceMs = 1_000

/** Opens the sandbox: starts one process, so that what does not work is said now. */
export async function openSandbox(options: SandboxOptions): Promise<OpenSandbox> {
  const slots = Math.max(1, options.slots ?? availableParallelism())
  const maxProcesses = Math.max(slots, options.maxProcesses ?? slots * 4)
  const fleet = await createFleet(options, { keep: slots, most: maxProcesses + 1 })
  const schedule = createSchedule({ slots, maxProcesses, now: () => performance.now() })
  return new Pool(options, fleet, schedule)
}

class Pool implements OpenSandbox {
  readonly #options: SandboxOptions
  readonly #fleet: Fleet
  readonly #schedule: Schedule
  readonly #waiting: Ticket[] = []
  #isClosed = false

  constructor(options: SandboxOptions, fleet: Fleet, schedule: Schedule) {
    this.#options = options
    this.#fleet = fleet
    this.#schedule = schedule
  }

  level(): StripLevel {
    return this.#fleet.level
  }

  run(job: HookJob, signal: AbortSignal): Promise<HookResult> {
    if (this.#isClosed) return Promise.reject(new Error('the sandbox is closed'))
    if (signal.aborted) return Promise.reject(signal.reason)
    if (!job.scripts.some(({ source }) => mayDefine(source, job.event))) return absent()
    return new Promise((resolve, reject) => {
      const { tenant } = job.connection
      const ticket = { tenant, urgent: job.urgent ?? false, job, signal, resolve, reject }
      this.#waiting.push(ticket)
      signal.addEventListener('abort', () => this.#withdraw(ticket), { once: true })
      this.#pump()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const ticket of this.#waiting.splice(0)) ticket.reject(new Error('the sandbox is closed'))
    await this.#fleet.close()
  }

  #withdraw(ticket: Ticket): void {
    const at = this.#waiting.indexOf(ticket)
    if (at === -1) return
    this.#waiting.splice(at, 1)
    ticket.reject(ticket.signal.reason)
  }

  #pump(): void {
    for (;;) {
      const ticket = this.#schedule.pick(this.#waiting)
      if (ticket === null) return
      this.#waiting.splice(this.#waiting.indexOf(ticket), 1)
      this.#schedule.start(ticket)
      void this.#serve(ticket).finally(() => {
        this.#schedule.end(ticket)
        this.#pump()
      })
    }
  }

  /** Runs a hook; once more if its process died under it, by no fault of the hook. */
  async #serve(ticket: Ticket): Promise<void> {
    try {
      const first = await this.#runOnce(ticket)
      const again = first.kind === 'died' && !first.acted && !isCrash(first)
      const ending = again ? await this.#runOnce(ticket) : first
      if (ending.kind !== 'record') ticket.reject(this.#failureOf(ending, ticket))
    } catch (error) {
      ticket.reject(error)
    }
  }

  async #runOnce(ticket: Ticket): Promise<Ending> {
    const { job, signal, tenant } = ticket
    const cordon = this.#cordonOf(tenant)
    const process = await this.#fleet.acquire(cordon, signal)
    const hook = runOn(process, job, this.#hookOptions(ticket), signal)
    const ending = await hook.ending
    if (ending.kind === 'record') this.#settle(ticket, ending.text)
    const isFree = await hook.free
    if (!isFree) await this.#noteDeath(process, tenant, ending)
    this.#fleet.release(process, isFree)
    return ending
  }

  #settle(ticket: Ticket, text: string): void {
    try {
      ticket.resolve(readRecord(text, ticket.job))
    } catch (error) {
      ticket.reject(error)
    }
  }

  #hookOptions(ticket: Ticket) {
    const { hookMs = 60_000, memory } = this.#options
    return {
      hookMs: Math.min(ticket.job.hookMs, hookMs),
      graceMs,
      memoryMb: memory?.processMb ?? 512,
      onWait: (waiting: boolean) => {
        if (waiting) this.#schedule.rest(ticket)
        else this.#schedule.resume(ticket)
        this.#pump()
      },
    }
  }

  /** A hook that brought its process down counts against its tenant; an abort does not. */
  async #noteDeath(process: SandboxProcess, tenant: string, ending: Ending): Promise<void> {
    const exit = await process.exited
    this.#options.log?.({ kind: 'ended', pid: process.pid, reason: exit.by ?? wordsOf(exit) })
    const isFault = exit.by !== null || isCrash({ exit })
    if (isFault && ending.kind !== 'aborted') this.#schedule.noteKill(tenant)
  }

  #cordonOf(tenant: string): string | null {
    return this.#options.cordon === 'tenant' || this.#schedule.isApart(tenant) ? tenant : null
  }

  #failureOf(ending: Exclude<Ending, { kind: 'record' }>, { job, signal }: Ticket): unknown {
    const { event, hookMs } = job
    switch (ending.kind) {
      case 'aborted':
        return signal.reason
      case 'timeout':
        return new CallFailure('ScriptTimeout', `${event} did not end within ${hookMs} ms`)
      case 'memory':
        return new CallFailure('ScriptMemoryLimit', `${event} used more memory than a hook may`)
      case 'broken':
        return new CallFailure('ScriptError', `${event} ended without a result`, {
          reason: 'bad-return',
        })
      case 'died':
        return new CallFailure(
          'ScriptMemoryLimit',
          `${event} lost its sandbox process, which most often means that memory ran out`,
        )
    }
  }
}

/** The engine gave up by itself: it does so when memory ends. Another run would end the same. */
function isCrash({ exit }: Pick<Extract<Ending, { kind: 'died' }>, 'exit'>): boolean {
  return exit.by === null && exit.signal !== 'SIGKILL' && exit.signal !== 'SIGTERM'
}

function wordsOf({ code, signal }: { code: number | null; signal: string | null }): string {
  return signal === null ? `it exited with code ${code}` : `it ended by ${signal}`
}

/**
 * A handler's name stands in its source, if only in escapes. A script that mentions it nowhere
 * takes no slot; one that puts the name together at run time is not supported.
 */
function mayDefine(source: string, event: string): boolean {
  return source.includes(event) || source.includes('\\u')
}

function absent(): Promise<HookResult> {
  return Promise.resolve({ kind: 'absent', globals: {}, log: [], warnings: [] })
}
