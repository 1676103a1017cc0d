/** Elsewhere the refresh after a rejection went around the lock of the one before the expiry. */
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'
import { after } from '../support/vendor.ts'

test('a refresh ahead of the expiry and those that rejections force are one', async () => {
  await using acme = await openAcme({ tokens: { expiresIn: 5 } })
  const released = Promise.withResolvers<void>()
  acme.vendor.on('/token', after(released.promise, rotating({ expires_in: 3600 })))
  acme.vendor.on('/api', refusing([]))
  expect(await acme.call()).toMatchObject({ kind: 'success' })
  await expect.poll(() => acme.tokenRequests().length).toBe(1)

  acme.vendor.on('/api', refusing(['access-0']))
  const calls = Array.from({ length: 5 }, () => acme.call())
  await acme.vendor.received(7)
  released.resolve()
  for (const outcome of await Promise.all(calls)) expect(outcome.kind).toBe('success')
  expect(acme.tokenRequests()).toHaveLength(1)
})
