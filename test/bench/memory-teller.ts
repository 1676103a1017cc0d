/** Loaded into a process before its program (`--expose-gc`): tells its parent what it keeps, when asked. */
process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ kept: heapUsed + external, rss } satisfies Memory)
})
// Being asked must not keep it running.
process.channel?.unref()

/** In bytes. */
export type Memory = {
  /** What its heap holds after a collection, with what that holds outside of it. */
  readonly kept: number
  /** All that the system has given it. */
  readonly rss: number
}
