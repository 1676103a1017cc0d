import { parseRetryAfter } from '../http/retry-after.ts'
import type { Reply } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import type { Trip } from './attempt.ts'
import { type Execution, policyOf } from './execution.ts'
import { awaitTurn } from './turn.ts'
import type { Wired } from './wire.ts'

/** Milliseconds to wait after a 429 that says nothing of when to come back. */
const unsaidWait = 60_000
/** Added to the second and later waits, in minutes (dialect section 14, 16). */
const ladder = [1, 3, 7, 15, 30]

/**
 * Sends a request, and waits out a 429. Resolves to the failure where no response came: hooks may
 * see that one. Rejects with RateLimited where the wait would outlast the call, and with every
 * failure that no hook sees.
 */
export async function sendWithWaiting(trip: Trip, wired: Wired): Promise<Reply | CallFailure> {
  const { execution } = trip
  for (let waits = 0; ; waits++) {
    const reply = await sendOnce(trip, wired)
    if (reply instanceof CallFailure || reply.status !== 429) return reply
    await waitOut(execution, reply, waits)
  }
}

export async function sendOnce(
  { execution, credential }: Pick<Trip, 'execution' | 'credential'>,
  wired: Wired,
): Promise<Reply | CallFailure> {
  const { ports, signal, trail } = execution
  await awaitTurn(execution)
  const began = ports.now()
  const note = (status: number | null, bytes: number, failure?: CallFailure) =>
    trail.add({
      kind: 'request',
      verb: wired.request.verb,
      url: wired.shownUrl,
      ms: ports.now() - began,
      status,
      bytes,
      ...(failure ? { failure: failure.type } : {}),
    })
  try {
    const reply = await ports.send(wired.request, policyOf(execution, credential), signal)
    note(reply.status, reply.body.byteLength)
    execution.received.bytes += reply.body.byteLength
    return reply
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    note(null, 0, error)
    if (!noResponse(error)) throw error
    return error
  }
}

/** The vendor was not reached, or did not answer: that, a script may explain. */
function noResponse(failure: CallFailure): boolean {
  if (failure.reason === 'call-deadline') return false
  return failure.type === 'Timeout' || failure.type === 'ConnectionError'
}

async function waitOut(execution: Execution, reply: Reply, waits: number): Promise<void> {
  const { ports, trail, call, signal, clock } = execution
  const said = parseRetryAfter(reply.headers['retry-after'], new Date())
  const extra = waits === 0 ? 0 : (ladder[Math.min(waits, ladder.length) - 1] ?? 0) * 60_000
  const ms = (said ?? unsaidWait) + extra
  if (ms >= clock.left()) {
    const retryAt = new Date(Date.now() + ms)
    throw new CallFailure(
      'RateLimited',
      `${call.connector.name} asks to be left alone until ${retryAt.toISOString()}`,
      { httpCode: 429, retryAt },
    )
  }
  trail.add({ kind: 'wait', ms, because: 'the vendor answered 429' })
  await ports.wait(ms, signal)
}
