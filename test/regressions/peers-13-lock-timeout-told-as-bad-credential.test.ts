/** Elsewhere one who had waited too long for the lock was told that the credential is invalid. */
import { expect, test } from 'vitest'
import { openAcme, refusing } from '../support/acme.ts'
import { hang } from '../support/vendor.ts'

test('a caller that waits in vain for another process is told of time, not of the credential', async () => {
  await using acme = await openAcme({ definition: { limits: { call_ms: 700 } } })
  acme.vendor.on('/token', hang())
  acme.vendor.on('/api', refusing(['access-0']))
  const first = acme.call()
  await acme.vendor.received(2)
  expect(await acme.call({}, acme.another())).toMatchObject({
    failure: { type: 'Timeout', reason: 'call-deadline' },
  })
  await first
  expect(await acme.connection()).toMatchObject({ state: 'active', reason: null })
  expect(acme.tokenRequests()).toHaveLength(1)
})
