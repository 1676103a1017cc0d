/** A deadline that can stand still. */
export type Clock = {
  pause(): void
  resume(): void
  stop(): void
}

/** Calls back once `ms` have passed, not counting the time between `pause` and `resume`. */
export function startClock(ms: number, onEnd: () => void): Clock {
  let left = ms
  let since = performance.now()
  let cancel: (() => void) | null = afterwards(left, onEnd)

  function pause(): void {
    if (cancel === null) return
    cancel()
    cancel = null
    left -= performance.now() - since
  }

  return {
    pause,
    resume() {
      if (cancel !== null) return
      since = performance.now()
      cancel = afterwards(left, onEnd)
    },
    stop: pause,
  }
}

/**
 * Calls back after `ms`, but not before what has already arrived was read: a broker that was busy
 * itself must not take a process for late whose answer waits in the pipe. Returns what cancels it.
 */
export function afterwards(ms: number, onEnd: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined
  const timer = setTimeout(
    () => {
      immediate = setImmediate(onEnd)
    },
    Math.max(1, ms),
  )
  return () => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
}
