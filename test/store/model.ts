/**
 * A model of several processes that renew one credential: the transitions are those of the runtime,
 * the processes, the vendor, the crashes and the clock are made of plain data. `explore` visits every
 * state that any interleaving reaches.
 */
import type { Recovery } from '../../runtime/model/verdict.ts'
import * as protocol from '../../runtime/store/protocol.ts'
import type { ConnectionRecord, Instant } from '../../runtime/store/record.ts'
import { recordFor } from './contract-record.ts'
import { acme } from './support.ts'

const leaseMs = 10

/** What may go wrong, and how often, in one run. */
export type Budget = {
  readonly crashes: number
  /** Requests whose answer never arrives, though the vendor has acted on them. */
  readonly losses: number
  /** Requests that the vendor answers with a 503. */
  readonly outages: number
  /** Times that a lease runs out while its holder is slow. */
  readonly expiries: number
}

export type Setting = {
  readonly processes: readonly Recovery[]
  /** How many renewals each process comes to need, one after the other. */
  readonly rounds: number
  readonly budget: Budget
  /** The vendor takes a refresh token that was already used. */
  readonly grace: boolean
}

type Stage =
  | { readonly at: 'look' }
  | { readonly at: 'lease' }
  | { readonly at: 'announce'; readonly hold: protocol.Hold }
  | { readonly at: 'release'; readonly hold: protocol.Hold }
  | { readonly at: 'send'; readonly hold: protocol.Hold; readonly token: number }
  | { readonly at: 'unanswered'; readonly hold: protocol.Hold }
  | { readonly at: 'answer'; readonly hold: protocol.Hold; readonly answer: string }
  | { readonly at: 'judge'; readonly hold: protocol.Hold; readonly answer: string }
  | { readonly at: 'give up'; readonly hold: protocol.Hold; readonly judged: string | null }
  | { readonly at: 'end'; readonly how: 'renewed' | 'failed' | 'refused' }

export type Process = {
  readonly by: Recovery
  readonly stale: protocol.Counters
  readonly round: number
  readonly stage: Stage
  /** The token that it would replay with. */
  readonly uses: number
}

export type World = {
  readonly record: ConnectionRecord
  readonly now: Instant
  readonly processes: readonly Process[]
  readonly left: Budget
  /** The refresh token that the vendor takes. */
  readonly newest: number
  /** For each refresh token, how often it was sent, and how often that was answered by a 503. */
  readonly sends: readonly number[]
  readonly refused: readonly number[]
}

function beginningOf({ processes, budget }: Setting): World {
  return {
    record: recordFor(acme, { incarnation: 'i', credential: Uint8Array.of(0) }),
    now: { clock: 'model', ms: 0 },
    processes: processes.map((by) => ({
      by,
      stale: { refreshed: 0, lookedUp: 0 },
      round: 1,
      stage: { at: 'look' },
      uses: 0,
    })),
    left: budget,
    newest: 0,
    sends: [],
    refused: [],
  }
}

/** Gives every step between two states to `check`. Throws where nothing can go on. Counts the states. */
export function explore(
  setting: Setting,
  check: (world: World, before: World | null) => void,
): number {
  const first = beginningOf(setting)
  check(first, null)
  const seen = new Set([nameOf(first)])
  const open = [first]
  for (let world = open.pop(); world; world = open.pop()) {
    const following = successors(world, setting)
    if (following.length === 0 && !isOver(world)) throw new Error(`stuck: ${nameOf(world)}`)
    for (const next of following) {
      check(next, world)
      const name = nameOf(next)
      if (seen.has(name)) continue
      seen.add(name)
      open.push(next)
    }
  }
  return seen.size
}

export function isOver(world: World): boolean {
  return world.processes.every(({ stage }) => stage.at === 'end')
}

export function tokenOf({ record }: World): number {
  return record.credential[0] ?? -1
}

function successors(world: World, setting: Setting): readonly World[] {
  const found = world.processes.flatMap((process, index) => [
    ...steps(world, process, setting).map(({ process: moved, ...changes }) => ({
      ...world,
      ...changes,
      processes: world.processes.with(index, moved),
    })),
    ...crash(world, process, index),
  ])
  return [...found, ...expiry(world)]
}

type Step = Partial<Omit<World, 'processes'>> & { readonly process: Process }

/** What a process may do next; more than one where the vendor or the network decides. */
function steps(world: World, process: Process, setting: Setting): readonly Step[] {
  const { record, now } = world
  const { by, stage } = process
  const to = (next: Stage): Process => ({ ...process, stage: next })
  const change = (next: ConnectionRecord | null, then: Stage, otherwise: Stage): Step[] => [
    next ? { record: next, process: to(then) } : { process: to(otherwise) },
  ]
  const look: Stage = { at: 'look' }
  switch (stage.at) {
    case 'look':
      return looking(world, process, setting)
    case 'lease': {
      const next = protocol.leased(record, { stale: process.stale, by, now, leaseMs })
      if (!next) return [{ process: to(look) }]
      const hold = { incarnation: next.incarnation, fence: next.renewal.fence }
      return [{ record: next, process: to(planned(next, by, hold)) }]
    }
    case 'announce': {
      const { hold } = stage
      const next = protocol.announced(record, hold, { by, now, leaseMs })
      return change(next, { at: 'send', hold, token: tokenOf(world) }, { at: 'release', hold })
    }
    case 'release':
      return change(protocol.released(record, stage.hold, by), look, look)
    case 'send':
      return sending(world, process, stage)
    case 'unanswered':
      return failing(world, process, stage.hold, 'unanswered')
    case 'answer': {
      const { hold, answer } = stage
      const next = protocol.answered(record, hold, { by, answer })
      return change(next, { at: 'judge', hold, answer }, look)
    }
    case 'judge':
      return judging(world, process, stage, setting)
    case 'give up': {
      const { hold, judged } = stage
      const next = protocol.dead(record, hold, { by, reason: 'dead', judged })
      return change(next, { at: 'end', how: 'refused' }, { at: 'release', hold })
    }
    case 'end':
      return []
  }
}

function looking(world: World, process: Process, setting: Setting): Step[] {
  const { by, stale } = process
  const decision = protocol.decide(world.record, { stale, by, now: world.now })
  const end = (how: 'failed' | 'refused'): Process => ({ ...process, stage: { at: 'end', how } })
  switch (decision.kind) {
    case 'adopt':
      return [{ process: replayed(world, process, setting) }]
    case 'refuse':
      return [{ process: end('refused') }]
    case 'cool':
      return [{ process: end('failed') }]
    case 'take':
      return [{ process: { ...process, stage: { at: 'lease' } } }]
    case 'wait':
      return []
  }
}

function planned(record: ConnectionRecord, by: Recovery, hold: protocol.Hold): Stage {
  switch (protocol.plan(record, by, by === 'refresh')) {
    case 'judge':
      return { at: 'judge', hold, answer: record.renewal.pending[by]?.answer ?? '' }
    case 'give-up':
      return { at: 'give up', hold, judged: null }
    case 'send':
      return { at: 'announce', hold }
  }
}

/** The vendor rotates: a token is taken once. An older one is taken only within its grace. */
function sending(world: World, process: Process, stage: Extract<Stage, { at: 'send' }>): Step[] {
  const { left } = world
  const { hold, token } = stage
  const then = (next: Stage): Process => ({ ...process, stage: next })
  if (process.by === 'session') {
    return [{ process: then({ at: 'answer', hold, answer: 'session' }) }]
  }
  const sends = count(world.sends, token)
  const taken = token === world.newest
  const newest = taken ? token + 1 : world.newest
  const answer = taken ? String(newest) : 'reused'
  const steps: Step[] = [{ sends, newest, process: then({ at: 'answer', hold, answer }) }]
  if (left.losses > 0) {
    const fewer = { ...left, losses: left.losses - 1 }
    steps.push({ sends, newest, left: fewer, process: then({ at: 'unanswered', hold }) })
  }
  if (left.outages > 0) {
    const fewer = { ...left, outages: left.outages - 1 }
    const refused = count(world.refused, token)
    steps.push({
      sends,
      refused,
      left: fewer,
      process: then({ at: 'answer', hold, answer: '503' }),
    })
  }
  return steps
}

function judging(
  world: World,
  process: Process,
  { hold, answer }: Extract<Stage, { at: 'judge' }>,
  setting: Setting,
): Step[] {
  const { by } = process
  if (answer === '503') return failing(world, process, hold, 'answered')
  if (answer === 'reused' && !setting.grace)
    return [{ process: { ...process, stage: { at: 'give up', hold, judged: answer } } }]

  const token =
    by === 'session' ? tokenOf(world) : answer === 'reused' ? world.newest : Number(answer)
  const credential = Uint8Array.of(token)
  const record = protocol.committed(world.record, hold, { by, credential, at: '' })
  if (!record) return [{ process: { ...process, stage: { at: 'look' } } }]
  return [{ record, process: replayed({ ...world, record }, process, setting) }]
}

function failing(world: World, process: Process, hold: protocol.Hold, fate: protocol.Fate): Step[] {
  const { by } = process
  const failure = { by, fate, message: '', now: world.now, coolMs: 0 }
  const record = protocol.failed(world.record, hold, failure)
  const ended: Process = { ...process, stage: { at: 'end', how: 'failed' } }
  return [record ? { record, process: ended } : { process: ended }]
}

/** It goes on with what is stored, and may come to need a newer one still. */
function replayed(world: World, process: Process, { rounds }: Setting): Process {
  const { refreshed, lookedUp } = world.record
  const again = process.round < rounds
  return {
    ...process,
    stale: { refreshed, lookedUp },
    round: process.round + 1,
    stage: again ? { at: 'look' } : { at: 'end', how: 'renewed' },
    uses: tokenOf(world),
  }
}

/** A process killed loses what it had in memory; one that starts in its place needs the same. */
function crash(world: World, process: Process, index: number): World[] {
  const { at } = process.stage
  if (world.left.crashes === 0 || at === 'look' || at === 'end') return []
  const restarted: Process = { ...process, stage: { at: 'look' } }
  return [
    {
      ...world,
      left: { ...world.left, crashes: world.left.crashes - 1 },
      processes: world.processes.with(index, restarted),
    },
  ]
}

/**
 * The lease runs out: by itself where its holder is dead, or at the price of an expiry where its
 * holder is only slow. Not while its request is on the way: the lease outlasts that.
 */
function expiry(world: World): World[] {
  const { lease, fence } = world.record.renewal
  if (!lease || lease.until <= world.now.ms) return []
  const holders = world.processes.filter(
    ({ stage }) => 'hold' in stage && stage.hold.fence === fence,
  )
  if (holders.some(({ stage }) => stage.at === 'send')) return []
  if (holders.length > 0 && world.left.expiries === 0) return []
  const left = { ...world.left, expiries: world.left.expiries - (holders.length > 0 ? 1 : 0) }
  return [{ ...world, left, now: { ...world.now, ms: lease.until } }]
}

function count(counts: readonly number[], index: number): readonly number[] {
  const copy = [...counts]
  copy[index] = (copy[index] ?? 0) + 1
  return copy
}

/** What tells two states apart; processes of one kind may stand in for each other. */
function nameOf({ record, now, processes, left, newest, sends, refused }: World): string {
  const { renewal } = record
  const held = renewal.lease && renewal.lease.until > now.ms ? 'held' : renewal.lease ? 'over' : ''
  const pending = [renewal.pending.refresh, renewal.pending.session].map(
    (one) => one && `${one.fence}:${one.sends}:${one.answer}`,
  )
  const everybody = processes.map(({ by, stale, round, stage, uses }) =>
    [by, stale.refreshed, stale.lookedUp, round, uses, ...Object.values(stage).map(plain)].join(),
  )
  return [
    ...[record.state, record.refreshed, record.lookedUp, record.credential[0], renewal.fence, held],
    ...[...pending, ...Object.values(left), newest, sends.join(), refused.join()],
    ...everybody.toSorted(),
  ].join(';')
}

function plain(value: unknown): string {
  return typeof value === 'object' && value !== null && 'fence' in value
    ? String(value.fence)
    : String(value)
}
