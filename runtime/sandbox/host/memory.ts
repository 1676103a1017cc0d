import { readFileSync } from 'node:fs'

const pageBytes = 4096

/** Resident memory of a process in MiB, or null where the system does not show it. */
export function residentMb(pid: number): number | null {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]
    return (Number(pages) * pageBytes) / (1024 * 1024)
  } catch {
    return null
  }
}

/**
 * Looks at a process's resident memory ten times a second, and calls back once when it is over the
 * limit. Returns what stops the watch. Does not keep the broker alive.
 */
export function watchMemory(pid: number, limitMb: number, onExcess: () => void): () => void {
  const timer = setInterval(() => {
    const used = residentMb(pid)
    if (used === null || used <= limitMb) return
    clearInterval(timer)
    onExcess()
  }, 100)
  timer.unref()
  return () => clearInterval(timer)
}
