/** The pages of an answer, one request after another; each has renewals and retries of its own. */
import type { PagePosition } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import { parseLocation, readLocation } from '../model/location.ts'
import type { Verdict } from '../model/verdict.ts'
import { type Arrival, attempt, type Departure, departFrom } from './attempt.ts'
import { type Execution, fullBudget } from './execution.ts'
import { firstPosition, nextPosition, onlyPage, PageGuard } from './paging.ts'
import { currentCredential, recover } from './recover.ts'
import { retryDelay } from './retry.ts'
import { storedCredential } from './store-away.ts'

/** A verdict after which there is nothing left to try. */
export type Settled = Exclude<Verdict, { kind: 'recover' }>

/** A page, or what came in its place. */
export type SettledPage = Arrival & { readonly verdict: Settled; readonly number: number }

/** A part of the list that a call sends; null for all that it sends. */
export type Piece = PagePosition['piece']

export type ReadOptions = {
  readonly piece: Piece
  /** Why its first request is sent. */
  readonly cause: 'first' | 'replay'
}

/** Reads page after page, until one is the last, or is no page. That one is given too. */
export async function* readPages(
  execution: Execution,
  { piece, cause }: ReadOptions,
): AsyncGenerator<SettledPage, void> {
  const { method } = execution.call
  const guard = new PageGuard(method)
  let position: PagePosition | null = firstPosition(method.paging, piece)
  while (position !== null) {
    const { number } = position
    const ofPage = { ...execution, renewals: fullBudget() }
    const page = await attemptUntilSettled(ofPage, {
      position,
      cause: number === 1 ? cause : 'first',
    })
    yield { ...page, number }
    if (page.verdict.kind !== 'accept') return
    position = nextPosition(method, position, page.verdict)
    if (position !== null) guard.admit(position)
  }
}

/** Each renewal is spent once and retries are counted, so the loop must end. */
async function attemptUntilSettled(
  execution: Execution,
  { position, cause: first }: Pick<Departure, 'position' | 'cause'>,
): Promise<Arrival & { readonly verdict: Settled }> {
  let credential = await currentCredential(execution)
  let cause = first
  let retried = 0

  for (;;) {
    const { verdict, trip } = await attempt(execution, { credential, position, cause })
    if (verdict.kind === 'recover') {
      credential = await renewed(execution, verdict, credential)
      cause = 'replay'
      continue
    }
    const last = execution.trail.last()
    const delay = retryDelay(execution.call, { verdict, attempt: last, retried })
    if (delay === null) return { verdict, trip }

    await execution.ports.wait(delay, execution.signal)
    retried += 1
    cause = 'retry'
  }
}

export type Recover = Extract<Verdict, { kind: 'recover' }>

/**
 * The credential to replay with. A method that must not be replayed still gets its connection
 * renewed, so that the next call finds it well; this one fails with what happened.
 */
export async function renewed(
  execution: Execution,
  verdict: Recover,
  stale: Credential,
): Promise<Credential> {
  execution.renewals.delete(verdict.by)
  const credential = await recover(execution, verdict, stale)
  const { method } = execution.call
  if (method.replay !== 'never') return credential

  const { type, message } = verdict.otherwise
  execution.trail.add({
    kind: 'warning',
    message: `not replayed: ${method.name} says replay: never; the connection was renewed`,
  })
  throw new CallFailure(type, message, { reason: 'replay-never', cause: verdict.otherwise })
}

/**
 * The pieces in which the list of the body is sent (dialect section 9.4, outbound); one null where
 * it is sent as a whole. A list that is not there, or is empty, is left to the vendor to judge.
 */
export async function piecesOf(execution: Execution): Promise<readonly Piece[]> {
  const { outboundPaging } = execution.call.method
  if (outboundPaging === null) return [null]
  const credential = await storedCredential(execution)
  const { request } = departFrom(execution, { credential, position: onlyPage })
  const list = readLocation(request.body, parseLocation(outboundPaging.location) ?? [])
  if (!Array.isArray(list) || list.length <= outboundPaging.size) return [null]
  const { size } = outboundPaging
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  )
}
