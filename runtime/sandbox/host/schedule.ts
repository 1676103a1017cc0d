/** Who wants a slot: whose hook it is, and whether calls wait for a renewal that it belongs to. */
export type Applicant = { readonly tenant: string; readonly urgent: boolean }

export type ScheduleOptions = {
  /** Hooks that may run at a time; one more where it is urgent. */
  readonly slots: number
  /** Hooks that may hold a process at a time, also while they wait for a capability. */
  readonly maxProcesses: number
  /** Milliseconds that only ever grow. */
  readonly now: () => number
}

/**
 * Decides whose hook runs next. Tenants take turns; while others wait, none gets more than half of
 * the slots. A hook that had to be ended confines its tenant for ten seconds: all such tenants
 * together run beside the slots, and may keep half as many busy. Two within a minute put it on
 * probation as well: one hook at a time, after everybody else. Then, and for an hour after a kill, it
 * has processes of its own.
 */
export type Schedule = {
  /** The next of those that wait, in the order in which they came; null if all have to wait. */
  pick<Waiting extends Applicant>(waiting: readonly Waiting[]): Waiting | null
  start(applicant: Applicant): void
  /** Its hook waits for a capability, or takes long: the slot is free, the process is not. */
  rest(applicant: Applicant): void
  resume(applicant: Applicant): void
  end(applicant: Applicant): void
  /** A hook of a confined tenant starts to be busy, or ceases to be. */
  confine(isBusy: boolean): void
  /** A hook of that tenant had to be killed. */
  noteKill(tenant: string): void
  /** A hook of that tenant was ended at its limit of time or memory; its process lives. */
  noteOverrun(tenant: string): void
  isApart(tenant: string): boolean
  isOnProbation(tenant: string): boolean
  /** After a single fault, the hooks of a renewal are not: calls wait for them. */
  isConfined(applicant: Applicant): boolean
  /** Whether one more hook may keep its process without a slot, so that others are still served. */
  mayLend(): boolean
}

type Held = { running: number; resting: number }

type Tally = Held & {
  servedAt: number
  kills: number[]
  /** Kills, and what was ended without one. */
  faults: number[]
}

const minute = 60_000
const hour = 60 * minute
/** Whoever does it again does so by then; a single hook that hung is soon forgotten. */
const afterOne = minute / 6

export function createSchedule(options: ScheduleOptions): Schedule {
  return new TurnTaking(options)
}

class TurnTaking implements Schedule {
  readonly #options: ScheduleOptions
  readonly #tallies = new Map<string, Tally>()
  /** Of all tenants together: they are asked for each who waits, and there may be thousands. */
  readonly #total: Held = { running: 0, resting: 0 }
  /** Busy hooks of confined tenants. */
  #confined = 0
  #turn = 0

  constructor(options: ScheduleOptions) {
    this.#options = options
  }

  pick<Waiting extends Applicant>(waiting: readonly Waiting[]): Waiting | null {
    let best: Waiting | null = null
    let bestRank: readonly number[] = []
    for (const applicant of waiting) {
      if (!this.#mayRun(applicant)) continue
      const rank = this.#rank(applicant)
      if (best !== null && !isBefore(rank, bestRank)) continue
      best = applicant
      bestRank = rank
    }
    return best
  }

  start({ tenant }: Applicant): void {
    this.#count(tenant, { running: 1 })
    this.#tallyOf(tenant).servedAt = ++this.#turn
    this.#prune()
  }

  rest({ tenant }: Applicant): void {
    this.#count(tenant, { running: -1, resting: 1 })
  }

  resume({ tenant }: Applicant): void {
    this.#count(tenant, { running: 1, resting: -1 })
  }

  end({ tenant }: Applicant): void {
    this.#count(tenant, { running: -1 })
  }

  confine(isBusy: boolean): void {
    this.#confined += isBusy ? 1 : -1
  }

  noteKill(tenant: string): void {
    const tally = this.#tallyOf(tenant)
    const now = this.#options.now()
    tally.kills = [...tally.kills.filter((at) => now - at < hour), now]
    this.noteOverrun(tenant)
  }

  noteOverrun(tenant: string): void {
    const tally = this.#tallyOf(tenant)
    const now = this.#options.now()
    tally.faults = [...tally.faults.filter((at) => now - at < minute), now]
  }

  isApart(tenant: string): boolean {
    return this.#within(hour, this.#tallies.get(tenant)?.kills) > 0 || this.isOnProbation(tenant)
  }

  isOnProbation(tenant: string): boolean {
    return this.#within(minute, this.#tallies.get(tenant)?.faults) >= 2
  }

  isConfined({ tenant, urgent }: Applicant): boolean {
    const faults = this.#within(afterOne, this.#tallies.get(tenant)?.faults)
    return (faults > 0 && !urgent) || this.isOnProbation(tenant)
  }

  mayLend(): boolean {
    return this.#total.resting < this.#besideSlots()
  }

  #mayRun({ tenant, urgent }: Applicant): boolean {
    const { slots, maxProcesses } = this.#options
    const tally = this.#tallyOf(tenant)
    const held = tally.running + tally.resting
    const { running, resting } = this.#total
    if (this.isConfined({ tenant, urgent })) {
      // A low priority alone leaves the others to wait for the system's next tick, again and again.
      const hasCore = this.#confined < Math.max(1, Math.floor(slots / 2))
      const hasProcess = running + resting < maxProcesses && resting < this.#besideSlots()
      const isAlone = held === 0 || !this.isOnProbation(tenant)
      return isAlone && hasCore && hasProcess
    }
    // All processes of one tenant could wait for a slow vendor; some are left to the others.
    if (held >= Math.max(slots, maxProcesses - slots)) return false

    const extra = urgent ? 1 : 0
    return running < slots + extra && running + resting < maxProcesses + extra
  }

  /** Compared from the left; the smaller goes first. */
  #rank({ tenant, urgent }: Applicant): readonly number[] {
    const tally = this.#tallyOf(tenant)
    const half = Math.max(1, Math.floor(this.#options.slots / 2))
    const hasHalf = tally.running >= half
    return [this.isOnProbation(tenant) ? 1 : 0, urgent ? 0 : 1, hasHalf ? 1 : 0, tally.servedAt]
  }

  /** Processes that hooks without a slot may hold, so that each slot keeps one. */
  #besideSlots(): number {
    const { slots, maxProcesses } = this.#options
    return Math.max(1, maxProcesses - slots)
  }

  #count(tenant: string, { running = 0, resting = 0 }: Partial<Held>): void {
    for (const tally of [this.#tallyOf(tenant), this.#total]) {
      tally.running += running
      tally.resting += resting
    }
  }

  #within(ms: number, times: readonly number[] = []): number {
    const now = this.#options.now()
    return times.filter((at) => now - at < ms).length
  }

  #tallyOf(tenant: string): Tally {
    let tally = this.#tallies.get(tenant)
    if (tally === undefined) {
      tally = { running: 0, resting: 0, servedAt: 0, kills: [], faults: [] }
      this.#tallies.set(tenant, tally)
    }
    return tally
  }

  /** Only tenants that hold nothing, did nothing wrong and were not served lately are forgotten. */
  #prune(): void {
    if (this.#tallies.size < 1000) return
    for (const [tenant, tally] of this.#tallies) {
      const isIdle = tally.running + tally.resting === 0 && this.#within(hour, tally.kills) === 0
      if (isIdle && this.#turn - tally.servedAt > 1000) this.#tallies.delete(tenant)
    }
  }
}

function isBefore(left: readonly number[], right: readonly number[]): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0
    if (value !== other) return value < other
  }
  return false
}
