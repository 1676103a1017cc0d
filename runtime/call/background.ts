import { CallFailure } from '../model/failure.ts'
import { UsageError } from '../model/usage-error.ts'

/** Work that no call waits for, but the end of the runtime does. */
export class Background implements AsyncDisposable {
  readonly #running = new Set<Promise<void>>()

  /** Whoever does the work has written down how it failed; only a bug escapes. */
  begin(work: () => Promise<void>): void {
    const running = work()
      .catch(dropExpected)
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}

function dropExpected(error: unknown): void {
  if (!(error instanceof CallFailure || error instanceof UsageError)) throw error
}
