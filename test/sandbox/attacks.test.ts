/** The corpus of attacks, through a whole runtime: what the scripts of strangers may try. */
import { Script } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { readCorpus } from './attacks/corpus.ts'
import { faultsOf, logOf } from './attacks/judge.ts'
import type { Run } from './attacks/stage.ts'
import { expectHarmless, testAttacks } from './attacks/suite.ts'

const corpus = readCorpus()
const stage = testAttacks(
  ['escape', 'thrown-value', 'read-back', 'logging', 'auth-loop', 'request', 'bleed'],
  300,
)

function attack(id: string) {
  const found = corpus.find((each) => each.id === id)
  if (found === undefined) throw new Error(`the corpus has no ${id}`)
  return found
}

const logged = ({ outcome }: Run) => logOf(outcome).map(({ text }) => text)

describe('bleed', () => {
  const pairs = [...new Set(corpus.flatMap(({ pair }) => pair ?? []))]
  const one = { tenant: 'one', connection: 'c' }

  test.each(pairs)('%s leaves nothing for another tenant, nor for itself', async (pair) => {
    for (const other of [{ tenant: 'two', connection: 'c' }, one]) {
      const left = await stage().run(attack(`${pair}A`), 'call', { as: one })
      await expectHarmless(stage(), left, attack(`${pair}A`), 'call')
      const before = stage().pids()
      const found = await stage().run(attack(`${pair}B`), 'call', { as: other })
      await expectHarmless(stage(), found, attack(`${pair}B`), 'call')
      expect(stage().pids()).toEqual(before)
    }
  })
})

describe('what else must hold', () => {
  test('ESC-057 a script sees neither time zone nor language of its host', async () => {
    expect(logged(await stage().run(attack('ESC-057'), 'call'))).toContain(
      'HOSTINFO tz=UTC locale=en-US',
    )
  })

  test('ESC-056 a script has a clock of milliseconds, and no finer one', async () => {
    expect(logged(await stage().run(attack('ESC-056'), 'call')).at(-1)).toMatch(/perf=undefined$/)
  })

  test('AUT-005 a replay sends the call’s own request again, not what the script made of it', async () => {
    const { received } = await stage().run(attack('AUT-005'), 'call')
    const items = received.filter(({ path }) => path.startsWith('/v1/items'))
    expect(items.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/items',
      'GET /v1/items',
    ])
  })

  test('REQ-083 a script carries the token where the connector may go, and never sees it', async () => {
    const run = await stage().run(attack('REQ-083'), 'call')
    expect(logged(run)).toContain('token visible: true')
    expect(faultsOf(run, attack('REQ-083'), stage().vendor.host)).toEqual([])
  })

  test.each([
    ['another host', 'https://evil.example.net/'],
    ['plain HTTP', 'http://api.example.com/'],
    ['a metadata service', 'http://169.254.169.254/latest/'],
    ['another port of this machine', 'http://127.0.0.1:9/v1/items'],
    ['itself', undefined],
  ])('REQ-084 a redirect to %s is not followed', async (_where, location) => {
    for (const route of ['call', 'http_request'] as const) {
      const vendor = { rejects: 'none', ...(location === undefined ? {} : { location }) } as const
      const run = await stage().run(attack('REQ-084'), route, { vendor })
      await expectHarmless(stage(), run, { ...attack('REQ-084'), expect: ['blocked'] }, route)
    }
  })
})

describe('the corpus', () => {
  test('has every script that it had', () => {
    expect(corpus).toHaveLength(201)
    expect(new Set(corpus.map(({ id }) => id)).size).toBe(201)
  })

  test.each(corpus.map(({ id, source }) => [id, source]))('%s is a script', (_id, source) => {
    expect(() => new Script(source)).not.toThrow()
  })
})

test('the watch sees a socket that is opened', async () => {
  const { watchBroker } = await import('./attacks/watch.ts')
  const look = watchBroker(() => [])
  await fetch(`${stage().vendor.origin}/v1/start`, { headers: { connection: 'close' } })
  expect(look().dialled).toEqual([stage().vendor.host])
})
