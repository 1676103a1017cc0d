import { availableParallelism } from 'node:os'
import { CallFailure } from '../../model/failure.ts'
import type { HookJob, HookResult, Sandbox } from '../../model/ports.ts'
import { readRecord } from './answer.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { filesOfHandlers, placeOfHandler } from './handler-place.ts'
import { type Ending, runOn } from './hook.ts'
import { type Library, type LibrarySource, librariesOf } from './libraries.ts'
import { type Place, takePlace } from './place.ts'
import { lowerPriority, restorePriority } from './priority.ts'
import type { Exit, SandboxProcess } from './process.ts'
import { createSchedule, type Schedule } from './schedule.ts'
import type { StripLevel } from './strip.ts'

export type SandboxOptions = {
  /** The prelude as one expression; `bundlePrelude()` of `bundle/` makes it. */
  readonly prelude: string
  /** `openLibraries()` of `bundle/` makes it. Scripts have no libraries unless said. */
  readonly libraries?: LibrarySource
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
  /** What an abort does while it waits for its turn. */
  readonly leave: () => void
  readonly resolve: (result: HookResult) => void
  readonly reject: (reason: unknown) => void
}

/** After a hook's deadline, and after its record, a process has this long. */
const graceMs = 1_000

/** A hook that takes longer lends its slot to others, and its core. */
const longMs = 50

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
    if (this.#isClosed) return Promise.reject(closed())
    if (signal.aborted) return Promise.reject(signal.reason)
    if (!job.scripts.some(({ source }) => mayDefine(source, job.event))) return absent()
    return new Promise((resolve, reject) => {
      const { tenant } = job.connection
      const leave = (): void => this.#withdraw(ticket)
      const ticket: Ticket = {
        tenant,
        urgent: job.urgent ?? false,
        job,
        signal,
        leave,
        resolve,
        reject,
      }
      signal.addEventListener('abort', leave, { once: true })
      this.#waiting.push(ticket)
      this.#pump()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const ticket of this.#waiting.splice(0)) ticket.reject(closed())
    await this.#fleet.close()
  }

  #withdraw(ticket: Ticket): void {
    this.#waiting.splice(this.#waiting.indexOf(ticket), 1)
    ticket.reject(ticket.signal.reason)
  }

  /** Starts every hook whose turn it is. */
  #pump(): void {
    let ticket = this.#schedule.pick(this.#waiting)
    for (; ticket !== null; ticket = this.#schedule.pick(this.#waiting)) {
      const served = ticket
      this.#waiting.splice(this.#waiting.indexOf(served), 1)
      served.signal.removeEventListener('abort', served.leave)
      const place = takePlace(this.#schedule, served)
      void this.#serve(served, place).finally(() => {
        place.leave()
        this.#pump()
      })
    }
  }

  /** Runs a hook; once more if its process died under it, by no fault of the hook. */
  async #serve(ticket: Ticket, place: Place): Promise<void> {
    try {
      const first = await this.#runOnce(ticket, place)
      const again = first.kind === 'died' && !first.hasActed && isInnocent(first.exit)
      const ending = again ? await this.#runOnce(ticket, place) : first
      if (ending.kind !== 'record') ticket.reject(this.#failureOf(ending, ticket))
    } catch (error) {
      ticket.reject(error)
    }
  }

  async #runOnce(ticket: Ticket, place: Place): Promise<Ending> {
    const { job, signal, tenant } = ticket
    const libraries = await this.#librariesOf(job)
    const process = await this.#fleet.acquire(this.#cordonOf(tenant), signal)
    if (signal.aborted) this.#fleet.release(process, true)
    signal.throwIfAborted()
    let isLow = false
    const hook = runOn(
      process,
      job,
      {
        ...{ hookMs: this.#hookMs(ticket), graceMs, longMs, libraries },
        memoryMb: this.#options.memory?.processMb ?? 512,
        onWait: (waiting) => {
          place.wait(waiting)
          this.#pump()
        },
        onLong: () => {
          isLow = true
          lowerPriority(process.pid)
          place.linger()
          this.#pump()
        },
      },
      signal,
    )
    const ending = await hook.ending
    if (ending.kind === 'record') this.#settle(ticket, ending.text)
    const isFree = await hook.free
    if (!isFree) await this.#noteDeath(process, tenant, ending)
    else if (ending.kind === 'timeout' || ending.kind === 'memory') {
      this.#schedule.noteOverrun(tenant)
    }
    const worn = job.discard ? 'its hook saw what may be a secret' : null
    const slow = isLow && isFree ? this.#wornBy(process, tenant) : null
    this.#fleet.release(process, isFree, worn ?? slow)
    return ending
  }

  #librariesOf(job: HookJob): Promise<readonly Library[]> {
    const source = this.#options.libraries
    if (source === undefined) return Promise.resolve([])
    return Promise.all(librariesOf(job).map(async (name) => ({ name, source: await source(name) })))
  }

  /** Those of a tenant apart stay slow; another one's next hook must not be. */
  #wornBy({ pid }: SandboxProcess, tenant: string): string | null {
    if (this.#schedule.isApart(tenant) || restorePriority(pid)) return null
    return 'its priority could not be raised again'
  }

  #settle(ticket: Ticket, text: string): void {
    try {
      ticket.resolve(readRecord(text, ticket.job))
    } catch (error) {
      ticket.reject(error)
    }
  }

  #hookMs({ job }: Ticket): number {
    return Math.min(job.hookMs, this.#options.hookMs ?? 60_000)
  }

  /** A hook that brought its process down counts against its tenant; an abort does not. */
  async #noteDeath(process: SandboxProcess, tenant: string, ending: Ending): Promise<void> {
    const exit = await process.exited
    this.#options.log?.({ kind: 'ended', pid: process.pid, reason: exit.by ?? wordsOf(exit) })
    const isFault = !isInnocent(exit) && ending.kind !== 'aborted' && !this.#isClosed
    if (isFault) this.#schedule.noteKill(tenant)
  }

  #cordonOf(tenant: string): string | null {
    return this.#options.cordon === 'tenant' || this.#schedule.isApart(tenant) ? tenant : null
  }

  #failureOf(ending: Exclude<Ending, { kind: 'record' }>, ticket: Ticket): unknown {
    const what = `${ticket.job.event}${filesOfHandlers(ticket.job)}`
    const position = placeOfHandler(ticket.job, null)
    const at = position === null ? {} : { position }
    switch (ending.kind) {
      case 'aborted':
        return ticket.signal.reason
      case 'timeout': {
        const ms = this.#hookMs(ticket)
        return new CallFailure('ScriptTimeout', `${what} did not end within ${ms} ms`, at)
      }
      case 'memory':
        return new CallFailure('ScriptMemoryLimit', `${what} used more memory than a hook may`, at)
      case 'broken':
        return new CallFailure('ScriptError', `${what} ended without a result`, {
          reason: 'bad-return',
          ...at,
        })
      case 'died':
        return this.#isClosed ? closed() : lost(what, at)
    }
  }
}

/**
 * The process ended from outside, so the hook may run again. Where the engine itself gave up, which
 * it does when memory ends, or we ended it, another run would end the same.
 */
function isInnocent({ by, signal }: Exit): boolean {
  return by === null && (signal === null || signal === 'SIGKILL' || signal === 'SIGTERM')
}

function lost(what: string, at: { readonly position?: string }): CallFailure {
  const message = `${what} lost its sandbox process, which most often means that memory ran out`
  return new CallFailure('ScriptMemoryLimit', message, at)
}

function closed(): Error {
  return new Error('the sandbox is closed')
}

function wordsOf({ code, signal }: Exit): string {
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
