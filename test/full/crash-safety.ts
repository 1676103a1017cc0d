import { expect, test } from 'vitest'
import { deaths } from '../torture/deaths.ts'
import { torture } from '../torture/rounds.ts'

const rounds = 50

/** `makeStore` gives the place of a new empty store. */
export function losesNothing(name: string, makeStore: () => Promise<string>): void {
  test.for(deaths)(
    `${name}: no connection is lost by processes killed $name, but where the answer died too`,
    async (death) => {
      const store = await makeStore()
      const tally = await torture({ store, deaths: [death], rounds, lanes: 12 })
      expect(tally.faults).toEqual([])
      expect(tally.crashes).toBe(rounds)
      expect(tally.refreshes).toBeLessThanOrEqual(tally.expiries + tally.crashes)
      expect(tally.lost[death.name] ?? 0).toBe(death.losesAnswer ? rounds : 0)
    },
  )
}
