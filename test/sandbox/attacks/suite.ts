import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Route } from './adapter.ts'
import { type Attack, type Category, readCorpus } from './corpus.ts'
import { endingOf, faultsOf, isExpected } from './judge.ts'
import { openStage, type Run, type Stage } from './stage.ts'
import { type Twin, twins } from './twins.ts'

/** A stage for the tests of one file. */
function useStage(attacks: readonly Attack[], hookMs: number): () => Stage {
  let stage: Stage | null = null
  beforeAll(async () => {
    stage = await openStage(attacks, hookMs)
  })
  afterAll(() => stage?.[Symbol.asyncDispose]())
  return () => {
    if (stage === null) throw new Error('the stage is opened before the first test')
    return stage
  }
}

/** The corpus's attacks of some categories, with the harmless twin of each. */
function attacksOf(categories: readonly Category[]): readonly Attack[] {
  const all = [...readCorpus(), ...twins.map(({ attack }) => attack)]
  return all.filter(({ category }) => categories.includes(category))
}

/** One test for each attack of these categories, and one for each of their twins. */
export function testAttacks(categories: readonly Category[], hookMs: number): () => Stage {
  const attacks = attacksOf(categories)
  const stage = useStage(attacks, hookMs)
  for (const category of categories) {
    describe(category, () => {
      const own = attacks.filter((attack) => attack.category === category)
      const single = own.filter(({ id, pair }) => pair === null && !id.startsWith('TWIN'))
      for (const attack of single) {
        for (const route of routesOf(attack)) {
          test(`${attack.id} ${route} ends as expected, and harms nobody`, async () => {
            const run = await stage().run(attack, route)
            await expectHarmless(stage(), run, attack, route)
          })
        }
      }
      for (const twin of twins.filter(({ attack }) => attack.category === category)) {
        test(`the harmless twin of ${category} has its effect`, () => expectEffect(stage(), twin))
      }
    })
  }
  return stage
}

/** A request is tried as that of the call, and as one of the script's own. */
function routesOf({ category, hook }: Attack): readonly Route[] {
  if (category !== 'request') return ['call']
  return hook === 'top-level' ? ['call', 'http_request'] : ['http_request']
}

export async function expectHarmless(
  stage: Stage,
  run: Run,
  attack: Attack,
  route: Route,
): Promise<void> {
  const ending = endingOf(run, route)
  const expected = isExpected(ending, attack, route) ? ending : attack.expect
  expect({ ending, faults: faultsOf(run, attack, stage.vendor.host) }).toEqual({
    ending: expected,
    faults: [],
  })
  expect(await stage.isServing()).toBe(true)
}

async function expectEffect(stage: Stage, { attack, effect }: Twin): Promise<void> {
  for (const route of routesOf(attack)) {
    const rejects = attack.hook === 'after_error' ? 'first' : 'none'
    const run = await stage.run(attack, route, { vendor: { rejects } })
    expect(faultsOf(run, attack, stage.vendor.host)).toEqual([])
    expect(JSON.stringify([run.outcome, run.received])).toContain(effect)
  }
}
