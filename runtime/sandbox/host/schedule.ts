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
 * the slots. Two kills within a minute leave a tenant one slot, after everybody else; one kill
 * within the hour sets its processes apart.
 */
export type Schedule = {
  /** The next of those that wait, in the order in which they came; null if all have to wait. */
  pick<Waiting extends Applicant>(waiting: readonly Waiting[]): Waiting | null
  start(applicant: Applicant): void
  /** Its hook waits for a capability: the slot is free, the process is not. */
  rest(applicant: Applicant): void
  resume(applicant: Applicant): void
  end(applicant: Applicant): void
  /** A hook of that tenant had to be killed. */
  noteKill(tenant: string): void
  isApart(tenant: string): boolean
}

type Tally = { running: number; resting: number; servedAt: number; kills: number[] }

const minute = 60_000
const hour = 60 * minute

export function createSchedule({ slots, maxProcesses, now }: ScheduleOptions): Schedule {
  const tallies = new Map<string, Tally>()
  let turn = 0

  function tallyOf(tenant: string): Tally {
    let tally = tallies.get(tenant)
    if (tally === undefined) {
      tally = { running: 0, resting: 0, servedAt: 0, kills: [] }
      tallies.set(tenant, tally)
    }
    return tally
  }

  const sum = (count: (tally: Tally) => number): number =>
    [...tallies.values()].reduce((total, tally) => total + count(tally), 0)

  const killsWithin = (tally: Tally, ms: number): number =>
    tally.kills.filter((at) => now() - at < ms).length

  const isOnProbation = (tally: Tally): boolean => killsWithin(tally, minute) >= 2

  function mayRun({ tenant, urgent }: Applicant): boolean {
    const tally = tallyOf(tenant)
    const held = tally.running + tally.resting
    if (isOnProbation(tally) && held > 0) return false
    // All processes of one tenant could wait for a slow vendor; some are left to the others.
    if (held >= Math.max(slots, maxProcesses - slots)) return false
    const extra = urgent ? 1 : 0
    const running = sum((each) => each.running)
    const inUse = sum((each) => each.running + each.resting)
    return running < slots + extra && inUse < maxProcesses + extra
  }

  /** Compared from the left; the smaller goes first. */
  function rank({ tenant, urgent }: Applicant): readonly number[] {
    const tally = tallyOf(tenant)
    const hasHalf = tally.running >= Math.max(1, Math.floor(slots / 2))
    return [isOnProbation(tally) ? 1 : 0, urgent ? 0 : 1, hasHalf ? 1 : 0, tally.servedAt]
  }

  /** Only tenants that hold nothing and did nothing wrong are forgotten: it costs them no turn. */
  function prune(): void {
    if (tallies.size < 1000) return
    for (const [tenant, tally] of tallies) {
      const isIdle = tally.running + tally.resting === 0 && killsWithin(tally, hour) === 0
      if (isIdle && turn - tally.servedAt > 1000) tallies.delete(tenant)
    }
  }

  return {
    pick(waiting) {
      let best: (typeof waiting)[number] | null = null
      let bestRank: readonly number[] = []
      for (const applicant of waiting) {
        if (!mayRun(applicant)) continue
        const own = rank(applicant)
        if (best !== null && !isBefore(own, bestRank)) continue
        best = applicant
        bestRank = own
      }
      return best
    },
    start({ tenant }) {
      const tally = tallyOf(tenant)
      tally.running++
      tally.servedAt = ++turn
      prune()
    },
    rest({ tenant }) {
      const tally = tallyOf(tenant)
      tally.running--
      tally.resting++
    },
    resume({ tenant }) {
      const tally = tallyOf(tenant)
      tally.running++
      tally.resting--
    },
    end({ tenant }) {
      tallyOf(tenant).running--
    },
    noteKill(tenant) {
      const tally = tallyOf(tenant)
      tally.kills = [...tally.kills.filter((at) => now() - at < hour), now()]
    },
    isApart(tenant) {
      const tally = tallies.get(tenant)
      return tally !== undefined && killsWithin(tally, hour) > 0
    },
  }
}

function isBefore(left: readonly number[], right: readonly number[]): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0
    if (value !== other) return value < other
  }
  return false
}
