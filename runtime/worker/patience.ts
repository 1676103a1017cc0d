import { setTimeout as delay } from 'node:timers/promises'
import { StoreFailure } from '../store/store-failure.ts'

/** Tries again while the store is away, until it is back or the signal aborts. */
export async function patiently<Result>(
  task: (tries: number) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await task(tries)
    } catch (error) {
      const passes = error instanceof StoreFailure && error.passing
      if (!passes || signal.aborted) throw error
      const ms = Math.min(1_000, 20 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random() / 2)
      await delay(ms, undefined, { signal }).catch(() => {})
    }
  }
}
