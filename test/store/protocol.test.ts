import { expect, test } from 'vitest'
import { explore, isOver, type Setting, tokenOf, type World } from './model.ts'

const nothingGoesWrong = { crashes: 0, losses: 0, outages: 0, expiries: 0 }

/** What must hold in every state, whatever happens in whatever order. */
function check(setting: Setting) {
  const ended = new Set<string>()
  const states = explore(setting, (world, before) => {
    atMostOneSends(world, setting)
    neverOlder(world, before)
    noAnswerIsLost(world, before)
    nobodyUsesTheUncommitted(world)
    nothingInVain(world, setting)
    if (!isOver(world)) return
    ended.add(world.processes.map(({ stage }) => 'how' in stage && stage.how).join())
  })
  return { states, ended }
}

/** One request at a time; and one for each token, but for those answered by a 503 and one in doubt. */
function atMostOneSends(world: World, { budget }: Setting): void {
  const sending = world.processes.filter(({ stage }) => stage.at === 'send')
  if (sending.length > 1) throw new Error('two send at once')
  const doubts = budget.crashes + budget.losses + budget.expiries === 0 ? 0 : 1
  world.sends.forEach((sends, token) => {
    const counted = sends - (world.refused[token] ?? 0)
    if (counted > 1 + doubts) throw new Error(`token ${token} was sent ${counted} times`)
  })
}

function neverOlder(world: World, before: World | null): void {
  if (!before) return
  const grown = world.record.generation - before.record.generation
  if (tokenOf(world) < tokenOf(before)) throw new Error('an older token took the place of a newer')
  if (grown < 0 || grown > 1) throw new Error(`the generation grew by ${grown}`)
}

/** A new token that was stored stays until it is committed. */
function noAnswerIsLost(world: World, before: World | null): void {
  const answer = before?.record.renewal.pending.refresh?.answer ?? ''
  if (!/^\d$/.test(answer) || world.record.refreshed !== before?.record.refreshed) return
  if (world.record.renewal.pending.refresh?.answer !== answer) throw new Error('an answer was lost')
}

function nobodyUsesTheUncommitted(world: World): void {
  for (const { uses } of world.processes) {
    if (uses > tokenOf(world)) throw new Error(`token ${uses} was used before it was stored`)
  }
}

/** Who needs the same thing gets the same thing: one renewal of each kind serves everybody. */
function nothingInVain({ record }: World, { rounds }: Setting): void {
  if (rounds > 1) return
  if (record.refreshed > 1 || record.lookedUp > 1) throw new Error('renewed although it was newer')
  const marked = record.state === 'sessionInvalid'
  if (marked && record.refreshed > 0) throw new Error('marked although it was renewed')
}

test('three processes renew once where nothing goes wrong', () => {
  const { ended } = check({
    processes: ['refresh', 'refresh', 'refresh'],
    rounds: 1,
    budget: nothingGoesWrong,
    grace: false,
  })
  expect(ended).toEqual(new Set(['renewed,renewed,renewed']))
})

test('three processes keep the promises through crashes, losses, outages and slow holders', () => {
  for (const grace of [false, true]) {
    const { states, ended } = check({
      processes: ['refresh', 'refresh', 'refresh'],
      rounds: 1,
      budget: { crashes: 2, losses: 1, outages: 1, expiries: 1 },
      grace,
    })
    expect(states).toBeGreaterThan(10_000)
    expect(ended.size).toBeGreaterThan(5)
  }
})

test('three processes keep the promises when each of them is slow', () => {
  const { ended } = check({
    processes: ['refresh', 'refresh', 'refresh'],
    rounds: 1,
    budget: { crashes: 0, losses: 0, outages: 0, expiries: 4 },
    grace: true,
  })
  expect(ended).toContain('renewed,renewed,renewed')
})

test('two processes keep the promises over several generations', () => {
  const { states } = check({
    processes: ['refresh', 'refresh'],
    rounds: 3,
    budget: { crashes: 2, losses: 1, outages: 0, expiries: 1 },
    grace: true,
  })
  expect(states).toBeGreaterThan(5_000)
})

test('session lookups in between lose no refresh', () => {
  const { ended } = check({
    processes: ['refresh', 'refresh', 'session'],
    rounds: 2,
    budget: { crashes: 1, losses: 0, outages: 0, expiries: 0 },
    grace: true,
  })
  expect(ended).toEqual(new Set(['renewed,renewed,renewed']))
})
