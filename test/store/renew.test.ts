import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Change, StoreBackend } from '../../runtime/store/backend.ts'
import { openSqlite } from '../../runtime/store/sqlite.ts'
import { openVaultOver } from '../../runtime/store/vault.ts'
import { held, stage } from './stage.ts'
import { accessTokenOf, acme, lookup, never, newConnection, refresh, someKeys } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('replace() shares one renewal between concurrent callers', async () => {
  const { vault, stale } = await stage()
  const renewal = refresh((number) => String(number))
  const results = await Promise.all(
    Array.from({ length: 50 }, () => vault.replace(acme, stale, renewal, never())),
  )
  expect(renewal.sent).toBe(1)
  expect(new Set(results.map(({ credential }) => accessTokenOf(credential)))).toEqual(
    new Set(['access-1']),
  )
  expect(results.filter(({ adopted }) => !adopted)).toHaveLength(1)
})

test('replace() shares one session lookup, and keeps the tokens', async () => {
  const { vault, open, stale } = await stage()
  const second = await open()
  const renewal = lookup(() => 'session-1')
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? vault : second).replace(acme, stale, renewal, never()),
    ),
  )
  expect(renewal.sent).toBe(1)
  for (const { credential } of results) {
    expect(credential.session.SessionId?.reveal()).toBe('session-1')
    expect(accessTokenOf(credential)).toBe('access-0')
    expect(credential).toMatchObject({ generation: 1, refreshed: 0, lookedUp: 1 })
  }
})

test('replace() by another vault waits for the first, and adopts', async () => {
  const { vault, open, stale } = await stage()
  const second = await open()
  const answer = held<string>()
  const begun = held<void>()
  const first = refresh(() => {
    begun.resolve()
    return answer.promise
  })
  const renewing = vault.replace(acme, stale, first, never())
  await begun.promise
  const unused = refresh(() => '99')
  const waiting = second.replace(acme, stale, unused, never())
  answer.resolve('1')
  expect((await renewing).adopted).toBe(false)
  const { credential, adopted } = await waiting
  expect({ adopted, token: accessTokenOf(credential), sent: unused.sent }).toEqual({
    ...{ adopted: true, token: 'access-1', sent: 0 },
  })
})

test('replace() adopts only what the same kind of renewal has made newer', async () => {
  const { vault, stale } = await stage()
  await vault.replace(
    acme,
    stale,
    lookup(() => 'session-1'),
    never(),
  )
  const renewal = refresh(() => '1')
  const { credential, adopted } = await vault.replace(acme, stale, renewal, never())
  expect({ adopted, sent: renewal.sent }).toEqual({ adopted: false, sent: 1 })
  expect(credential).toMatchObject({ generation: 2, refreshed: 1, lookedUp: 1 })
  expect(credential.session.SessionId?.reveal()).toBe('session-1')
})

test('replace() lets the two kinds take turns, and loses neither', async () => {
  const { vault, open, stale } = await stage()
  const second = await open()
  const [newToken, newSession] = [refresh(() => '1'), lookup(() => 'session-1')]
  await Promise.all([
    vault.replace(acme, stale, newToken, never()),
    vault.replace(acme, stale, newSession, never()),
    second.replace(acme, stale, newSession, never()),
    second.replace(acme, stale, newToken, never()),
  ])
  const credential = await vault.current(acme)
  expect(accessTokenOf(credential)).toBe('access-1')
  expect(credential.session.SessionId?.reveal()).toBe('session-1')
  expect([newToken.sent, newSession.sent]).toEqual([1, 1])
})

test('replace() never gives a caller the credential that it came with', async () => {
  const { vault, stale } = await stage()
  const answer = held<string>()
  const begun = held<void>()
  const renewal = refresh((number) => {
    begun.resolve()
    return number === 1 ? answer.promise : '2'
  })
  const first = vault.replace(acme, stale, renewal, never())
  await begun.promise
  const after = { ...stale, generation: 1, refreshed: 1 }
  const late = vault.replace(acme, after, renewal, never())
  answer.resolve('1')
  expect(accessTokenOf((await first).credential)).toBe('access-1')
  expect(accessTokenOf((await late).credential)).toBe('access-2')
})

test('an abort stops only the waiting of its own caller', async () => {
  const { vault, stale } = await stage()
  const answer = held<string>()
  const begun = held<AbortSignal>()
  const renewal = refresh((_number, signal) => {
    begun.resolve(signal)
    return answer.promise
  })
  const [first, second] = [new AbortController(), new AbortController()]
  const begins = vault.replace(acme, stale, renewal, first.signal)
  const joins = vault.replace(acme, stale, renewal, second.signal)
  const stays = vault.replace(acme, stale, renewal, never())
  const sendSignal = await begun.promise
  first.abort(new Error('the first one left'))
  second.abort(new Error('the second one left'))
  await expect(begins).rejects.toThrow('the first one left')
  await expect(joins).rejects.toThrow('the second one left')
  expect(sendSignal.aborted).toBe(false)
  answer.resolve('1')
  expect(accessTokenOf((await stays).credential)).toBe('access-1')
})

test('a renewal that everybody left is stored all the same', async () => {
  const { vault, stale } = await stage()
  const answer = held<string>()
  const begun = held<void>()
  const controller = new AbortController()
  const renewal = refresh(() => {
    begun.resolve()
    return answer.promise
  })
  const only = vault.replace(acme, stale, renewal, controller.signal)
  await begun.promise
  controller.abort(new Error('left'))
  await expect(only).rejects.toThrow('left')
  answer.resolve('1')
  const later = await vault.replace(
    acme,
    stale,
    refresh(() => '99'),
    never(),
  )
  expect(accessTokenOf(later.credential)).toBe('access-1')
})

test('closing the vault lets a renewal in flight end', async () => {
  const { vault, open, stale } = await stage()
  const answer = held<string>()
  const begun = held<void>()
  const renewing = vault.replace(
    acme,
    stale,
    refresh(() => {
      begun.resolve()
      return answer.promise
    }),
    never(),
  )
  await begun.promise
  const closing = vault[Symbol.asyncDispose]()
  answer.resolve('1')
  await Promise.all([closing, renewing])
  expect(accessTokenOf(await (await open()).current(acme))).toBe('access-1')
})

test('a wall clock that is wrong by a century, or jumps by hours, changes nothing', async () => {
  const { open, stale } = await stage()
  const jumps = [12, 11, 13, 10, 14].values()
  const wallClock = () => new Date(Date.UTC(1999, 0, 1, jumps.next().value ?? 12))
  const past = await open(undefined, { wallClock })
  const future = await open(undefined, { wallClock: () => new Date('2099-01-01') })
  const answer = held<string>()
  const begun = held<void>()
  const renewal = refresh(() => {
    begun.resolve()
    return answer.promise
  })
  const first = past.replace(acme, stale, renewal, never())
  await begun.promise
  const second = future.replace(acme, stale, renewal, never())
  answer.resolve('1')
  for (const { credential } of await Promise.all([first, second])) {
    expect(accessTokenOf(credential)).toBe('access-1')
  }
  expect(renewal.sent).toBe(1)
})

test('an answer that comes in while another one is about to send is committed, by either', async () => {
  let ms = 0
  const file = join(temporaryFolder(), 'store.db')
  const keys = someKeys()
  const open = async (onWrite: (change: Change) => Promise<void>) => {
    const backend = await openSqlite(file, { clock: () => ({ clock: 'test', ms }) })
    const watched: StoreBackend = {
      ...backend,
      write: async (change) => {
        await onWrite(change)
        return backend.write(change)
      },
    }
    const vault = await openVaultOver(watched, { keys })
    onTestFinished(() => vault[Symbol.asyncDispose]())
    return vault
  }
  const answering = held<void>()
  const mayAnswer = held<void>()
  const slow = await open(async ({ step }) => {
    if (step !== 'answer') return
    answering.resolve()
    await mayAnswer.promise
  })
  let first = true
  const second = await open(async ({ step }) => {
    if (step !== 'announce' || !first) return
    first = false
    mayAnswer.resolve()
    while (!(await hasAnswer(file))) await new Promise((resolve) => setImmediate(resolve))
  })
  await slow.create(newConnection())
  const stale = await slow.current(acme)
  const renewal = refresh(() => '1')
  const one = slow.replace(acme, stale, renewal, never())
  await answering.promise
  ms += 1_000_000
  const results = await Promise.all([one, second.replace(acme, stale, renewal, never())])
  expect(results.map(({ credential }) => accessTokenOf(credential))).toEqual([
    'access-1',
    'access-1',
  ])
  expect(renewal.sent).toBe(1)
})

async function hasAnswer(file: string): Promise<boolean> {
  await using backend = await openSqlite(file)
  const { record } = await backend.read(acme)
  return record?.renewal.pending.refresh?.answer != null
}

test('a renewal makes a connection active that only wanted for it', async () => {
  const { vault } = await stage()
  await vault.mark(acme, { state: 'sessionExpired', reason: 'past its expiry' })
  await vault.replace(
    acme,
    await vault.current(acme),
    refresh(() => '1'),
    never(),
  )
  expect(await vault.get(acme)).toMatchObject({ state: 'active', reason: null })

  await vault.mark(acme, { state: 'sessionNotVerified', reason: 'the lookup is not done' })
  await vault.replace(
    acme,
    await vault.current(acme),
    refresh(() => '2'),
    never(),
  )
  expect((await vault.get(acme))?.state).toBe('sessionNotVerified')
  await vault.replace(
    acme,
    await vault.current(acme),
    lookup(() => 'session-1'),
    never(),
  )
  expect(await vault.get(acme)).toMatchObject({ state: 'active', reason: null })
})
