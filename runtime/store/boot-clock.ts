import { readFileSync } from 'node:fs'
import type { Instant } from './record.ts'

/**
 * The boot's monotonic time: all processes of one machine read the same, and no setting of the wall
 * clock moves it. Named by the boot where the system says which one it is (Linux); elsewhere a lease
 * of an earlier boot is known by having begun later than now.
 */
export function bootClock(): () => Instant {
  const clock = bootName()
  return () => ({ clock, ms: Number(process.hrtime.bigint() / 1_000_000n) })
}

function bootName(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'boot'
  }
}
