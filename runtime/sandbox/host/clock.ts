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
  let timer: NodeJS.Timeout | null = setTimeout(onEnd, left)

  function pause(): void {
    if (timer === null) return
    clearTimeout(timer)
    timer = null
    left -= performance.now() - since
  }

  return {
    pause,
    resume() {
      if (timer !== null) return
      since = performance.now()
      timer = setTimeout(onEnd, Math.max(1, left))
    },
    stop: pause,
  }
}
