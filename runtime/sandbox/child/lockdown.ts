import type { Channel } from './channel.ts'

/** The user that owns nothing, on every system that has users. */
const nobody = 65_534

/**
 * Gives up what the process no longer needs, once its modules are loaded: waits until the broker
 * has set the limits (it could not, once the user is another one), then a process of root becomes
 * a nobody. Returns its user, or null where the system has none.
 */
export function awaitLockdown(channel: Channel): number | null {
  channel.send({ kind: 'loaded' })
  const { header } = channel.receive()
  if (header.kind !== 'strip') throw new Error('the first frame does not strip')
  return dropRights()
}

function dropRights(): number | null {
  if (process.getuid === undefined) return null
  if (process.getuid() === 0) {
    process.setgroups?.([])
    process.setgid?.(nobody)
    process.setuid?.(nobody)
  }
  return process.getuid()
}
