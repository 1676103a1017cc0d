import { sandboxEntry } from './entry.ts'
import { residentMb } from './memory.ts'
import type { SandboxOptions } from './pool.ts'
import { type ProcessOptions, type SandboxProcess, startProcess } from './process.ts'
import { openSteward } from './steward.ts'
import { isWeaker, type StripLevel } from './strip.ts'

/** Which hooks may follow each other in a process: those of one tenant, or null, of all. */
export type Cordon = string | null

/** The sandbox processes: started when wanted, replaced when worn, ended when there are too many. */
export type Fleet = {
  /** How far the first process could be stripped; the others are no different. */
  readonly level: StripLevel
  /** Resolves to a process of that cordon that has no hook; rejects if none can be started. */
  acquire(cordon: Cordon, signal: AbortSignal): Promise<SandboxProcess>
  /** Takes a process back: `isFree` unless it has ended. `worn` says why it is not to be used again. */
  release(process: SandboxProcess, isFree: boolean, worn?: string | null): void
  close(): Promise<void>
}

export type FleetSize = {
  /** Kept although idle. */
  readonly keep: number
  readonly most: number
}

type Member = {
  readonly process: SandboxProcess
  readonly cordon: Cordon
  readonly since: number
  /** When its memory was last looked at. */
  weighed: number
  hasHook: boolean
}

type Wanting = {
  readonly cordon: Cordon
  readonly resolve: (process: SandboxProcess) => void
  readonly reject: (reason: unknown) => void
}

/** A process is replaced after this long, whatever it looks like: nothing in it grows old. */
const longestLifeMs = 15 * 60_000
const idleLifeMs = 10_000
/** To ask the system for a process's memory costs the broker as much as all else that it does. */
const weighEveryMs = 50

/** Starts the first process; rejects if it does not come up. */
export async function createFleet(options: SandboxOptions, size: FleetSize): Promise<Fleet> {
  const settings = await settingsOf(options)
  try {
    return new ProcessFleet(options, size, settings, await startProcess(settings))
  } catch (error) {
    settings.steward.close()
    throw error
  }
}

class ProcessFleet implements Fleet {
  readonly level: StripLevel
  readonly #options: SandboxOptions
  readonly #size: FleetSize
  readonly #settings: ProcessOptions
  readonly #members = new Map<SandboxProcess, Member>()
  readonly #starting = new Map<Promise<void>, Cordon>()
  #wanting: Wanting[] = []
  #isClosed = false

  constructor(
    options: SandboxOptions,
    size: FleetSize,
    settings: ProcessOptions,
    first: SandboxProcess,
  ) {
    this.#options = options
    this.#size = size
    this.#settings = settings
    this.level = first.level
    this.#adopt(first, null)
  }

  acquire(cordon: Cordon, signal: AbortSignal): Promise<SandboxProcess> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const idle = this.#idle().find((member) => member.cordon === cordon)
    if (idle !== undefined) {
      idle.hasHook = true
      return Promise.resolve(idle.process)
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#wanting = this.#wanting.filter((each) => each !== one)
        reject(signal.reason)
      }
      const stay = (): void => signal.removeEventListener('abort', leave)
      signal.addEventListener('abort', leave, { once: true })
      const one: Wanting = {
        cordon,
        resolve: (process) => {
          stay()
          resolve(process)
        },
        reject: (reason) => {
          stay()
          reject(reason)
        },
      }
      this.#wanting.push(one)
      this.#fill()
    })
  }

  release(process: SandboxProcess, isFree: boolean, worn: string | null = null): void {
    const member = this.#members.get(process)
    if (member === undefined) return
    const reason = isFree ? (worn ?? this.#wornBy(member)) : null
    if (reason !== null) this.#retire(member, reason)
    if (isFree && reason === null) this.#settle(member)
    else this.#members.delete(process)
    this.#fill()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#wanting.splice(0)) reject(new Error('the sandbox is closed'))
    await Promise.all(this.#starting.keys())
    const processes = [...this.#members.keys()]
    for (const process of processes) process.kill('the sandbox is closed')
    await Promise.all(processes.map(({ exited }) => exited))
    this.#settings.steward.close()
  }

  #idle(): Member[] {
    return [...this.#members.values()].filter(({ hasHook }) => !hasHook)
  }

  async #start(cordon: Cordon): Promise<void> {
    try {
      // Where not every tenant has a cordon, those who have one are there for what they did.
      const isLow = this.#options.cordon !== 'tenant' && cordon !== null
      this.#adopt(await this.#startAlike(isLow), cordon)
    } catch (error) {
      const without = this.#wanting.filter((each) => each.cordon === cordon)
      this.#wanting = this.#wanting.filter((each) => each.cordon !== cordon)
      for (const { reject } of without) reject(error)
    }
  }

  /** What failed once to be stripped as the first was, when forks failed for a moment, runs no hook. */
  async #startAlike(isLow: boolean): Promise<SandboxProcess> {
    const process = await startProcess(this.#settings, isLow)
    if (!isWeaker(process.level, this.level)) return process
    process.kill('it could not be stripped')
    throw new Error(`a sandbox process could not be stripped: ${process.level.notes.join('; ')}`)
  }

  #adopt(process: SandboxProcess, cordon: Cordon): void {
    this.#options.log?.({ kind: 'started', pid: process.pid, level: process.level })
    const since = performance.now()
    const member = { process, cordon, since, weighed: 0, hasHook: false }
    this.#members.set(process, member)
    void process.exited.then(() => {
      this.#members.delete(process)
      this.#fill()
    })
    this.#settle(member)
  }

  /** Gives a process without a hook to the first who wants one like it, else lets it rest. */
  #settle(member: Member): void {
    const next = this.#wanting.find(({ cordon }) => cordon === member.cordon)
    member.hasHook = next !== undefined
    if (next === undefined) {
      if (this.#isSurplus()) setTimeout(() => this.#retireIdle(member), idleLifeMs).unref()
      return
    }
    this.#wanting = this.#wanting.filter((each) => each !== next)
    next.resolve(member.process)
  }

  #isSurplus(): boolean {
    return this.#members.size > this.#size.keep
  }

  #retireIdle(member: Member): void {
    const isIdle = this.#members.has(member.process) && !member.hasHook
    if (isIdle && this.#isSurplus()) this.#retire(member, 'it had nothing to do')
  }

  #retire({ process }: Member, reason: string): void {
    this.#members.delete(process)
    process.kill(reason)
    this.#options.log?.({ kind: 'replaced', pid: process.pid, reason })
  }

  /** Starts what is missing; where there is no room, in place of an idle process of others. */
  #fill(): void {
    if (this.#isClosed) return
    for (const cordon of new Set(this.#wanting.map((each) => each.cordon))) {
      const wanted = this.#wanting.filter((each) => each.cordon === cordon).length
      const coming = [...this.#starting.values()].filter((each) => each === cordon).length
      for (let missing = wanted - coming; missing > 0 && this.#makeRoom(); missing--) {
        const started = this.#start(cordon)
        this.#starting.set(started, cordon)
        void started.finally(() => this.#starting.delete(started))
      }
    }
  }

  #makeRoom(): boolean {
    if (this.#members.size + this.#starting.size < this.#size.most) return true
    const [idle] = this.#idle()
    if (idle !== undefined) this.#retire(idle, 'its place was needed for another tenant')
    return idle !== undefined
  }

  #wornBy(member: Member): string | null {
    const now = performance.now()
    if (now - member.since > longestLifeMs) return 'it had grown old'
    if (now - member.weighed < weighEveryMs) return null
    member.weighed = now
    const used = residentMb(member.process.pid)
    const budget = this.#options.memory?.budgetMb ?? 256
    return used !== null && used > budget ? 'it had grown too large' : null
  }
}

async function settingsOf(options: SandboxOptions): Promise<ProcessOptions> {
  const { jit = false, memory, prelude } = options
  return {
    entry: await sandboxEntry(),
    prelude,
    jit,
    start: { isolateMb: memory?.isolateMb ?? 128, keptMb: 96, keptIsolates: 16 },
    limits: {
      dataMb: jit ? null : (memory?.processMb ?? 512),
      cpuSeconds: 2 * (longestLifeMs / 1000),
    },
    startMs: 30_000,
    steward: openSteward(),
  }
}
