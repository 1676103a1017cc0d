import type { Outcome } from '../model/call.ts'
import type { Database } from './database.ts'
import { Ear } from './ear.ts'
import { readOutcome } from './job.ts'
import { statements } from './statements.ts'

type Waiter = {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/** Looks again although nothing was heard. */
const lookMs = 2_000

/** Waits for jobs to end: one connection that listens for all who wait in this process. */
export class Results implements AsyncDisposable {
  readonly #database: Database
  readonly #waiters = new Map<string, Set<Waiter>>()
  #ear: Ear | null = null
  #timer: NodeJS.Timeout | null = null
  #news = new Set<string>()
  #looking = false

  constructor(database: Database) {
    this.#database = database
  }

  async wait(id: string, signal?: AbortSignal): Promise<Outcome> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const waiter = { resolve, reject }
    const waiters = this.#waiters.get(id) ?? new Set<Waiter>()
    this.#waiters.set(id, waiters.add(waiter))
    const leave = () => reject(signal?.reason)
    signal?.addEventListener('abort', leave, { once: true })
    this.#listen()
    this.#look([id])
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', leave)
      waiters.delete(waiter)
      if (waiters.size === 0) this.#waiters.delete(id)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    for (const waiters of this.#waiters.values()) {
      for (const { reject } of waiters) reject(new Error('the jobs were closed'))
    }
    await this.#ear?.[Symbol.asyncDispose]()
  }

  /** What ended before the ear was open is seen by looking once more when it is. */
  #listen(): void {
    if (this.#ear) return
    this.#ear = new Ear(this.#database, 'hookline_outcomes', (text) => {
      const ids = text === '' ? [...this.#waiters.keys()] : text.split(' ')
      this.#look(ids.filter((id) => this.#waiters.has(id)))
    })
    void this.#ear.ready().then(() => this.#look([...this.#waiters.keys()]))
    this.#timer = setInterval(() => this.#look([...this.#waiters.keys()]), lookMs)
    this.#timer.unref()
  }

  #look(ids: readonly string[]): void {
    for (const id of ids) this.#news.add(id)
    if (this.#looking || this.#news.size === 0) return
    this.#looking = true
    void this.#lookAtAll().finally(() => {
      this.#looking = false
      if (this.#news.size > 0) this.#look([])
    })
  }

  async #lookAtAll(): Promise<void> {
    const ids = [...this.#news]
    this.#news = new Set()
    try {
      const { rows } = await this.#database.run<{ id: string; outcome: string }>(
        statements.findMany,
        [ids],
      )
      for (const { id, outcome } of rows) {
        for (const { resolve } of this.#waiters.get(id) ?? []) resolve(readOutcome(outcome))
      }
    } catch {
      // The store is away: the next look finds what this one could not.
    }
  }
}
