/** How long something may take, whose wish ends it sooner, and what it then fails with. */
export type Deadline = {
  readonly ms: number
  readonly signal: AbortSignal
  readonly late: () => Error
}

/**
 * Runs a piece of work and rejects at its deadline with `late()`, or with the signal's reason,
 * whichever comes first, even where the work itself does not listen: undici does not, for one,
 * while it connects.
 */
export async function within<T>(
  { ms, signal, late }: Deadline,
  work: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController()
  const onAbort = () => end.abort(signal.reason)
  const timer = setTimeout(() => end.abort(late()), ms)
  signal.addEventListener('abort', onAbort)
  try {
    return await new Promise<T>((resolve, reject) => {
      end.signal.addEventListener('abort', () => reject(end.signal.reason))
      work(end.signal).then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
