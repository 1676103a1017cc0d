/**
 * Elsewhere the lease ended before a slow token endpoint had answered, and a lock that could not be
 * had was done without.
 */
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'
import { after, hang } from '../support/vendor.ts'

test('a token endpoint that is slower than its time limit is not asked by a second process', async () => {
  await using acme = await openAcme({ definition: { limits: { request_ms: 1_000 } } })
  acme.vendor.on('/token', hang())
  acme.vendor.on('/api', refusing(['access-0']))
  const other = acme.another()
  const outcomes = await Promise.all([acme.call(), acme.call({}, other)])
  const failures = outcomes.map((outcome) => outcome.kind === 'failure' && outcome.failure)
  expect(failures).toMatchObject([{ type: 'AuthRefreshFailed' }, { type: 'AuthRefreshFailed' }])
  expect(acme.tokenRequests()).toHaveLength(1)
  expect((await acme.connection()).state).toBe('active')
})

test('a slow token endpoint is waited for by everybody, and asked once', async () => {
  await using acme = await openAcme()
  const released = Promise.withResolvers<void>()
  acme.vendor.on('/token', after(released.promise, rotating()))
  acme.vendor.on('/api', refusing(['access-0']))
  const other = acme.another()
  const calls = [acme.call(), acme.call({}, other)]
  await acme.vendor.received(3)
  released.resolve()
  for (const outcome of await Promise.all(calls)) expect(outcome.kind).toBe('success')
  expect(acme.tokenRequests()).toHaveLength(1)
})

test('without the store there is no renewal', async () => {
  await using acme = await openAcme()
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', refusing(['access-0']))
  {
    using database = new DatabaseSync(acme.store)
    database.exec('BEGIN IMMEDIATE')
    expect(await acme.call()).toMatchObject({
      failure: { type: 'AuthRefreshFailed', reason: 'store-unavailable' },
    })
    expect(acme.tokenRequests()).toEqual([])
  }
  expect(await acme.call()).toMatchObject({ kind: 'success' })
})
