/** Elsewhere the new refresh token came back and was not stored, so the next refresh was refused. */
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'

test('each refresh spends the token that the one before it brought, also after a restart', async () => {
  await using acme = await openAcme()
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', refusing(['access-0']))
  expect(await acme.call()).toMatchObject({ kind: 'success' })
  acme.vendor.on('/api', refusing(['access-1']))
  expect(await acme.call({}, acme.another())).toMatchObject({ kind: 'success' })
  const spent = acme
    .tokenRequests()
    .map(({ body }) => new URLSearchParams(body).get('refresh_token'))
  expect(spent).toEqual(['refresh-0', 'refresh-1'])
})
