/** Work that no call waits for, but the end of the runtime does. */
export class Background implements AsyncDisposable {
  readonly #running = new Set<Promise<void>>()

  /**
   * A failure is dropped: whoever does the work has written down how it ended, and whoever needs it
   * done does it again and waits for it.
   */
  begin(work: () => Promise<void>): void {
    const running = work()
      .catch(() => {})
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
