/** A real process that is killed at any point of a renewal leaves what the next one can go on from. */
import { describe, expect, test } from 'vitest'
import type { Orders } from './child/replace.ts'
import { processesOn, reportOf } from './child-processes.ts'
import { accessTokenOf, acme } from './support.ts'
import { openTokenEndpoint } from './token-endpoint.ts'

/** The lease of one who dies, so that the next one need not wait for long. */
const brief = { timeoutMs: 700, marginMs: 300 }

type Death = NonNullable<Orders['die']>

/** Kills one process at a point of its renewal, and lets another one finish the work. */
async function killedAt(store: string, die: Death, grace: number) {
  await using endpoint = await openTokenEndpoint({ grace })
  const { open, start } = await processesOn(store, endpoint.url)
  expect(await reportOf(start({ die, ...brief }))).toBeNull()
  const askedByTheDead = endpoint.asked.length
  const report = await reportOf(start())
  await using vault = await open()
  return {
    ...{ askedByTheDead, report, asked: endpoint.asked },
    token: accessTokenOf(await vault.current(acme)),
    connection: await vault.get(acme),
    audit: await vault.audit(acme.tenant),
  }
}

const beforeSending: readonly Death[] = [{ when: 'before', step: 'announce' }]

const answerStored: readonly Death[] = [
  { when: 'after', step: 'answer' },
  { when: 'before', step: 'commit' },
]

/** `makeStore` gives the place of a new empty store. */
export function survivesCrashes(name: string, makeStore: () => Promise<string>): void {
  describe(`${name}: crashes`, () => {
    test.for(beforeSending)(
      'replace() is taken over from a process killed $when $step',
      async (die) => {
        const { asked, askedByTheDead, report, token, audit } = await killedAt(
          await makeStore(),
          die,
          0,
        )
        expect(askedByTheDead).toBe(0)
        expect(asked).toEqual(['refresh-0'])
        expect(report).toEqual({ tokens: ['access-1'], adopted: 0, failure: null })
        expect(token).toBe('access-1')
        expect(audit).toMatchObject([{ result: 'renewed', inDoubt: false }])
      },
    )

    test('replace() sends in doubt after a process killed between announcing and sending', async () => {
      const { asked, report, audit } = await killedAt(
        await makeStore(),
        { when: 'after', step: 'announce' },
        0,
      )
      expect(asked).toEqual(['refresh-0'])
      expect(report?.tokens).toEqual(['access-1'])
      expect(audit).toMatchObject([{ result: 'renewed', inDoubt: true }])
    })

    test('replace() sends the same token once more when an answer died with its process', async () => {
      const { asked, report, token } = await killedAt(
        await makeStore(),
        { when: 'before', step: 'answer' },
        1,
      )
      expect(asked).toEqual(['refresh-0', 'refresh-0'])
      expect(report?.tokens).toEqual(['access-1'])
      expect(token).toBe('access-1')
    })

    test('replace() says what happened when the vendor refuses the token that is in doubt', async () => {
      const { asked, report, connection, audit } = await killedAt(
        await makeStore(),
        { when: 'before', step: 'answer' },
        0,
      )
      expect(asked).toEqual(['refresh-0', 'refresh-0'])
      expect(report?.failure).toMatchObject({ type: 'InvalidCredential', reason: 'invalid_grant' })
      expect(report?.failure?.message).toContain('The answer to an earlier refresh never arrived')
      expect(connection?.state).toBe('sessionInvalid')
      expect(audit).toMatchObject([{ result: 'dead', inDoubt: true }])
    })

    test.for(answerStored)(
      'replace() commits the answer of a process killed $when $step',
      async (die) => {
        const { asked, report, token, audit } = await killedAt(await makeStore(), die, 0)
        expect(asked).toEqual(['refresh-0'])
        expect(report).toEqual({ tokens: ['access-1'], adopted: 0, failure: null })
        expect(token).toBe('access-1')
        expect(audit).toMatchObject([{ result: 'recovered', fromGeneration: 0, toGeneration: 1 }])
      },
    )

    test('replace() leaves a committed credential alone when its process was killed after', async () => {
      await using endpoint = await openTokenEndpoint()
      const { open, start } = await processesOn(await makeStore(), endpoint.url)
      expect(await reportOf(start({ die: { when: 'after', step: 'commit' }, ...brief }))).toBeNull()
      await using vault = await open()
      expect(endpoint.asked).toEqual(['refresh-0'])
      expect(accessTokenOf(await vault.current(acme))).toBe('access-1')
    })
  })
}
