import { readFileSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** A tenth of what others get where both want a core (`nice` 10); all of it where nobody else does. */
const low = 10

/** Lets every other process go first. Does nothing to a process that is gone. */
export function lowerPriority(pid: number): void {
  attempt(() => setPriority(pid, low))
  attempt(() => setGroup(pid, low))
}

/** Takes that back; false where the system lets only root do so. */
export function restorePriority(pid: number): boolean {
  attempt(() => setGroup(pid, 0))
  return attempt(() => setPriority(pid, 0)) && !isGroupLow(pid)
}

/**
 * Each sandbox process is a session of its own. Where Linux groups by session (`sched_autogroup_enabled`,
 * as it does outside of services and containers), the priority of a process counts in its session
 * only, and each session has one of its own towards the others.
 */
function setGroup(pid: number, nice: number): void {
  writeFileSync(`/proc/${pid}/autogroup`, String(nice))
}

/** False where the system has no such groups. */
function isGroupLow(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/autogroup`, 'latin1').endsWith(' nice 0\n')
  } catch {
    return false
  }
}

function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
