/** Watches a broker, which is this process, while an attack runs against it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'

export type Sighting = {
  /** The longest time for which this process answered nobody, in milliseconds. */
  readonly lagMs: number
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
  const delay = monitorEventLoopDelay({ resolution: 10 })
  let most = before
  let sandboxMb = 0
  const dialled: string[] = []

  const look = (): void => {
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
  delay.enable()
  const timer = setInterval(look, 50)
  return () => {
    clearInterval(timer)
    look()
    delay.disable()
    unsubscribe('net.client.socket', onDial)
    return { lagMs: delay.max / 1e6, grownMb: mb(most - before), sandboxMb, dialled }
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
