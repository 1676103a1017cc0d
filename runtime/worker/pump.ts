import type { Database } from './database.ts'
import type { TakenJob } from './job.ts'
import { type TakenRow, takenJobOf } from './rows.ts'
import { statements } from './statements.ts'

export type PumpOptions = {
  readonly database: Database
  readonly worker: string
  readonly queues: readonly string[]
  readonly concurrency: number
  /** Starts a job. It resolves, and never rejects, when its slot is free again. */
  readonly begin: (job: TakenJob) => Promise<void>
  /** Gives back what was taken while the pump was being stopped. */
  readonly handBack: (jobs: readonly TakenJob[]) => Promise<void>
  /** The store could not be asked; it will be again. */
  readonly failed: (error: unknown) => void
}

/** How long nothing may be heard before one looks: a notification can be lost with its connection. */
const idleMs = 1_000
/** Jobs are there and may not begin: others hold their tenant's lock, or its limits are reached. */
const heldMs = 40
/** Enqueuing that is rarer than this wakes nobody too often. */
const calmMs = 200

/**
 * Takes as many jobs as there are free slots, and no more: what it has not taken, others can. One
 * statement at a time is under way, so under load each takes what became free during the last.
 */
export class Pump {
  readonly #options: PumpOptions
  readonly #running = new Map<string, Promise<void>>()
  readonly #byTenant = new Map<string, number>()
  #after = ''
  #turn = 0
  #heardAt = Number.NEGATIVE_INFINITY
  #misses = 0
  #taking: Promise<void> | null = null
  #wanted = false
  #timer: NodeJS.Timeout | null = null
  #wakesAt = 0
  #stopped = false

  constructor(options: PumpOptions) {
    this.#options = options
  }

  get running(): number {
    return this.#running.size
  }

  /** The ids of the jobs at work. */
  get ids(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** Looks for jobs now. */
  wake(): void {
    this.#wanted = true
    if (this.#taking || this.#stopped) return
    this.#taking = this.#takeWhileWanted().finally(() => {
      this.#taking = null
      if (this.#wanted && this.#free() > 0) this.wake()
    })
  }

  /**
   * Jobs were enqueued. Every worker hears it, and one job can wake them all: those that came too
   * late a few times in a row come a little later, so that many idle workers are no herd.
   */
  hear(): void {
    const now = performance.now()
    if (now - this.#heardAt > calmMs) this.#misses = 0
    this.#heardAt = now
    if (this.#misses < 3) this.wake()
    else this.#sleep(Math.min(heldMs, 2 ** this.#misses) * Math.random())
  }

  /** Takes no more. Resolves when nothing is being taken, with what still runs. */
  async stop(): Promise<readonly Promise<void>[]> {
    this.#stopped = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#taking
    return [...this.#running.values()]
  }

  #free(): number {
    return this.#stopped ? 0 : this.#options.concurrency - this.#running.size
  }

  async #takeWhileWanted(): Promise<void> {
    while (this.#wanted && this.#free() > 0) {
      this.#wanted = false
      try {
        await this.#take()
      } catch (error) {
        this.#options.failed(error)
        this.#sleep(idleMs)
      }
    }
  }

  async #take(): Promise<void> {
    let count = 0
    for (const queue of this.#queuesInTurn()) {
      const free = this.#free()
      if (free <= 0) return
      count += await this.#takeFrom(queue, free)
    }
    if (count > 0) {
      this.#wanted = true
      this.#misses = 0
      return
    }
    this.#misses++
    this.#sleep(await this.#patience())
  }

  #queuesInTurn(): readonly string[] {
    const { queues } = this.#options
    const first = this.#turn++ % queues.length
    return [...queues.slice(first), ...queues.slice(0, first)]
  }

  async #takeFrom(queue: string, free: number): Promise<number> {
    const { database, worker } = this.#options
    const running = JSON.stringify(Object.fromEntries(this.#byTenant))
    const { rows } = await database.run<TakenRow>(statements.take, [
      ...[worker, queue, free],
      ...[this.#after, running],
    ])
    const jobs = rows.map(takenJobOf)
    if (this.#stopped) await this.#options.handBack(jobs)
    else for (const job of jobs) this.#begin(job)
    return rows.length
  }

  #begin(job: TakenJob): void {
    const { tenant } = job.request
    this.#after = tenant
    this.#byTenant.set(tenant, (this.#byTenant.get(tenant) ?? 0) + 1)
    const work = this.#options.begin(job).then(() => {
      this.#running.delete(job.id)
      const left = (this.#byTenant.get(tenant) ?? 1) - 1
      if (left > 0) this.#byTenant.set(tenant, left)
      else this.#byTenant.delete(tenant)
      this.wake()
    })
    this.#running.set(job.id, work)
  }

  async #patience(): Promise<number> {
    const { database, queues } = this.#options
    const { rows } = await database.run<{ due_ms: number | null; ready: boolean }>(
      statements.prospect,
      [queues],
    )
    const [row] = rows
    if (row?.ready) return heldMs
    return Math.max(1, Math.min(idleMs, row?.due_ms ?? idleMs))
  }

  /** Looks again by then. Whoever is to wake earlier already does. */
  #sleep(ms: number): void {
    if (this.#stopped) return
    const after = ms * (0.9 + 0.2 * Math.random())
    const at = performance.now() + after
    if (this.#timer && this.#wakesAt <= at) return
    if (this.#timer) clearTimeout(this.#timer)
    this.#wakesAt = at
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.wake()
    }, after)
  }
}
