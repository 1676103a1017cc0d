/** Elsewhere a refusal of the token endpoint was stored over the good credential, as no token. */
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'
import { json } from '../support/vendor.ts'

test('a refusal of the token endpoint leaves the stored tokens as they are', async () => {
  await using acme = await openAcme()
  acme.vendor.on('/token', json({ error: 'invalid_request' }, { status: 400 }))
  acme.vendor.on('/api', refusing(['access-0']))
  expect(await acme.call()).toMatchObject({
    failure: { type: 'AuthRefreshFailed', reason: 'invalid_request' },
  })
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', refusing([]))
  expect(await acme.call()).toMatchObject({ kind: 'success' })
  expect(acme.apiRequests().at(-1)?.headers.authorization).toBe('Bearer access-0')
  expect(acme.tokenRequests()[0]?.body).toContain('refresh_token=refresh-0')
})
