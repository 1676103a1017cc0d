/** Elsewhere an empty rule meant every error, so that a 404 spent a refresh token. */
import { expect, test } from 'vitest'
import { openAcme, rotating } from '../support/acme.ts'
import { json } from '../support/vendor.ts'

test.each([400, 403, 404, 422])(
  'a %i that no rule names spends no refresh token',
  async (status) => {
    await using acme = await openAcme()
    acme.vendor.on('/token', rotating())
    acme.vendor.on('/api', json({ error: 'no' }, { status }))
    expect(await acme.call()).toMatchObject({ failure: { type: 'HttpError', httpCode: status } })
    expect(acme.tokenRequests()).toEqual([])
  },
)

test('a rule without conditions is refused, or matches nothing', async () => {
  const errors = [{ type: 'ExpiredToken', message: 'dead', filter: { all: [] } }]
  const opening = openAcme({ definition: { errors } })
  await expect(opening).rejects.toThrow(/filter/)
})
