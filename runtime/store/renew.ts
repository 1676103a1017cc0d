import { setTimeout } from 'node:timers/promises'
import type { ConnectionKey, Credential, Renewed } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import type { Renewal, RenewalResult } from '../model/ports.ts'
import type { AuditLine } from './backend.ts'
import type { CredentialContent } from './credential-text.ts'
import type { Envelope } from './envelope.ts'
import { changeRecord, type Ledger, readRecord } from './ledger.ts'
import {
  announced,
  answered,
  type Counters,
  committed,
  dead,
  decide,
  type Fate,
  failed,
  type Hold,
  leased,
  plan,
  released,
} from './protocol.ts'
import type { ConnectionRecord } from './record.ts'
import * as failures from './renewal-failures.ts'
import { StoreFailure } from './store-failure.ts'

export type RenewalSettings = {
  /** By how much a lease outlasts the token request's own timeout, in milliseconds. */
  readonly marginMs: number
  /** How long an answer is held on to while the store is away, in milliseconds. */
  readonly answerPatienceMs: number
  /** After the first failure, and at most, in milliseconds. It doubles with each failure. */
  readonly coolDown: { readonly firstMs: number; readonly mostMs: number }
  /** From 0 to 1; spreads what would happen at once. */
  readonly jitter: () => number
}

/** One caller's need for a newer credential, and what serves it. */
export type Errand = Ledger & {
  readonly key: ConnectionKey
  readonly stale: Counters
  readonly renewal: Renewal
  readonly envelope: Envelope
  readonly settings: RenewalSettings
  /** Aborted when the vault closes: nobody starts to wait or to send any more. */
  readonly closing: AbortSignal
}

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
        if (now() - began > patience) throw failures.leaseTimeout(renewal.by, now() - began)
        await pause(errand, round, decision.ms)
        break
      case 'take': {
        const result = await takeAndRenew(errand)
        if (result) return result
      }
    }
  }
}

function leaseMs({ renewal, settings }: Errand): number {
  return renewal.timeoutMs + settings.marginMs
}

async function pause({ settings, closing }: Errand, round: number, atMost: number): Promise<void> {
  const ms = Math.min(10 * 2 ** Math.min(round, 5), 250) * (0.5 + settings.jitter())
  await setTimeout(Math.min(ms, atMost + 1), undefined, { signal: closing })
}

/** Resolves to null where somebody else was faster; then the record says how it goes on. */
async function takeAndRenew(errand: Errand): Promise<RenewalResult | null> {
  const taken = await changeRecord(errand, errand.key, 'lease', async (record, now) => {
    // Opened before anything is promised: a wrong key is found while nobody is waiting for us.
    await errand.envelope.openCredential(record)
    const next = leased(record, { now, leaseMs: leaseMs(errand) })
    return next && { next }
  })
  if (!taken) return null

  const { record } = taken
  const hold = { incarnation: record.incarnation, fence: record.renewal.fence }
  const credential = await errand.envelope.openCredential(record)
  switch (plan(record, errand.renewal.by, spendsToken(errand, credential))) {
    case 'judge':
      return judge(errand, hold, { record, found: true })
    case 'give-up':
      return giveUp(
        errand,
        hold,
        new CallFailure('InvalidCredential', failures.doubtfulTwice, { reason: 'in-doubt' }),
      )
    case 'send': {
      const kept = await ask(errand, hold)
      return kept && judge(errand, hold, { record: kept, found: false })
    }
  }
}

/** Only a refresh token is used up by being sent: a login, or a machine's grant, can be repeated. */
function spendsToken({ renewal }: Errand, { auth }: Credential): boolean {
  return renewal.by === 'refresh' && auth.kind === 'oauth2' && auth.refreshToken !== null
}

/** Announces the request, sends it, and stores the raw answer. Null where the lease was lost. */
async function ask(errand: Errand, hold: Hold): Promise<ConnectionRecord | null> {
  const { renewal, envelope } = errand
  const announcement = await changeRecord(errand, errand.key, 'announce', (record, now) => {
    const next = announced(record, hold, { by: renewal.by, now, leaseMs: leaseMs(errand) })
    return next && { next }
  })
  if (!announcement) return null

  const { record, readAt } = announcement
  const credential = await envelope.openCredential(record)
  if (errand.now() + renewal.timeoutMs > readAt + leaseMs(errand)) {
    // The store was so slow that the lease may end before the request does: not sent.
    await changeRecord(errand, errand.key, 'release', (current) => {
      const next = released(current, hold, renewal.by)
      return next && { next }
    })
    return null
  }
  const answer = await sendInTime(errand, hold, credential)
  const sealed = await envelope.sealAnswer(record, renewal.by, answer)
  return keepAnswer(errand, hold, sealed)
}

async function sendInTime(errand: Errand, hold: Hold, credential: Credential): Promise<string> {
  const { renewal } = errand
  const signal = AbortSignal.timeout(renewal.timeoutMs)
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(failures.unanswered(renewal)), { once: true })
  })
  try {
    return await Promise.race([renewal.send(credential, signal), late])
  } catch (error) {
    throw await settle(errand, hold, { error, fate: failures.fateOfSending(error) })
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
      await setTimeout(Math.min(10 * 2 ** round, 1_000))
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
      const doubtful = (kept.record.renewal.pending[renewal.by]?.sends ?? 0) > 1
      return giveUp(errand, hold, doubtful ? failures.lostInDoubt(error) : error)
    }
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
  return renewal.by === 'refresh' ? failures.fateOfReading(error) : 'answered'
}

/** Only a new login helps, unless a sibling has stored a newer credential: then that is adopted. */
async function giveUp(errand: Errand, hold: Hold, failure: CallFailure): Promise<null> {
  const { by } = errand.renewal
  const marked = await changeRecord(errand, errand.key, 'dead', (record) => {
    const next = dead(record, hold, { by, reason: failure.message })
    const reason = failure.reason ?? null
    return next && { next, audit: lineOf(errand, record, { result: 'dead', to: null, reason }) }
  })
  if (marked) throw failure
  return null
}

/** Records a failed renewal and gives back what to throw. Bugs come back as they are. */
async function settle(
  errand: Errand,
  hold: Hold,
  { error, fate }: { error: unknown; fate: Fate },
): Promise<unknown> {
  const { by } = errand.renewal
  const failure = error instanceof CallFailure ? failures.asRenewalFailure(by, error) : null
  const message = failure?.message ?? 'a fault in this program'
  try {
    await changeRecord(errand, errand.key, 'fail', (record, now) => {
      const coolMs = coolDownMs(errand, record.renewal.failures, failure?.retryAt)
      const next = failed(record, hold, { by, fate, message, now, coolMs })
      const reason = failure?.reason ?? null
      return next && { next, audit: lineOf(errand, record, { result: 'failed', to: null, reason }) }
    })
  } catch (cause) {
    // The lease runs out by itself; what went wrong first is what people need to know.
    if (!(cause instanceof StoreFailure)) throw cause
  }
  return failure ?? error
}

function coolDownMs({ settings, wallClock }: Errand, before: number, retryAt?: Date): number {
  const { firstMs, mostMs } = settings.coolDown
  const grown = Math.min(mostMs, firstMs * 2 ** Math.min(before, 20))
  const spread = grown * (0.9 + 0.2 * settings.jitter())
  const asked = retryAt ? retryAt.getTime() - wallClock().getTime() : 0
  return Math.round(Math.max(spread, Math.min(asked, mostMs)))
}

function lineOf(
  errand: Errand,
  record: ConnectionRecord,
  {
    result,
    to,
    reason = null,
  }: { result: AuditLine['result']; to: number | null; reason?: string | null },
): AuditLine {
  const { by } = errand.renewal
  return {
    tenant: record.tenant,
    connection: record.id,
    by,
    fromGeneration: record.generation,
    toGeneration: to,
    result,
    inDoubt: (record.renewal.pending[by]?.sends ?? 0) > 1,
    reason,
    at: errand.wallClock().toISOString(),
  }
}
