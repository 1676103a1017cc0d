/** Watches a broker, which is this process, while an attack runs against it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

export type Sighting = {
  /**
   * The longest time for which this process answered nobody, in milliseconds. Counts while it had the
   * processor: what other programs take of the machine's time is none of a script's doing.
   */
  readonly lagMs: number
  readonly elapsedMs: number
  /** By how much its memory grew at most, in MiB. */
  readonly grownMb: number
  /** The most that one of the sandbox processes ever held, in MiB. */
  readonly sandboxMb: number
  /** Where sockets were opened to: `address:port`. */
  readonly dialled: readonly string[]
}

/** Starts to watch. `pids` are those of the sandbox processes, which come and go. */
export function watchBroker(pids: () => Iterable<number>): () => Sighting {
  const before = process.memoryUsage().rss
  const began = performance.now()
  let most = before
  let sandboxMb = 0
  const dialled: string[] = []

  const measure = stopwatch()
  let lagMs = 0

  const look = (): void => {
    lagMs = Math.max(lagMs, measure())
    most = Math.max(most, process.memoryUsage().rss)
    for (const pid of pids()) sandboxMb = Math.max(sandboxMb, peakMb(pid))
  }
  const onDial = (message: unknown): void => {
    const { socket } = message as { socket: Socket & { _host?: string } }
    socket.once('connectionAttempt', (address: string, port: number) => {
      dialled.push(`${address}:${port}`)
    })
  }
  subscribe('net.client.socket', onDial)
  const timer = setInterval(look, pulseMs)
  return () => {
    clearInterval(timer)
    look()
    unsubscribe('net.client.socket', onDial)
    const elapsedMs = performance.now() - began
    return { lagMs, elapsedMs, grownMb: mb(most - before), sandboxMb, dialled }
  }
}

const pulseMs = 10

/** Each call returns for how long this thread was busy beyond the pulse since the last one. */
function stopwatch(): () => number {
  let since = performance.now()
  let used = process.threadCpuUsage()
  return () => {
    const now = performance.now()
    const { user, system } = process.threadCpuUsage(used)
    const lagMs = Math.min(now - since - pulseMs, (user + system) / 1000)
    since = now
    used = process.threadCpuUsage()
    return lagMs
  }
}

/** The most that a process has held so far; 0 once it is gone, or where the system does not say. */
function peakMb(pid: number): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

function mb(bytes: number): number {
  return bytes / (1024 * 1024)
}
