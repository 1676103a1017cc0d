import { sandboxEntry } from './entry.ts'
import { residentMb } from './memory.ts'
import type { SandboxOptions } from './pool.ts'
import { type ProcessOptions, type SandboxProcess, startProcess } from './process.ts'
import type { StripLevel } from './strip.ts'

/** The sandbox processes: started when wanted, replaced when worn, ended when there are too many. */
export type Fleet = {
  readonly level: StripLevel
  /** Resolves to a process of that cordon (null: the shared one) that has no hook. */
  acquire(cordon: string | null, signal: AbortSignal): Promise<SandboxProcess>
  release(process: SandboxProcess, isFree: boolean): void
  close(): Promise<void>
}

type Size = {
  /** Kept although idle. */
  readonly keep: number
  readonly most: number
}

type Member = {
  readonly process: SandboxProcess
  readonly cordon: string | null
  readonly since: number
  hasHook: boolean
}

type Wanting = {
  readonly cordon: string | null
  readonly resolve: (process: SandboxProcess) => void
  readonly reject: (reason: unknown) => void
}

/** A process is replaced after this long, whatever it looks like: nothing in it grows old. */
const longestLifeMs = 15 * 60_000
const idleLifeMs = 10_000

export async function createFleet(options: SandboxOptions, size: Size): Promise<Fleet> {
  const settings = await settingsOf(options)
  const members = new Set<Member>()
  const wanting: Wanting[] = []
  const starting: (string | null)[] = []
  let isClosed = false

  async function start(cordon: string | null): Promise<void> {
    starting.push(cordon)
    try {
      const process = await startProcess(settings)
      options.log?.({ kind: 'started', pid: process.pid, level: process.level })
      const member = { process, cordon, since: performance.now(), hasHook: false }
      if (isClosed) return process.kill('the sandbox is closed')
      members.add(member)
      void process.exited.then(() => members.delete(member))
      settle(member)
    } catch (error) {
      for (const { reject } of takeWanting(cordon)) reject(error)
    } finally {
      starting.splice(starting.indexOf(cordon), 1)
    }
  }

  function takeWanting(cordon: string | null): Wanting[] {
    const taken = wanting.filter((each) => each.cordon === cordon)
    for (const each of taken) wanting.splice(wanting.indexOf(each), 1)
    return taken
  }

  /** Gives a process without a hook to the first who wants one like it, else lets it rest. */
  function settle(member: Member): void {
    const at = wanting.findIndex(({ cordon }) => cordon === member.cordon)
    const [next] = at === -1 ? [] : wanting.splice(at, 1)
    if (next !== undefined) {
      member.hasHook = true
      next.resolve(member.process)
      return
    }
    member.hasHook = false
    if (members.size > size.keep) setTimeout(() => retireIdle(member), idleLifeMs).unref()
  }

  function retire(member: Member, reason: string): void {
    members.delete(member)
    member.process.kill(reason)
    options.log?.({ kind: 'replaced', pid: member.process.pid, reason })
  }

  function retireIdle(member: Member): void {
    if (members.has(member) && !member.hasHook && members.size > size.keep) {
      retire(member, 'it had nothing to do')
    }
  }

  /** Starts what is missing; where there is no room, in place of an idle process of another cordon. */
  function fill(cordon: string | null): void {
    const missing = wanting.filter((each) => each.cordon === cordon).length
    if (starting.filter((each) => each === cordon).length >= missing) return
    if (members.size + starting.length >= size.most) {
      const idle = [...members].find((member) => !member.hasHook && member.cordon !== cordon)
      if (idle === undefined) return
      retire(idle, 'another tenant needs its place')
    }
    void start(cordon)
  }

  function wornBy(member: Member): string | null {
    const used = residentMb(member.process.pid)
    if (used !== null && used > (options.memory?.budgetMb ?? 256)) return 'it had grown too large'
    return performance.now() - member.since > longestLifeMs ? 'it had grown old' : null
  }

  await start(null)
  const [first] = members
  if (first === undefined) await startProcess(settings)
  const level = first?.process.level

  return {
    level: level ?? { nofile: false, uid: false, dataLimit: false, notes: [] },
    acquire(cordon, signal) {
      const idle = [...members].find((member) => !member.hasHook && member.cordon === cordon)
      if (idle !== undefined) {
        idle.hasHook = true
        return Promise.resolve(idle.process)
      }
      return new Promise((resolve, reject) => {
        const one = { cordon, resolve, reject }
        wanting.push(one)
        const leave = (): void => {
          if (!wanting.includes(one)) return
          wanting.splice(wanting.indexOf(one), 1)
          reject(signal.reason)
        }
        signal.addEventListener('abort', leave, { once: true })
        fill(cordon)
      })
    },
    release(process, isFree) {
      const member = [...members].find((each) => each.process === process)
      if (member === undefined) return
      if (!isFree) {
        members.delete(member)
        return
      }
      const worn = wornBy(member)
      if (worn === null) settle(member)
      else retire(member, worn)
    },
    async close() {
      isClosed = true
      for (const { process } of members) process.kill('the sandbox is closed')
      await Promise.all([...members].map(({ process }) => process.exited))
    },
  }
}

async function settingsOf(options: SandboxOptions): Promise<ProcessOptions> {
  const { jit = false, memory, prelude } = options
  const isolateMb = memory?.isolateMb ?? 128
  return {
    entry: await sandboxEntry(),
    prelude,
    jit,
    start: { isolateMb, keptMb: 96, keptIsolates: 16 },
    limits: { dataMb: jit ? null : (memory?.processMb ?? 512), cpuSeconds: 3_600 },
    startMs: 30_000,
  }
}
