import type { RateLimit } from '../model/connector.ts'
import type { Pace } from '../model/ports.ts'

/** Queues are looked through for idle ones when there are this many more. */
const sweepEvery = 1_000

type Queue = { readonly windowMs: number; readonly starts: number[] }

/**
 * Paces the requests of one process, by a sliding window: a request starts when the one so many
 * before it is a window old. Turns are given in the order in which they were asked for.
 */
export function createPace(now: () => number): Pace {
  const queues = new Map<string, Queue>()
  let sweepAt = sweepEvery
  return {
    reserve(name, { requests, windowMs }, atMost) {
      const queue = queues.get(name) ?? { windowMs, starts: [] }
      const instant = now()
      const start = startFor(queue.starts, { requests, windowMs }, instant)
      if (start - instant > atMost) return null
      queue.starts.push(start)
      queue.starts.splice(0, queue.starts.length - requests)
      queues.set(name, queue)
      if (queues.size >= sweepAt) {
        dropIdle(queues, instant)
        sweepAt = queues.size + sweepEvery
      }
      return start - instant
    },
  }
}

function startFor(
  starts: readonly number[],
  { requests, windowMs }: RateLimit,
  instant: number,
): number {
  const before = starts.at(-requests)
  const last = starts.at(-1) ?? instant
  return Math.max(instant, last, before === undefined ? instant : before + windowMs)
}

function dropIdle(queues: Map<string, Queue>, instant: number): void {
  for (const [name, { starts, windowMs }] of queues) {
    if ((starts.at(-1) ?? 0) + windowMs < instant) queues.delete(name)
  }
}
