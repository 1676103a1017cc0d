import { setTimeout as delay } from 'node:timers/promises'
import type { Credential, Renewed } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import type { RenewalResult } from '../model/ports.ts'
import type { CredentialContent } from './credential-text.ts'
import { type Errand, leaseMs } from './errand.ts'
import { type Changed, changeRecord, readRecord } from './ledger.ts'
import {
  announced,
  answered,
  committed,
  decide,
  type Fate,
  type Hold,
  leased,
  plan,
  released,
} from './protocol.ts'
import type { ConnectionRecord } from './record.ts'
import * as failures from './renewal-failures.ts'
import { giveUp, lineOf, settle } from './settle.ts'
import { StoreFailure } from './store-failure.ts'

/**
 * Gets a credential newer than `stale`, stored before it is handed out: adopts what somebody else
 * has renewed, waits for who is at it, else takes the lease, asks the vendor and commits the answer.
 * Rejects with `CallFailure`.
 */
export async function renew(errand: Errand): Promise<RenewalResult> {
  try {
    return await renewOrWait(errand)
  } catch (error) {
    if (error instanceof StoreFailure) throw failures.storeUnavailable(errand.renewal.by, error)
    throw error
  }
}

async function renewOrWait(errand: Errand): Promise<RenewalResult> {
  const { stale, renewal, now, wallClock } = errand
  const began = now()
  let patience = renewal.timeoutMs + leaseMs(errand)
  const assertPatience = () => {
    const waited = now() - began
    if (waited > patience) throw failures.leaseTimeout(renewal.by, waited)
  }
  for (let round = 0; ; round++) {
    errand.closing.throwIfAborted()
    const { record, now: instant } = await readRecord(errand, errand.key)
    const decision = decide(record, { stale, by: renewal.by, now: instant })
    switch (decision.kind) {
      case 'adopt':
        return { credential: await errand.envelope.openCredential(record), adopted: true }
      case 'refuse':
        throw failures.loginNeeded(record.reason)
      case 'cool': {
        const retryAt = new Date(wallClock().getTime() + decision.ms)
        throw failures.coolingDown(renewal.by, { retryAt, last: record.renewal.lastFailure })
      }
      case 'wait':
        if (round === 0) patience = Math.max(patience, decision.ms + leaseMs(errand))
        assertPatience()
        await pause(errand, round, decision.ms)
        break
      case 'take': {
        const result = await takeAndRenew(errand)
        if (result) return result
        assertPatience()
      }
    }
  }
}

async function pause({ settings, closing }: Errand, round: number, atMost: number): Promise<void> {
  const ms = Math.min(10 * 2 ** Math.min(round, 5), 250) * (0.5 + settings.jitter())
  await delay(Math.min(ms, atMost + 1), undefined, { signal: closing }).catch(() => {
    closing.throwIfAborted()
  })
}

/** Resolves to null where somebody else was faster; then the record says how it goes on. */
async function takeAndRenew(errand: Errand): Promise<RenewalResult | null> {
  const { stale, renewal } = errand
  const taken = await changeRecord(errand, errand.key, 'lease', async (record, now) => {
    // Opened before anything is promised: a wrong key is found while nobody is waiting for us.
    await errand.envelope.openCredential(record)
    const next = leased(record, { stale, by: renewal.by, now, leaseMs: leaseMs(errand) })
    return next && { next }
  })
  if (!taken) return null

  const { record } = taken
  const hold = { incarnation: record.incarnation, fence: record.renewal.fence }
  const result = await renewAsHolder(errand, hold, record)
  // Overtaken, or late: who looks next, maybe this very one, must not wait for our lease to end.
  if (!result) await release(errand, hold)
  return result
}

async function renewAsHolder(
  errand: Errand,
  hold: Hold,
  record: ConnectionRecord,
): Promise<RenewalResult | null> {
  switch (plan(record, errand.renewal.by, !errand.renewal.repeatable)) {
    case 'judge':
      return judge(errand, hold, { record, found: true })
    case 'give-up':
      return giveUp(errand, hold, { failure: failures.doubtfulTwice(), judged: null })
    case 'send': {
      const kept = await ask(errand, hold)
      return kept && judge(errand, hold, { record: kept, found: false })
    }
  }
}

async function release(errand: Errand, hold: Hold): Promise<void> {
  await changeRecord(errand, errand.key, 'release', (record) => {
    const next = released(record, hold, errand.renewal.by)
    return next && { next }
  })
}

/** Announces the request, sends it, and stores the raw answer. Null where the lease was lost. */
async function ask(errand: Errand, hold: Hold): Promise<ConnectionRecord | null> {
  const { renewal, envelope } = errand
  const announcement = await announce(errand, hold)
  if (!announcement) return null

  const { record, readAt } = announcement
  // Whatever is needed to keep the answer is at hand before it is asked for.
  const credential = await envelope.openCredential(record)
  const sealAnswer = await envelope.answerSealer(record, renewal.by)
  // The store was so slow that the lease may end before the request does: not sent.
  const tooLate = errand.now() + renewal.timeoutMs > readAt + leaseMs(errand)
  if (tooLate) return null

  const answer = await sendInTime(errand, hold, credential)
  if (answer === null) return null
  return keepAnswer(errand, hold, sealAnswer(answer))
}

async function announce(errand: Errand, hold: Hold): Promise<Changed | null> {
  const { by } = errand.renewal
  try {
    return await changeRecord(errand, errand.key, 'announce', (record, now) => {
      const next = announced(record, hold, { by, now, leaseMs: leaseMs(errand) })
      return next && { next }
    })
  } catch (error) {
    // Announced or not, it was not sent: a store that is back already may know it.
    await release(errand, hold).catch(() => {})
    throw error
  }
}

/** Null where the vendor refused, and a sibling has stored a newer credential meanwhile. */
async function sendInTime(
  errand: Errand,
  hold: Hold,
  credential: Credential,
): Promise<string | null> {
  const { renewal } = errand
  const controller = new AbortController()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    controller.abort(failures.unanswered(renewal))
    late.reject(controller.signal.reason)
  }, renewal.timeoutMs)
  try {
    return await Promise.race([renewal.send(credential, controller.signal), late.promise])
  } catch (error) {
    if (error instanceof CallFailure && error.type === 'InvalidCredential') {
      return giveUp(errand, hold, { failure: error, judged: null })
    }
    const fate = renewal.repeatable ? 'answered' : failures.fateOfSending(error)
    throw await settle(errand, hold, { error, fate })
  } finally {
    clearTimeout(timer)
  }
}

/** The answer may hold the only token that still works: the store is asked again while it is away. */
async function keepAnswer(
  errand: Errand,
  hold: Hold,
  answer: string,
): Promise<ConnectionRecord | null> {
  const until = errand.now() + errand.settings.answerPatienceMs
  for (let round = 0; ; round++) {
    try {
      const kept = await changeRecord(errand, errand.key, 'answer', (record) => {
        const next = answered(record, hold, { by: errand.renewal.by, answer })
        return next && { next }
      })
      return kept?.record ?? null
    } catch (error) {
      if (!(error instanceof StoreFailure) || errand.now() > until) throw error
      await delay(Math.min(10 * 2 ** round, 1_000))
    }
  }
}

type Found = { readonly record: ConnectionRecord; readonly found: boolean }

/** Reads the stored answer and commits what it says. */
async function judge(errand: Errand, hold: Hold, kept: Found): Promise<RenewalResult | null> {
  const { renewal, envelope } = errand
  let renewed: Renewed
  try {
    renewed = await readAnswer(errand, kept.record)
  } catch (error) {
    if (error instanceof CallFailure && error.type === 'InvalidCredential') {
      const pending = kept.record.renewal.pending[renewal.by]
      const failure = pending && pending.sends > 1 ? failures.lostInDoubt(error) : error
      return giveUp(errand, hold, { failure, judged: pending?.answer ?? null })
    }
    // The store or its key is away, which says nothing of the answer: it stays as it is.
    if (error instanceof StoreFailure) throw error
    throw await settle(errand, hold, { error, fate: fateOf(errand, error) })
  }

  const done = await changeRecord(errand, errand.key, 'commit', async (record) => {
    const content = merge(await envelope.openCredential(record), renewed)
    const credential = await envelope.sealCredential(record, content)
    const at = errand.wallClock().toISOString()
    const next = committed(record, hold, { by: renewal.by, credential, at })
    const result = kept.found ? 'recovered' : 'renewed'
    return next && { next, audit: lineOf(errand, record, { result, to: next.generation }) }
  })
  return done && { credential: await envelope.openCredential(done.record), adopted: false }
}

async function readAnswer(errand: Errand, record: ConnectionRecord): Promise<Renewed> {
  const { renewal, envelope } = errand
  const sealed = record.renewal.pending[renewal.by]?.answer ?? ''
  const answer = await envelope.openAnswer(record, renewal.by, sealed)
  return renewal.read(answer, await envelope.openCredential(record))
}

/** A renewal changes its own part; the rest of the credential stays. */
function merge(current: Credential, renewed: Renewed): CredentialContent {
  const { auth, properties, session } = current
  return renewed.by === 'refresh'
    ? { auth: renewed.auth, properties, session }
    : { auth, properties, session: renewed.session }
}

function fateOf({ renewal }: Errand, error: unknown): Fate {
  return renewal.repeatable ? 'answered' : failures.fateOfReading(error)
}
