import { setTimeout as delay } from 'node:timers/promises'
import type { Credential, Renewed } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import type { RenewalResult } from '../model/ports.ts'
import type { CredentialContent } from './credential-text.ts'
import { type Errand, leaseMs } from './errand.ts'
import { changeRecord, type Known, readRecord } from './ledger.ts'
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
    const known = (round === 0 && takeable(errand)) || (await readRecord(errand, errand.key))
    const { record } = known
    const decision = decide(record, { stale, by: renewal.by, now: known.now })
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
        await pause(errand, now() - began, decision.ms)
        break
      case 'take': {
        const result = await takeAndRenew(errand, known)
        if (result) return result
        assertPatience()
      }
    }
  }
}

/**
 * The caller's own reading, where it is so new that the lease taken by it is hardly the shorter, and
 * says to take it. Nothing rests on it: the compare-and-set finds that the row has changed since.
 */
function takeable({ key, seen, stale, renewal, now }: Errand): Known | null {
  if (!seen || now() - seen.readAt > freshMs) return null
  if (seen.record.tenant !== key.tenant || seen.record.id !== key.id) return null
  const decision = decide(seen.record, { stale, by: renewal.by, now: seen.now })
  return decision.kind === 'take' ? seen : null
}

const freshMs = 1_000

/** Looks again after an eighth of the time that was waited so far: that much is lost at most. */
async function pause({ settings, closing }: Errand, waited: number, atMost: number): Promise<void> {
  const ms = Math.min(Math.max(waited / 8, 15), 200) * (0.5 + settings.jitter())
  await delay(Math.min(ms, atMost + 1), undefined, { signal: closing }).catch(() => {
    closing.throwIfAborted()
  })
}

/** Resolves to null where somebody else was faster; then the record says how it goes on. */
async function takeAndRenew(errand: Errand, known: Known): Promise<RenewalResult | null> {
  const taken = await take(errand, known)
  if (!taken) return null

  const hold = holdOf(taken.record)
  const result = await renewAsHolder(errand, hold, taken)
  // Overtaken, or late: who looks next, maybe this very one, must not wait for our lease to end.
  if (!result) await release(errand, hold)
  return result
}

/** Takes the lease; and announces the request in the same change, where one is to be sent. */
async function take(errand: Errand, known: Known): Promise<Known | null> {
  const { key, stale, renewal } = errand
  const { by } = renewal
  let hold: Hold | null = null
  try {
    return await changeRecord(errand, { key, step: 'lease', known }, async (record, now) => {
      // Opened before anything is promised: a wrong key is found while nobody is waiting for us.
      await errand.envelope.openCredential(record)
      const next = leased(record, { stale, by, now, leaseMs: leaseMs(errand) })
      if (!next || plan(next, by, !renewal.repeatable) !== 'send') return next && { next }
      hold = holdOf(next)
      const sending = announced(next, hold, { by, now, leaseMs: leaseMs(errand) })
      return sending && { next: sending, step: 'announce' }
    })
  } catch (error) {
    // Announced or not, it was not sent: a store that is back already may know it.
    if (hold) await release(errand, hold).catch(() => {})
    throw error
  }
}

function holdOf({ incarnation, renewal }: ConnectionRecord): Hold {
  return { incarnation, fence: renewal.fence }
}

async function renewAsHolder(
  errand: Errand,
  hold: Hold,
  taken: Known,
): Promise<RenewalResult | null> {
  const pending = taken.record.renewal.pending[errand.renewal.by]
  if (pending?.answer) return judge(errand, hold, { known: taken, found: true })
  if (pending?.fence !== hold.fence) {
    return giveUp(errand, hold, { failure: failures.doubtfulTwice(), judged: null })
  }
  const kept = await ask(errand, hold, taken)
  return kept && judge(errand, hold, { known: kept, found: false })
}

async function release(errand: Errand, hold: Hold): Promise<void> {
  await changeRecord(errand, { key: errand.key, step: 'release' }, (record) => {
    const next = released(record, hold, errand.renewal.by)
    return next && { next }
  })
}

/** Sends the request that was announced, and stores the raw answer. Null where it was too late. */
async function ask(errand: Errand, hold: Hold, announcement: Known): Promise<Known | null> {
  const { renewal, envelope } = errand
  const { record, readAt } = announcement
  // Whatever is needed to keep the answer is at hand before it is asked for.
  const credential = await envelope.openCredential(record)
  const sealAnswer = await envelope.answerSealer(record, renewal.by)
  // The store was so slow that the lease may end before the request does: not sent.
  const tooLate = errand.now() + renewal.timeoutMs > readAt + leaseMs(errand)
  if (tooLate) return null

  const answer = await sendInTime(errand, hold, credential)
  if (answer === null) return null
  return keepAnswer(errand, hold, { answer: sealAnswer(answer), known: announcement })
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
  { answer, known }: { readonly answer: string; readonly known: Known },
): Promise<Known | null> {
  const until = errand.now() + errand.settings.answerPatienceMs
  for (let round = 0; ; round++) {
    try {
      return await changeRecord(errand, { key: errand.key, step: 'answer', known }, (record) => {
        const next = answered(record, hold, { by: errand.renewal.by, answer })
        return next && { next }
      })
    } catch (error) {
      if (!(error instanceof StoreFailure) || errand.now() > until) throw error
      await delay(Math.min(10 * 2 ** round, 1_000))
    }
  }
}

type Found = { readonly known: Known; readonly found: boolean }

/** Reads the stored answer and commits what it says. */
async function judge(
  errand: Errand,
  hold: Hold,
  { known, found }: Found,
): Promise<RenewalResult | null> {
  const { key, renewal, envelope } = errand
  let renewed: Renewed
  try {
    renewed = await readAnswer(errand, known.record)
  } catch (error) {
    if (error instanceof CallFailure && error.type === 'InvalidCredential') {
      const pending = known.record.renewal.pending[renewal.by]
      const failure = pending && pending.sends > 1 ? failures.lostInDoubt(error) : error
      return giveUp(errand, hold, { failure, judged: pending?.answer ?? null })
    }
    // The store or its key is away, which says nothing of the answer: it stays as it is.
    if (error instanceof StoreFailure) throw error
    throw await settle(errand, hold, { error, fate: fateOf(errand, error) })
  }

  const done = await changeRecord(errand, { key, step: 'commit', known }, async (record) => {
    const content = merge(await envelope.openCredential(record), renewed)
    const credential = await envelope.sealCredential(record, content)
    const at = errand.wallClock().toISOString()
    const next = committed(record, hold, { by: renewal.by, credential, at })
    const result = found ? 'recovered' : 'renewed'
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
