import { setPriority } from 'node:os'

/** A tenth of what others get where both want a core (`nice` 10); all of it where nobody else does. */
const low = 10

/** Lets every other process go first. Does nothing to a process that is gone. */
export function lowerPriority(pid: number): void {
  attempt(() => setPriority(pid, low))
}

/** Takes that back; false where the system lets only root do so. */
export function restorePriority(pid: number): boolean {
  return attempt(() => setPriority(pid, 0))
}

function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
