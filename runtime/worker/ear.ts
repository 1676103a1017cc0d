import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './database.ts'

/** The channels that jobs speak on: some are there to take; some have ended (their ids, by spaces). */
export type Channel = 'hookline_jobs' | 'hookline_outcomes'

/**
 * Listens as long as it is open, over connections that may break. What was said while nobody heard
 * it is lost: `deaf` is told after each break, so that its owner looks for itself.
 */
export class Ear implements AsyncDisposable {
  readonly #database: Database
  readonly #channel: Channel
  readonly #heard: (text: string) => void
  readonly #closing = new AbortController()
  #line: Promise<void>
  #open: AsyncDisposable | null = null

  constructor(database: Database, channel: Channel, heard: (text: string) => void) {
    this.#database = database
    this.#channel = channel
    this.#heard = heard
    this.#line = this.#connect()
  }

  /** Resolves when it listens for the first time. */
  ready(): Promise<void> {
    return this.#line
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#line
    await this.#open?.[Symbol.asyncDispose]()
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        this.#open = await this.#database.listen([this.#channel], {
          heard: (_channel, text) => this.#heard(text),
          lost: () => this.#reconnect(),
        })
        return
      } catch {
        const ms = Math.min(2_000, 50 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random() / 2)
        await delay(ms, undefined, { signal }).catch(() => {})
      }
    }
  }

  #reconnect(): void {
    this.#open = null
    if (this.#closing.signal.aborted) return
    this.#line = this.#connect().then(() => this.#heard(''))
  }
}
