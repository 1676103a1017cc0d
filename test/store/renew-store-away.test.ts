import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { StoreBackend } from '../../runtime/store/backend.ts'
import type { KeyProvider } from '../../runtime/store/keys.ts'
import { openSqlite } from '../../runtime/store/sqlite.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { openVaultOver } from '../../runtime/store/vault.ts'
import { failingAt, failureOf, stage } from './stage.ts'
import { accessTokenOf, acme, never, newConnection, refresh, someKeys } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a store that is away at the announcement means no renewal', async () => {
  const { open, stale } = await stage({ marginMs: 200, coolDown: { firstMs: 0, mostMs: 0 } })
  const vault = await open(failingAt('announce', 1))
  const renewal = refresh(() => '1', 300)
  const failure = await failureOf(vault.replace(acme, stale, renewal, never()))
  expect(failure).toMatchObject({ type: 'AuthRefreshFailed', reason: 'store-unavailable' })
  expect(renewal.sent).toBe(0)
  await vault.replace(acme, stale, renewal, never())
  expect(renewal.sent).toBe(1)
})

test('an answer is held on to while the store is away', async () => {
  const { open, stale } = await stage()
  const vault = await open(failingAt('answer', 3))
  const renewal = refresh(() => '1')
  const { credential } = await vault.replace(acme, stale, renewal, never())
  expect([accessTokenOf(credential), renewal.sent]).toEqual(['access-1', 1])
})

test('a store that is away at the commit loses nothing', async () => {
  const { open, stale } = await stage({ marginMs: 200 })
  const vault = await open(failingAt('commit', 1))
  const renewal = refresh(() => '1', 300)
  const failure = await failureOf(vault.replace(acme, stale, renewal, never()))
  expect(failure.reason).toBe('store-unavailable')
  const { credential } = await vault.replace(acme, stale, renewal, never())
  expect([accessTokenOf(credential), renewal.sent]).toEqual(['access-1', 1])
})

test('a key service that goes away in the middle loses nothing', async () => {
  const service = someKeys()
  let away = false
  let now = 0
  const keys: KeyProvider = {
    wrap: service.wrap,
    unwrap: async (wrapped, context) => {
      if (away) throw new Error('503')
      return service.unwrap(wrapped, context)
    },
  }
  const backend = await openSqlite(join(temporaryFolder(), 'store.db'))
  await using vault = await openVaultOver(backend, { keys, now: () => now, marginMs: 200 })
  await vault.create(newConnection())
  const stale = await vault.current(acme)
  const renewal = refresh(() => {
    away = true
    now += 3_600_000
    return '1'
  }, 300)
  for (let times = 0; times < 3; times++) {
    const failure = await failureOf(vault.replace(acme, stale, renewal, never()))
    expect(failure).toMatchObject({ type: 'AuthRefreshFailed', reason: 'store-unavailable' })
  }
  away = false
  const { credential } = await vault.replace(acme, stale, renewal, never())
  expect([accessTokenOf(credential), renewal.sent]).toEqual(['access-1', 1])
})

test('a request for which the store took too long is not sent under that lease', async () => {
  const steps: string[] = []
  let now = 0
  const { open, stale } = await stage()
  const vault = await open(
    (backend) => ({
      ...backend,
      write: async (change) => {
        steps.push(change.step)
        if (steps.length === 1) now += 20_000
        return backend.write(change)
      },
    }),
    { now: () => now },
  )
  const renewal = refresh(() => '1', 10_000)
  await vault.replace(acme, stale, renewal, never())
  const whole = ['announce', 'answer', 'commit']
  expect(steps).toEqual(['announce', 'release', ...whole])
  expect(await vault.audit(acme.tenant)).toMatchObject([{ result: 'renewed', inDoubt: false }])
})

/** A store that makes the named change and then fails to say so, once. */
function failingAfter(step: string) {
  let left = 1
  return (backend: StoreBackend): StoreBackend => ({
    ...backend,
    write: async (change) => {
      const written = await backend.write(change)
      if (change.step === step && left-- > 0)
        throw new StoreFailure('it went away', { cure: 'wait' })
      return written
    },
  })
}

test.for(['announce', 'answer', 'commit'])(
  'a %s that was made although the store failed costs no second request',
  async (step) => {
    const { open, stale } = await stage({ marginMs: 200 })
    const vault = await open(failingAfter(step))
    const renewal = refresh(() => '1', 300)
    await vault.replace(acme, stale, renewal, never()).catch(() => {})
    const { credential } = await vault.replace(acme, stale, renewal, never())
    expect([accessTokenOf(credential), renewal.sent]).toEqual(['access-1', 1])
    expect((await vault.audit(acme.tenant)).map(({ inDoubt }) => inDoubt)).toEqual([false])
  },
)
