/** What holds for real processes on one store, whatever keeps it: one of them asks the vendor. */
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { processesOn, reportOf } from './child-processes.ts'
import { acme } from './support.ts'
import { openTokenEndpoint } from './token-endpoint.ts'

/** `makeStore` gives the place of a new empty store. */
export function sharesRenewals(name: string, makeStore: () => Promise<string>): void {
  describe(`${name}: processes`, () => {
    test('replace() sends once for 5 processes of 20 callers each', async () => {
      await using endpoint = await openTokenEndpoint({ delayMs: 100 })
      const { open, start } = await processesOn(await makeStore(), endpoint.url)
      const children = Array.from({ length: 5 }, () => start({ callers: 20, waits: true }))
      await Promise.all(children.map((child) => once(child.stdout, 'data')))
      const reports = children.map(reportOf)
      for (const child of children) child.stdin.end('go\n')

      for (const report of await Promise.all(reports)) {
        expect(report?.failure).toBeNull()
        expect(report?.tokens).toEqual(Array(20).fill('access-1'))
      }
      expect(endpoint.asked).toEqual(['refresh-0'])
      await using vault = await open()
      expect(await vault.audit(acme.tenant)).toMatchObject([
        { result: 'renewed', fromGeneration: 0, toGeneration: 1, inDoubt: false },
      ])
    })

    test('replace() asks a token endpoint that is slower than the lease once', async () => {
      await using endpoint = await openTokenEndpoint({ delayMs: 4_000 })
      const { open, start } = await processesOn(await makeStore(), endpoint.url)
      const short = { timeoutMs: 1_000, marginMs: 1_500 }
      const reports = await Promise.all([1, 2, 3].map(() => reportOf(start(short))))
      const reasons = reports.map((report) => report?.failure?.reason).toSorted()
      expect(reasons).toEqual(['cooling-down', 'cooling-down', 'unanswered'])
      expect(endpoint.asked).toEqual(['refresh-0'])
      await using vault = await open()
      expect(await vault.get(acme)).toMatchObject({ state: 'active', renewal: { failures: 1 } })
    })
  })
}
