import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { StoreFailure } from '../store/store-failure.ts'
import type { Database } from './database.ts'
import { type Delivery, deliverOutcomes } from './delivery.ts'
import { Ear } from './ear.ts'
import { Endings } from './ending.ts'
import type { Observer } from './events.ts'
import { outcomeText, type TakenJob } from './job.ts'
import { WorkerMetrics } from './metrics.ts'
import { metMigration, prepareJobs } from './migrate.ts'
import { patiently } from './patience.ts'
import { type Calls, perform } from './performer.ts'
import { Pump } from './pump.ts'
import { jobsMigrations } from './schema.ts'
import { statements } from './statements.ts'
import { openTelemetry } from './telemetry.ts'
import { keepUp } from './upkeep.ts'

export type WorkerOptions = {
  /** A runtime over the same store. It is not disposed of with the worker. */
  readonly runtime: Calls
  /** The jobs' database, opened; it is closed by who opened it. */
  readonly database: Database
  /** Jobs at a time: 50. Each waits for its vendor most of the time. */
  readonly concurrency?: number
  /** Those it takes from, in turns: `default`. */
  readonly queues?: readonly string[]
  /** How often a job may be begun: 12. */
  readonly attempts?: number
  /** After so long without a sign of life a worker counts as lost, and its jobs are freed: 15,000 ms. */
  readonly leaseMs?: number
  /** How long outcomes are kept: of jobs that were done 7 days, of those given up 90 days. */
  readonly keepDoneMs?: number
  readonly keepDeadMs?: number
  /** Where outcomes are delivered to callers. None are unless said. */
  readonly delivery?: Delivery
  /** Shown by `hookline jobs workers`: the host's name unless said. */
  readonly name?: string
  readonly observe?: Observer
}

/** A worker at work. Disposing of it drains it, for 30 seconds at most. */
export interface Worker extends AsyncDisposable {
  readonly id: string
  /** Jobs at work. */
  readonly running: number
  readonly isDraining: boolean
  /** Its metrics, in the text format of Prometheus. */
  metricsText(): string
  /**
   * Takes no more, lets what runs end, and at the deadline stops it: what may be repeated is handed
   * back, what may not is left for a person to decide.
   */
  drain(deadlineMs: number): Promise<void>
  /** Ends at once. Its jobs are freed as those of a lost worker. */
  kill(): void
}

const day = 24 * 3_600_000

/**
 * Has the runtime attack its own sandbox, and then takes jobs. Rejects with `UsageError` where an
 * attack gets through, with `StoreFailure` where the database cannot be used.
 */
export async function createWorker(options: WorkerOptions): Promise<Worker> {
  const { database, queues = ['default'], concurrency = 50, leaseMs = 15_000 } = options
  const weaknesses = await options.runtime.selfTest()
  await prepareJobs(database)
  const id = randomUUID()
  const name = options.name ?? hostname()
  const hello: Hello = [id, name, process.version, jobsMigrations.length, concurrency]
  await database.run(statements.hello, hello)
  const telemetry = await openTelemetry()
  const metrics = new WorkerMetrics(telemetry.sink)
  const observe: Observer = (event) => {
    metrics.observe(event)
    telemetry.observe(event)
    options.observe?.(event)
  }
  for (const message of weaknesses) observe({ kind: 'weakness', message })
  const settings = { ...options, queues, concurrency, leaseMs, observe, metrics }
  const shift = new Shift(hello, settings)
  shift.begin()
  return shift
}

type Settings = WorkerOptions &
  Required<Pick<WorkerOptions, 'queues' | 'concurrency' | 'leaseMs' | 'observe'>> & {
    readonly metrics: WorkerMetrics
  }

/** What a worker says of itself: the columns of its row, with its id first. */
type Hello = readonly [id: string, ...unknown[]]

class Shift implements Worker {
  readonly id: string
  readonly #hello: Hello
  readonly #settings: Settings
  readonly #observe: Observer
  /** Aborts the calls at work. */
  readonly #calls = new AbortController()
  /** Ends everything else. */
  readonly #upkeep = new AbortController()
  readonly #endings: Endings
  readonly #pump: Pump
  readonly #ear: Ear
  #chores: Promise<unknown> = Promise.resolve()
  #drained: Promise<void> | null = null

  constructor(hello: Hello, settings: Settings) {
    const [id] = hello
    this.id = id
    this.#hello = hello
    this.#settings = settings
    const { database, queues, concurrency, observe } = settings
    this.#observe = observe
    this.#endings = new Endings(database, id, this.#upkeep.signal)
    this.#pump = new Pump({
      ...{ database, worker: id, queues, concurrency },
      begin: (job) => this.#work(job),
      handBack: (jobs) => this.#handBack(jobs),
      failed: (error) => this.#failed(error),
    })
    this.#ear = new Ear(database, 'hookline_jobs', () => this.#pump.hear())
  }

  get running(): number {
    return this.#pump.running
  }

  get isDraining(): boolean {
    return this.#drained !== null
  }

  metricsText(): string {
    return this.#settings.metrics.text()
  }

  begin(): void {
    const { database, queues, leaseMs, delivery } = this.#settings
    const { signal } = this.#upkeep
    this.#observe({ kind: 'started', worker: this.id })
    this.#chores = Promise.all([
      keepUp({
        ...{ database, hello: this.#hello, queues, leaseMs, signal },
        keepDoneMs: this.#settings.keepDoneMs ?? 7 * day,
        keepDeadMs: this.#settings.keepDeadMs ?? 90 * day,
        running: () => this.#pump.ids,
        observe: this.#observe,
      }),
      delivery ? deliverOutcomes({ database, delivery, signal, observe: this.#observe }) : null,
    ])
    this.#pump.wake()
  }

  drain(deadlineMs: number): Promise<void> {
    this.#drained ??= this.#drain(deadlineMs)
    return this.#drained
  }

  kill(): void {
    this.#upkeep.abort(new Error('the worker was killed'))
    this.#calls.abort(new Error('the worker was killed'))
    void this.#pump.stop()
    void this.#ear[Symbol.asyncDispose]()
    this.#drained ??= this.#chores.then(() => {})
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain(30_000)
  }

  async #drain(deadlineMs: number): Promise<void> {
    this.#observe({ kind: 'draining', running: this.running })
    const work = await this.#pump.stop()
    const deadline = setTimeout(() => this.#calls.abort(new Error('the worker stops')), deadlineMs)
    await Promise.all(work)
    clearTimeout(deadline)
    await this.#ear[Symbol.asyncDispose]()
    this.#upkeep.abort(new Error('the worker has stopped'))
    await this.#chores
    await this.#settings.database.run(statements.goodbye, [this.id]).catch(() => {})
    this.#observe({ kind: 'stopped' })
  }

  /** The slot is held until what became of the job is written: that bounds what is not. */
  async #work(job: TakenJob): Promise<void> {
    const began = performance.now()
    this.#observe({ kind: 'began', job })
    try {
      const { runtime, attempts = 12 } = this.#settings
      const ending = await perform(
        job,
        {
          calls: runtime,
          mostAttempts: attempts,
          note: async (noted, outcome) => {
            const values = [this.id, noted.id, noted.attempt, outcomeText(outcome)]
            const note = () => this.#settings.database.run(statements.note, values)
            return (await patiently(note, this.#upkeep.signal)).count > 0
          },
          bug: (culprit, error) => this.#observe({ kind: 'bug', job: culprit, error }),
        },
        this.#calls.signal,
      )
      const ms = performance.now() - began
      const kept = ending !== 'lost' && (await this.#endings.write(ending))
      if (!kept) {
        this.#observe({ kind: 'overtaken', job })
        return
      }
      const { settlement, outcome } = ending
      this.#observe({ kind: 'settled', job, settlement, outcome, ms })
    } catch (error) {
      if (!this.#upkeep.signal.aborted) this.#observe({ kind: 'bug', job, error })
    }
  }

  async #handBack(jobs: readonly TakenJob[]): Promise<void> {
    if (jobs.length === 0) return
    const ids = jobs.map(({ id }) => id)
    const attempts = jobs.map(({ attempt }) => attempt)
    await this.#settings.database.run(statements.handBack, [this.id, ids, attempts])
  }

  #failed(error: unknown): void {
    const passes = (error instanceof StoreFailure && error.passing) || metMigration(error)
    this.#observe(passes ? { kind: 'store-failed', error } : { kind: 'bug', job: null, error })
  }
}
