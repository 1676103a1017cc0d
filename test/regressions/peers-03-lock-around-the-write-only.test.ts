/** Elsewhere the lock was around the storing of the new token, not around the asking for it. */
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'

test('of two runtimes over one store, one asks for the new token', async () => {
  await using acme = await openAcme()
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', refusing(['access-0']))
  const runtimes = [acme.runtime, acme.another(), acme.another()]
  const calls = runtimes.flatMap((runtime) => [1, 2, 3].map(() => acme.call({}, runtime)))
  for (const outcome of await Promise.all(calls)) expect(outcome.kind).toBe('success')
  expect(acme.tokenRequests()).toHaveLength(1)
})
