import { expect, test } from 'vitest'
import type { StoreBackend } from '../../runtime/store/backend.ts'
import { held, stage } from './stage.ts'
import { accessTokenOf, acme, lookup, never, refresh } from './support.ts'

test('replace() reads nothing again that its caller has just read', async () => {
  const { open } = await stage()
  let reads = 0
  let now = 0
  const counting = (backend: StoreBackend): StoreBackend => ({
    ...backend,
    read: async (key) => {
      reads++
      return backend.read(key)
    },
  })
  const vault = await open(counting, { now: () => now })
  const renewAfter = async (ms: number) => {
    const stale = await vault.current(acme)
    now += ms
    reads = 0
    await vault.replace(
      acme,
      stale,
      refresh(() => '1'),
      never(),
    )
    return reads
  }
  expect([await renewAfter(500), await renewAfter(1_500)]).toEqual([0, 1])
})

test('replace() adopts what was stored since its caller read', async () => {
  const { open } = await stage()
  const [vault, sibling] = [await open(), await open()]
  const stale = await vault.current(acme)
  await sibling.replace(
    acme,
    await sibling.current(acme),
    refresh(() => '1'),
    never(),
  )
  const unused = refresh(() => '99')
  const { credential, adopted } = await vault.replace(acme, stale, unused, never())
  expect({ adopted, token: accessTokenOf(credential), sent: unused.sent }).toEqual({
    ...{ adopted: true, token: 'access-1', sent: 0 },
  })
})

test('replace() asks the store once for all callers of a process', async () => {
  const { open, stale } = await stage()
  let reads = 0
  const vault = await open((backend) => ({
    ...backend,
    read: async (key) => {
      reads++
      return backend.read(key)
    },
  }))
  const renewal = refresh(() => '1')
  await Promise.all(Array.from({ length: 50 }, () => vault.replace(acme, stale, renewal, never())))
  expect(reads).toBeLessThan(10)
})

test('replace() of the second kind waits for the first without asking the store', async () => {
  const { open, stale } = await stage()
  let reads = 0
  const vault = await open((backend) => ({
    ...backend,
    read: async (key) => {
      reads++
      return backend.read(key)
    },
  }))
  const answer = held<string>()
  const first = vault.replace(
    acme,
    stale,
    refresh(() => answer.promise),
    never(),
  )
  const second = vault.replace(
    acme,
    stale,
    lookup(() => 'session-1'),
    never(),
  )
  answer.resolve('1')
  await Promise.all([first, second])
  // Looking, and four changes, for each of the two.
  expect(reads).toBe(2)
})
