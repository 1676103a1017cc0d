import { expect, test } from 'vitest'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, startVendor } from '../support/vendor.ts'

const ann = { tenant: 't', connection: 'ann', connector: 'acme' }

test('a connection that is made to be verified is not active before it was', async () => {
  await using vendor = await startVendor()
  vendor.answers(json({ me: 'ann' }))
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      auth: { type: 'api_key', in: 'header', as: 'X-Key' },
      test_call: 'me',
      methods: { me: { path: '/me' } },
    },
  })
  const { connections } = home.runtime
  await connections.create({ ...ann, key: 'k1', unverified: true })
  expect(await connections.get(ann)).toMatchObject({ state: 'sessionNotVerified' })
  expect(await connections.verify(ann)).toMatchObject({ state: 'active' })
  expect(await connections.get(ann)).toMatchObject({ state: 'active' })

  await connections.create({ ...ann, connection: 'bob', key: 'k2' })
  expect(await connections.get({ ...ann, connection: 'bob' })).toMatchObject({ state: 'active' })
})

test('create() names what it does not know, and what is missing', async () => {
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: 'https://acme.example',
      auth: { type: 'api_key', in: 'header', as: 'X-Key' },
      properties: { Region: { in: 'query' } },
      methods: { me: { path: '/me' } },
    },
  })
  const { create } = home.runtime.connections
  await expect(create({ ...ann, key: 'k', properties: { Regoin: 'eu' } })).rejects.toMatchObject({
    errorCode: 'entityInvalid',
    cure: expect.stringContaining('Region'),
  })
  await expect(create(ann)).rejects.toMatchObject({
    errorCode: 'missingFields',
    message: expect.stringContaining('`key`'),
  })
  await expect(create({ ...ann, connector: 'acne', key: 'k' })).rejects.toMatchObject({
    errorCode: 'connectionMissing',
    message: expect.stringContaining('`acme`'),
  })
  await expect(create({ ...ann, tenant: '', key: 'k' })).rejects.toMatchObject({
    errorCode: 'missingFields',
  })
})
