import { describe, expect, test } from 'vitest'
import { leadMs } from '../../runtime/call/ahead.ts'
import { openAcme, rotating } from '../support/acme.ts'
import { after, json } from '../support/vendor.ts'
import { tokens, World } from '../support/world.ts'

const oauth = `
base_url: https://api.acme.example
auth: { type: oauth2, grant: authorization_code, authorization_url: https://api.acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id }
methods: { get: { path: /things } }
`

function expiringIn(seconds: number, life = 3600) {
  const expiresAt = new Date(Date.now() + seconds * 1000)
  return { expiresAt, issuedAt: new Date(expiresAt.getTime() - life * 1000) }
}

function worldWith(times: { expiresAt: Date; issuedAt: Date }, refreshToken: string | null = 'r') {
  return new World({
    definition: oauth,
    auth: { ...tokens('old', refreshToken), ...times },
    vendor: ({ url }) =>
      url.endsWith('/token') ? { json: { access_token: 'new' } } : { json: { fine: true } },
  })
}

describe('renewAhead()', () => {
  test('renews a token that is about to expire, and lets the call go with the old one', async () => {
    const world = worldWith(expiringIn(50))
    expect(await world.call()).toMatchObject({ kind: 'success' })
    const call = world.requests.find(({ url }) => url.endsWith('/things'))
    expect(call?.headers.Authorization).toBe('Bearer old')
    await Promise.all(world.background)
    expect(world.credential.auth).toMatchObject({ accessToken: expect.anything() })
    expect(world.renewals).toBe(1)
  })

  test.each([
    ['expires later', expiringIn(120), 'r'],
    ['is short-lived and has most of its life before it', expiringIn(30, 60), 'r'],
    ['has no refresh token', expiringIn(50), null],
  ])('leaves a token alone that %s', async (_what, times, refreshToken) => {
    const world = worldWith(times, refreshToken)
    expect(await world.call()).toMatchObject({ kind: 'success' })
    expect([world.background.length, world.renewals, world.marks.length]).toEqual([0, 0, 0])
  })
})

describe('leadMs()', () => {
  test('is 60 s, or a tenth of a short life, and at most a fifth more', () => {
    const hour = leadMs({ ...tokens('a'), ...expiringIn(0, 3600) }, 'ann')
    expect([hour >= 60_000, hour < 72_000]).toEqual([true, true])
    const minute = leadMs({ ...tokens('a'), ...expiringIn(0, 60) }, 'ann')
    expect([minute >= 6_000, minute < 7_200]).toEqual([true, true])
  })

  test('differs between connections, and is the same for one wherever it is asked', () => {
    const times = { ...tokens('a'), ...expiringIn(0) }
    const leads = ['ann', 'bob', 'cid', 'dan'].map((name) => leadMs(times, name))
    expect(new Set(leads).size).toBeGreaterThan(1)
    expect(leadMs(times, 'ann')).toBe(leads[0])
  })
})

describe('a runtime', () => {
  test('renews ahead once for many callers, none of which waits for it', async () => {
    await using acme = await openAcme({ tokens: { expiresIn: 5 } })
    const answered = Promise.withResolvers<void>()
    acme.vendor.on('/token', after(answered.promise, rotating({ expires_in: 3600 })))
    acme.vendor.on('/api', json({ fine: true }))
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => acme.call()))
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(10).fill('success'))
    expect(new Set(acme.apiRequests().map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer access-0']),
    )
    answered.resolve()
    await expect.poll(async () => (await acme.connection()).renewal.count).toBe(1)
    await acme.call()
    expect(acme.apiRequests().at(-1)?.headers.authorization).toBe('Bearer access-1')
    expect(acme.tokenRequests()).toHaveLength(1)
  })

  test('fails no call whose token still works when the renewal ahead of it fails', async () => {
    await using acme = await openAcme({ tokens: { expiresIn: 5 } })
    acme.vendor.on('/token', json({ error: 'server_error' }, { status: 503 }))
    acme.vendor.on('/api', json({ fine: true }))
    expect(await acme.call()).toMatchObject({ kind: 'success' })
    await expect.poll(async () => (await acme.connection()).renewal.failures).toBe(1)
    expect(await acme.call()).toMatchObject({ kind: 'success' })
    expect(acme.tokenRequests()).toHaveLength(1)
  })

  test('says that only a login helps while the token still works, and asks no more', async () => {
    await using acme = await openAcme({ tokens: { expiresIn: 5 } })
    acme.vendor.on('/token', json({ error: 'invalid_grant' }, { status: 400 }))
    acme.vendor.on('/api', json({ fine: true }))
    await acme.call()
    await expect.poll(async () => (await acme.connection()).state).toBe('sessionInvalid')
    expect(await acme.call()).toMatchObject({ kind: 'success' })
    expect(await acme.call()).toMatchObject({ kind: 'success' })
    expect((await acme.connection()).state).toBe('sessionInvalid')
    expect(acme.tokenRequests()).toHaveLength(1)
  })

  test('ends only after the renewal that it began', async () => {
    const acme = await openAcme({ tokens: { expiresIn: 5 } })
    const answered = Promise.withResolvers<void>()
    acme.vendor.on('/token', after(answered.promise, rotating()))
    acme.vendor.on('/api', json({ fine: true }))
    await acme.call()
    await expect.poll(() => acme.tokenRequests().length).toBe(1)
    let ended = false
    const end = acme.runtime[Symbol.asyncDispose]().then(() => {
      ended = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(ended).toBe(false)
    answered.resolve()
    await end
    await acme[Symbol.asyncDispose]()
  })
})
