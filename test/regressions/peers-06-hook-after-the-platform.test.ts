/** Elsewhere the platform took a 401 for itself before the author's hook had seen its body. */
import { expect, test } from 'vitest'
import { openAcme, rotating } from '../support/acme.ts'
import { json } from '../support/vendor.ts'

test('the hook sees the body of a 401 first, and decides what it means', async () => {
  await using acme = await openAcme({
    definition: { errors: [] },
    script: `function after_error() {
      var body = JSON.parse(method_error.content)
      if (body.code === 'locked') throw 'the account is locked until ' + body.until
      throw new AuthRefreshException()
    }`,
  })
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', json({ code: 'locked', until: 'noon' }, { status: 401 }))
  expect(await acme.call()).toMatchObject({
    kind: 'failure',
    failure: { message: expect.stringContaining('the account is locked until noon') },
  })
  expect(acme.tokenRequests()).toEqual([])
})
