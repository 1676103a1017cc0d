import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CallFailure } from '../../runtime/model/failure.ts'
import { openSqlite } from '../../runtime/store/sqlite.ts'
import { openVaultOver } from '../../runtime/store/vault.ts'
import { failingAt, failureOf, held, stage } from './stage.ts'
import { accessTokenOf, acme, lookup, never, newConnection, refresh, someKeys } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a bad answer never takes the place of a good credential', async () => {
  const { vault, stale } = await stage({ coolDown: { firstMs: 0, mostMs: 0 } })
  for (const answer of ['status 400', 'status 503', 'status 200', 'invalid_grant']) {
    const failure = await failureOf(
      vault.replace(
        acme,
        stale,
        refresh(() => answer),
        never(),
      ),
    )
    expect(['AuthRefreshFailed', 'InvalidCredential']).toContain(failure.type)
    expect(accessTokenOf(await vault.current(acme))).toBe('access-0')
  }
})

test('a dead refresh token marks the connection, and nobody asks again', async () => {
  const { vault, stale } = await stage()
  const renewal = refresh(() => 'invalid_grant')
  const failure = await failureOf(vault.replace(acme, stale, renewal, never()))
  expect(failure).toMatchObject({ type: 'InvalidCredential', reason: 'invalid_grant' })
  expect(await vault.get(acme)).toMatchObject({
    state: 'sessionInvalid',
    reason: 'the refresh token is dead',
  })
  const again = await failureOf(vault.replace(acme, stale, renewal, never()))
  expect(again).toMatchObject({ type: 'InvalidCredential', message: 'the refresh token is dead' })
  expect(renewal.sent).toBe(1)
})

test('a dead refresh token is adopted over when a new login came in between', async () => {
  const { vault, open, stale } = await stage()
  const second = await open()
  const renewal = refresh(async () => {
    await second.create({ ...newConnection(), auth: { kind: 'none' } }, { replace: true })
    return 'invalid_grant'
  })
  const { credential, adopted } = await vault.replace(acme, stale, renewal, never())
  expect(adopted).toBe(true)
  expect(credential.auth.kind).toBe('none')
  expect((await vault.get(acme))?.state).toBe('active')
})

test.for(['send', 'read'] as const)(
  'a refusal that is told by %s() after a new login adopts that login',
  async (step) => {
    const { vault, open, stale } = await stage()
    const second = await open()
    const refuse = async (): Promise<never> => {
      await second.create({ ...newConnection(), auth: { kind: 'none' } }, { replace: true })
      throw new CallFailure('InvalidCredential', 'the refresh token is dead')
    }
    const renewal = { ...refresh(() => '1'), [step]: refuse }
    const { credential } = await vault.replace(acme, stale, renewal, never())
    expect([credential.auth.kind, (await vault.get(acme))?.state]).toEqual(['none', 'active'])
  },
)

test('an answer that comes after a new login does not take its place', async () => {
  const { vault, open, stale } = await stage()
  const second = await open()
  const renewal = refresh(async () => {
    await second.create({ ...newConnection(), auth: { kind: 'none' } }, { replace: true })
    return '1'
  })
  const { credential } = await vault.replace(acme, stale, renewal, never())
  expect(credential.auth.kind).toBe('none')
  expect((await vault.current(acme)).auth.kind).toBe('none')
})

test('a failing renewal cools down, longer each time, until it succeeds', async () => {
  let now = 1_000_000
  const file = join(temporaryFolder(), 'store.db')
  const wallClock = () => new Date('2026-11-23T10:00:00Z')
  const backend = await openSqlite(file, { clock: () => ({ clock: 'test', ms: now }) })
  await using vault = await openVaultOver(backend, {
    keys: someKeys(),
    jitter: () => 0.5,
    wallClock,
  })
  await vault.create(newConnection())
  const stale = await vault.current(acme)
  const renewal = refresh(() => (renewal.sent <= 2 ? 'status 503' : '7'))
  const attempt = () => failureOf(vault.replace(acme, stale, renewal, never()))

  expect(await attempt()).toMatchObject({
    ...{ type: 'AuthRefreshFailed', reason: 'http-503', httpCode: 503 },
    retryAt: new Date('2026-11-23T10:00:30Z'),
  })
  const cooling = await attempt()
  expect(cooling).toMatchObject({
    ...{ type: 'AuthRefreshFailed', reason: 'cooling-down' },
    retryAt: new Date('2026-11-23T10:00:30Z'),
  })
  expect(cooling.message).toContain('the token endpoint said 503')
  expect(await vault.get(acme)).toMatchObject({
    state: 'active',
    renewal: { failures: 1, coolingUntil: new Date('2026-11-23T10:00:30Z') },
  })

  now += 30_000
  expect(await attempt()).toMatchObject({
    ...{ reason: 'http-503', retryAt: new Date('2026-11-23T10:01:00Z') },
  })
  expect(await attempt()).toMatchObject({ retryAt: new Date('2026-11-23T10:01:00Z') })
  expect(renewal.sent).toBe(2)

  now += 60_000
  const { credential } = await vault.replace(acme, stale, renewal, never())
  expect(accessTokenOf(credential)).toBe('access-7')
  expect((await vault.get(acme))?.renewal).toMatchObject({
    ...{ count: 1, failures: 0, lastFailure: null, coolingUntil: null },
  })
})

const noCooling = { coolDown: { firstMs: 0, mostMs: 0 } }

test('a token whose request stays unanswered is sent once more, and never again', async () => {
  const { vault, stale } = await stage(noCooling)
  const renewal = refresh(() => new Promise<string>(() => {}), 60)
  const attempt = () => failureOf(vault.replace(acme, stale, renewal, never()))
  expect(await attempt()).toMatchObject({ type: 'AuthRefreshFailed', reason: 'unanswered' })
  expect(await attempt()).toMatchObject({ type: 'AuthRefreshFailed', reason: 'unanswered' })
  const last = await attempt()
  expect(last).toMatchObject({ type: 'InvalidCredential', reason: 'in-doubt' })
  expect(last.message).toContain('asked twice with the same refresh token')
  expect(renewal.sent).toBe(2)
  expect((await vault.get(acme))?.state).toBe('sessionInvalid')
})

test('a request that can be repeated is never in doubt', async () => {
  const { vault, stale } = await stage(noCooling)
  const renewal = lookup((number) => (number <= 4 ? new Promise<string>(() => {}) : 'found'), 40)
  for (let times = 0; times < 4; times++) {
    const failure = await failureOf(vault.replace(acme, stale, renewal, never()))
    expect(failure).toMatchObject({ type: 'AuthSessionFailed', reason: 'unanswered' })
  }
  const { credential } = await vault.replace(acme, stale, renewal, never())
  expect(credential.session.SessionId?.reveal()).toBe('found')
})

test('an outage that was answered leaves nothing in doubt', async () => {
  const { vault, stale } = await stage(noCooling)
  const renewal = refresh((number) => (number <= 5 ? 'status 503' : '1'))
  for (let times = 0; times < 5; times++) {
    await failureOf(vault.replace(acme, stale, renewal, never()))
  }
  await vault.replace(acme, stale, renewal, never())
  expect(await vault.audit(acme.tenant, 1)).toMatchObject([{ result: 'renewed', inDoubt: false }])
})

test('a request that never left leaves nothing in doubt', async () => {
  const { vault, stale } = await stage(noCooling)
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const renewal = refresh((number) => {
    if (number > 5) return '1'
    throw new CallFailure('AuthRefreshFailed', 'asking failed', {
      cause: new CallFailure('ConnectionError', 'no connection', { cause: refused }),
    })
  })
  for (let times = 0; times < 5; times++) {
    await failureOf(vault.replace(acme, stale, renewal, never()))
  }
  await vault.replace(acme, stale, renewal, never())
  expect(await vault.audit(acme.tenant, 1)).toMatchObject([{ result: 'renewed', inDoubt: false }])
})

test('an answer that was misread is read again before anything is sent', async () => {
  const { vault, stale } = await stage(noCooling)
  const misread = refresh(() => 'status 200')
  expect(await failureOf(vault.replace(acme, stale, misread, never()))).toMatchObject({
    reason: 'no-token',
  })
  const repaired = {
    ...refresh(() => '99'),
    read: async () => ({ by: 'refresh' as const, auth: { ...noTokens, scope: 'repaired' } }),
  }
  const { credential } = await vault.replace(acme, stale, repaired, never())
  expect(credential.auth).toMatchObject({ scope: 'repaired' })
  expect([misread.sent, repaired.sent]).toEqual([1, 0])
})

test('an answer that was misread twice is as good as none', async () => {
  const { vault, stale } = await stage(noCooling)
  const misread = refresh(() => 'status 200')
  for (const sent of [1, 1, 2]) {
    await failureOf(vault.replace(acme, stale, misread, never()))
    expect(misread.sent).toBe(sent)
  }
  expect(await vault.audit(acme.tenant, 1)).toMatchObject([{ result: 'failed', inDoubt: true }])
})

test('an answer that was misread waits for its next reader as long as the cooling lasts', async () => {
  const { vault, stale } = await stage()
  const misread = refresh(() => 'status 200')
  await failureOf(vault.replace(acme, stale, misread, never()))
  const failure = await failureOf(vault.replace(acme, stale, misread, never()))
  expect(failure.reason).toBe('cooling-down')
})

test('an answer that was never read is committed although the connection cools down', async () => {
  const { open, stale } = await stage({ marginMs: 200 })
  const vault = await open(failingAt('commit', 1))
  const renewal = refresh(() => '1', 300)
  await failureOf(vault.replace(acme, stale, renewal, never()))
  const failing = lookup(() => {
    throw new CallFailure('Timeout', 'no answer within 30 s')
  })
  await failureOf(vault.replace(acme, stale, failing, never()))
  expect((await vault.get(acme))?.renewal.coolingUntil).not.toBeNull()
  const { credential } = await vault.replace(acme, stale, renewal, never())
  expect([accessTokenOf(credential), renewal.sent]).toEqual(['access-1', 1])
})

test('a lookup that the vendor refuses marks the connection', async () => {
  const { vault, stale } = await stage()
  const renewal = lookup(() => {
    throw new CallFailure('InvalidCredential', 'this key was revoked')
  })
  const failure = await failureOf(vault.replace(acme, stale, renewal, never()))
  expect(failure.message).toBe('this key was revoked')
  expect(await vault.get(acme)).toMatchObject({
    ...{ state: 'sessionInvalid', reason: 'this key was revoked' },
  })
})

test('a vendor that says when to come again is left alone until then', async () => {
  const wallClock = () => new Date('2026-11-23T10:00:00Z')
  const { vault, stale } = await stage({ wallClock })
  const renewal = lookup(() => {
    const retryAt = new Date('2026-11-23T10:10:00Z')
    throw new CallFailure('RateLimited', 'too many requests', { retryAt })
  })
  await failureOf(vault.replace(acme, stale, renewal, never()))
  const failure = await failureOf(vault.replace(acme, stale, renewal, never()))
  expect(failure.reason).toBe('cooling-down')
  expect(failure.retryAt?.getTime()).toBeGreaterThan(wallClock().getTime() + 500_000)
})

const noTokens = {
  ...{ kind: 'oauth2' as const, accessToken: null, refreshToken: null },
  ...{ expiresAt: null, issuedAt: null, scope: null },
}

test('a failure of the network is told as a failed renewal', async () => {
  const { vault, stale } = await stage()
  const renewal = lookup(() => {
    throw new CallFailure('Timeout', 'no answer within 30 s')
  })
  expect(await failureOf(vault.replace(acme, stale, renewal, never()))).toMatchObject({
    ...{ type: 'AuthSessionFailed', cause: { type: 'Timeout' } },
  })
})

test('a bug in reading escapes, and the answer stays for a repaired reader', async () => {
  const { vault, stale } = await stage(noCooling)
  const broken = {
    ...refresh(() => '1'),
    read: async () => {
      throw new TypeError('a bug')
    },
  }
  await expect(vault.replace(acme, stale, broken, never())).rejects.toThrow(TypeError)
  const repaired = refresh(() => '99')
  const { credential } = await vault.replace(acme, stale, repaired, never())
  expect([accessTokenOf(credential), repaired.sent]).toEqual(['access-1', 0])
})

test('a lease that another process holds too long is a failure of its own', async () => {
  const { vault, open, stale } = await stage()
  const answer = held<string>()
  const begun = held<void>()
  const slow = refresh(() => {
    begun.resolve()
    return answer.promise
  }, 60_000)
  const renewing = vault.replace(acme, stale, slow, never())
  await begun.promise
  // A clock that runs makes the waiting long without the test waiting.
  let now = 0
  const hasty = await open(undefined, { now: () => (now += 60_000) })
  const unused = refresh(() => '99')
  const failure = await failureOf(hasty.replace(acme, stale, unused, never()))
  expect(failure).toMatchObject({ type: 'AuthRefreshFailed', reason: 'lease-timeout' })
  expect((await vault.get(acme))?.state).toBe('active')
  answer.resolve('1')
  await renewing
  expect([accessTokenOf(await vault.current(acme)), unused.sent]).toEqual(['access-1', 0])
})
