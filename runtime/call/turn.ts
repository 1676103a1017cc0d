import { CallFailure } from '../model/failure.ts'
import type { Execution } from './execution.ts'

/**
 * Waits until the connection may send again (dialect section 9.3). Rejects with RateLimited, at
 * once and without a turn, where that is after the call's deadline.
 */
export async function awaitTurn({ call, ports, clock, trail, signal }: Execution): Promise<void> {
  const { connector, method, connection } = call
  const limit = method.rateLimit ?? connector.rateLimit
  if (limit === null) return
  const owner = method.rateLimit ? ` ${method.name}` : ''
  const queue = `${connection.tenant} ${connection.id} ${connector.name}${owner}`
  const left = clock.left()
  const ms = ports.pace.reserve(queue, limit, left)
  if (ms === 0) return
  if (ms !== null) {
    trail.add({ kind: 'wait', ms, because: 'rate_limit' })
    return ports.wait(ms, signal)
  }
  throw new CallFailure(
    'RateLimited',
    `${connector.name} has more calls waiting than rate_limit lets through before the deadline`,
    { reason: 'rate-limit', retryAt: new Date(Date.now() + left) },
  )
}
