import type { Steward } from './steward.ts'

/** How far the sandbox processes are stripped on this system. */
export type StripLevel = {
  /** It can open no file and no socket. */
  readonly nofile: boolean
  /** It runs as another user than the broker. */
  readonly uid: boolean
  /** The system bounds its memory; otherwise only the watch of its resident memory does. */
  readonly dataLimit: boolean
  /** What is missing, and what to do about it. */
  readonly notes: readonly string[]
}

export type ProcessLimits = {
  /** RLIMIT_DATA, in MiB; null where the JIT reserves more than any sensible limit. */
  readonly dataMb: number | null
  /** A process that spins after its broker died ends by this. */
  readonly cpuSeconds: number
}

export type Strip = Omit<StripLevel, 'uid'>

/**
 * Takes from a process what it no longer needs once its modules are loaded. Must happen before it
 * changes its user: afterwards it is not ours to limit. Never rejects; the level says what failed.
 */
export async function stripProcess(
  pid: number,
  limits: ProcessLimits,
  steward: Pick<Steward, 'limit'>,
): Promise<Strip> {
  const { dataMb, cpuSeconds } = limits
  const values = { nofile: 0, fsize: 0, core: 0, cpu: cpuSeconds }
  try {
    await steward.limit(pid, values)
  } catch {
    const note =
      'prlimit (util-linux) is not here or may not be used: a script that breaks out of the ' +
      'engine could open files and sockets; install it, or run in a container without network'
    return { nofile: false, dataLimit: false, notes: [note] }
  }
  if (dataMb === null) {
    const note = 'with the JIT the system cannot bound the memory of a sandbox process'
    return { nofile: true, dataLimit: false, notes: [note] }
  }
  const dataLimit = await steward.limit(pid, { data: dataMb * 1024 * 1024 }).then(
    () => true,
    () => false,
  )
  return { nofile: true, dataLimit, notes: dataLimit ? [] : ['RLIMIT_DATA could not be set'] }
}

/** The whole level, once the process has said which user it has become. */
export function levelOf(strip: Strip, uid: number | null, own: number | null): StripLevel {
  const apart = uid !== null && uid !== 0 && uid !== own
  if (apart) return { ...strip, uid: true }
  const note =
    'the sandbox processes run as the same user as Hookline: start it as root, so that it can make ' +
    'them somebody else, or give it a container of its own'
  return { ...strip, uid: false, notes: [...strip.notes, note] }
}

/** Whether something protects the other that does not protect this one. */
export function isWeaker(level: StripLevel, other: StripLevel): boolean {
  const kinds = ['nofile', 'uid', 'dataLimit'] as const
  return kinds.some((kind) => other[kind] && !level[kind])
}
