/** What holds for real processes on one store, whatever keeps it: one sends, and a crash at any point is mended. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { keysFromEnvironment } from '../../runtime/store/keys.ts'
import { openVault } from '../../runtime/store/vault.ts'
import type { Orders, Report } from './child/replace.ts'
import { accessTokenOf, acme, newConnection } from './support.ts'
import { openTokenEndpoint } from './token-endpoint.ts'

const childFile = new URL('child/replace.ts', import.meta.url).pathname

/** A store with one connection, and processes that work on it. */
async function stage(store: string, endpoint: string) {
  const environment = { HOOKLINE_KEY: randomBytes(32).toString('base64') }
  const open = () => openVault({ store, keys: keysFromEnvironment(environment) })
  {
    await using vault = await open()
    await vault.create(newConnection())
  }
  const usual: Orders = {
    ...{ store, endpoint, callers: 1, timeoutMs: 400, marginMs: 200, die: null, waits: false },
  }
  const start = (orders: Partial<Orders> = {}): ChildProcessWithoutNullStreams =>
    spawn(process.execPath, [childFile, JSON.stringify({ ...usual, ...orders })], {
      env: environment,
    })
  return { open, start }
}

/** What a process printed, once it has ended; null where it was killed. */
async function reportOf(child: ChildProcessWithoutNullStreams): Promise<Report | null> {
  const [out, errors, [, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (signal === 'SIGKILL') return null
  const line = out.trim().split('\n').at(-1)
  if (!line?.startsWith('{')) throw new Error(`the child said: ${out}${errors}`)
  return JSON.parse(line) as Report
}

type Death = NonNullable<Orders['die']>

/** Kills one process at a point of its renewal, and lets another one finish the work. */
async function killedAt(store: string, die: Death, grace: number) {
  await using endpoint = await openTokenEndpoint({ grace })
  const { open, start } = await stage(store, endpoint.url)
  expect(await reportOf(start({ die }))).toBeNull()
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

const beforeSending: readonly Death[] = [
  { when: 'before', step: 'lease' },
  { when: 'after', step: 'lease' },
  { when: 'before', step: 'announce' },
]

const answerStored: readonly Death[] = [
  { when: 'after', step: 'answer' },
  { when: 'before', step: 'commit' },
]

/** `makeStore` gives the place of a new empty store. */
export function sharesRenewals(name: string, makeStore: () => Promise<string>): void {
  describe(`${name}: processes`, () => {
    test('replace() sends once for 5 processes of 20 callers each', async () => {
      await using endpoint = await openTokenEndpoint({ delayMs: 100 })
      const { open, start } = await stage(await makeStore(), endpoint.url)
      const children = Array.from({ length: 5 }, () =>
        start({ callers: 20, waits: true, timeoutMs: 5_000 }),
      )
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
      await using endpoint = await openTokenEndpoint({ delayMs: 3_000 })
      const { open, start } = await stage(await makeStore(), endpoint.url)
      const reports = await Promise.all([start(), start(), start()].map(reportOf))
      const reasons = reports.map((report) => report?.failure?.reason).toSorted()
      expect(reasons).toEqual(['cooling-down', 'cooling-down', 'unanswered'])
      expect(endpoint.asked).toEqual(['refresh-0'])
      await using vault = await open()
      expect(await vault.get(acme)).toMatchObject({ state: 'active', renewal: { failures: 1 } })
    })

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
      const { open, start } = await stage(await makeStore(), endpoint.url)
      expect(await reportOf(start({ die: { when: 'after', step: 'commit' } }))).toBeNull()
      await using vault = await open()
      expect(endpoint.asked).toEqual(['refresh-0'])
      expect(accessTokenOf(await vault.current(acme))).toBe('access-1')
    })
  })
}
