import { setTimeout as delay } from 'node:timers/promises'
import type { Outcome } from '../model/call.ts'
import type { Database } from './database.ts'
import { outcomeText, type Settlement, type TakenJob } from './job.ts'
import { patiently } from './patience.ts'
import { statements } from './statements.ts'

/** What becomes of one job. Null: nothing new is known of its outcome. */
export type Ending = {
  readonly job: Pick<TakenJob, 'id' | 'attempt'>
  readonly settlement: Settlement
  readonly outcome: Outcome | null
}

type Waiting = {
  readonly ending: Ending
  readonly text: string | null
  readonly resolve: (kept: boolean) => void
  readonly reject: (error: unknown) => void
}

/** How many ids one notification can name: it may have 8,000 bytes. */
const mostAtOnce = 200
/** And how many characters of outcomes one statement takes, so that a flood of large ones is no flood. */
const mostText = 16 * 1024 * 1024
const gatherMs = 2

/**
 * Writes what became of jobs, many in one statement: one commit is dear, and a notification makes
 * commits wait for each other. While the database is away nothing is given up; it is tried again.
 */
export class Endings {
  readonly #database: Database
  readonly #worker: string
  readonly #stopping: AbortSignal
  #waiting: Waiting[] = []
  #work: Promise<void> | null = null

  constructor(database: Database, worker: string, stopping: AbortSignal) {
    this.#database = database
    this.#worker = worker
    this.#stopping = stopping
  }

  /** Those that are not written yet. */
  get size(): number {
    return this.#waiting.length
  }

  /**
   * Resolves to false where the job had been given to somebody else meanwhile. Rejects for a bug, or
   * when the worker stops at once.
   */
  write(ending: Ending): Promise<boolean> {
    if (this.#stopping.aborted) return Promise.reject(this.#stopping.reason)
    const text = ending.outcome && outcomeText(ending.outcome)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ending, text, resolve, reject })
      this.#work ??= this.#writeAll().finally(() => {
        this.#work = null
      })
    })
  }

  async #writeAll(): Promise<void> {
    await delay(gatherMs)
    while (this.#waiting.length > 0) {
      await this.#writeBatch(this.#nextBatch())
    }
  }

  /** One that cannot be written must not take the others with it. */
  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const kept = await this.#patiently(batch)
      for (const { ending, resolve } of batch) resolve(kept.has(ending.job.id))
    } catch (error) {
      if (batch.length === 1 || this.#stopping.aborted) {
        for (const { reject } of batch) reject(error)
        return
      }
      for (const one of batch) await this.#writeBatch([one])
    }
  }

  #nextBatch(): readonly Waiting[] {
    let size = 0
    let count = 0
    for (const { text } of this.#waiting) {
      size += text?.length ?? 0
      if (count > 0 && (count >= mostAtOnce || size > mostText)) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  /** A statement whose answer was lost may have been made: its repetition then finds nothing to do. */
  #patiently(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    return patiently(async (tries) => {
      const kept = await this.#write(batch)
      return tries === 0 ? kept : new Set(batch.map(({ ending }) => ending.job.id))
    }, this.#stopping)
  }

  async #write(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const isEnd = ({ ending: { settlement } }: Waiting) =>
      settlement.state === 'done' || settlement.state === 'dead'
    const ended = batch.filter(isEnd)
    const going = batch.filter((each) => !isEnd(each))
    const ids: string[] = []
    if (ended.length > 0) ids.push(...(await this.#run(statements.end, columnsOf(ended))))
    if (going.length > 0) {
      const delays = going.map(({ ending }) => ending.settlement.delayMs)
      ids.push(...(await this.#run(statements.keep, [...columnsOf(going), delays])))
    }
    return new Set(ids)
  }

  async #run(text: string, columns: readonly unknown[]): Promise<readonly string[]> {
    const { rows } = await this.#database.run<{ ids: string[] | null }>(text, [
      this.#worker,
      ...columns,
    ])
    return rows[0]?.ids ?? []
  }
}

function columnsOf(batch: readonly Waiting[]): readonly unknown[] {
  return [
    batch.map(({ ending }) => ending.job.id),
    batch.map(({ ending }) => ending.job.attempt),
    batch.map(({ ending }) => ending.settlement.state),
    batch.map(({ text }) => text),
  ]
}
