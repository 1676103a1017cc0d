import { expect, test } from 'vitest'
import { json } from '../support/vendor.ts'
import { atVendor, ref } from './at-vendor.ts'

test('stripe sends the same idempotency key when a call is retried', async () => {
  await using world = await atVendor('stripe', { api: 'https://api.stripe.com' })
  world.vendor.answers(json({ error: { message: 'down' } }, { status: 500 }), json({ id: 'pi_1' }))
  await world.runtime.connections.create({ ...ref, connector: 'stripe', key: 'sk_test_1' })
  const outcome = await world.runtime.call({
    ...ref,
    connector: 'stripe',
    method: 'payment_intents.create',
    input: { amount: 1099, currency: 'eur' },
    retries: 1,
  })
  expect(outcome).toMatchObject({ kind: 'success', content: { id: 'pi_1' } })
  const [first, second] = world.vendor.requests
  expect(first?.headers['idempotency-key']).toMatch(/\S{16,}/)
  expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
  expect(first).toMatchObject({
    path: '/v1/payment_intents',
    body: 'amount=1099&currency=eur',
    headers: { authorization: 'Bearer sk_test_1' },
  })
})

test('stripe tells a wrong key from a wrong request', async () => {
  await using world = await atVendor('stripe', { api: 'https://api.stripe.com' })
  const error = { type: 'invalid_request_error', message: 'No such customer' }
  world.vendor.answers(
    json({ error: { message: 'Invalid API Key provided' } }, { status: 401 }),
    json({ error }, { status: 400 }),
  )
  await world.runtime.connections.create({ ...ref, connector: 'stripe', key: 'sk_test_1' })
  expect(await world.call('balance.get')).toMatchObject({
    failure: { type: 'InvalidCredential', message: 'Stripe: Invalid API Key provided' },
  })
  await world.runtime.connections.enable(ref)
  expect(await world.call('balance.get')).toMatchObject({
    failure: { type: 'Default', message: 'Stripe (invalid_request_error): No such customer' },
  })
})
