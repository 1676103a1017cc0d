/** Elsewhere what was refused with a token was sent again with that same token. */
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'
import { json } from '../support/vendor.ts'

test('no token is sent again that was refused, whatever retries are allowed', async () => {
  await using acme = await openAcme()
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', refusing(['access-0', 'access-1']))
  expect(await acme.call({ retries: 3 })).toMatchObject({
    failure: { type: 'ExpiredToken' },
  })
  expect(acme.apiRequests().map(({ headers }) => headers.authorization)).toEqual([
    'Bearer access-0',
    'Bearer access-1',
  ])
})

test('a retry after a renewal goes with the new token', async () => {
  await using acme = await openAcme()
  acme.vendor.on('/token', rotating())
  acme.vendor.answers(
    json({ error: 'token_expired' }, { status: 401 }),
    json({}, { status: 503 }),
    json({ fine: true }),
  )
  expect(await acme.call({ retries: 1 })).toMatchObject({ kind: 'success' })
  expect(acme.apiRequests().map(({ headers }) => headers.authorization)).toEqual([
    'Bearer access-0',
    'Bearer access-1',
    'Bearer access-1',
  ])
})
