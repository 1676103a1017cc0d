/** Elsewhere a token that came with an expiry in the past was renewed again before every call. */
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'

test.each([
  { expires_in: 0 },
  { expires_in: -60 },
  { expires_in: '0' },
  { expires_at: '2001-01-01T00:00:00Z' },
  { expires_at: 978307200 },
])('a new token with %j is used until it is refused', async (expiry) => {
  await using acme = await openAcme()
  acme.vendor.on('/token', rotating(expiry))
  acme.vendor.on('/api', refusing(['access-0']))
  for (let times = 0; times < 3; times++) {
    expect(await acme.call()).toMatchObject({ kind: 'success' })
  }
  expect(acme.tokenRequests()).toHaveLength(1)
})
