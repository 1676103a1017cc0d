import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSend } from '../../runtime/http/send.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { webhookKey } from '../../runtime/worker/delivery.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { hang, json, startVendor } from '../support/vendor.ts'
import { openWorld } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

const acme = { tenant: 'ann', connector: 'acme', method: 'get' } as const
const secret = new Secret('operator')

describe('deliverOutcomes()', () => {
  test('posts the outcome, signed for its tenant, until it is taken', async () => {
    await using world = await openWorld(await server.database())
    await using receiver = await startVendor()
    await using way = createSend()
    world.vendor.answers(json({ id: 7 }))
    receiver.answers(json({}, { status: 500 }), json({}, { status: 204 }))
    await world.work({ delivery: { send: way.send, secret, allowPrivate: ['127.0.0.0/8'] } })
    const id = await world.jobs.enqueue({ ...acme, deliverTo: `${receiver.origin}/hook?a=1` })
    await receiver.received(2)

    const [first, second] = receiver.requests
    expect(first?.path).toBe('/hook?a=1')
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      ...{ id, tenant: 'ann', connector: 'acme', method: 'get', connection: null, state: 'done' },
      outcome: { kind: 'success', content: { id: 7 } },
    })
    expect(second?.headers['webhook-id']).toBe(id)
    const key = Buffer.from(webhookKey(secret, 'ann').slice('whsec_'.length), 'base64')
    const at = String(second?.headers['webhook-timestamp'])
    const expected = createHmac('sha256', key).update(`${id}.${at}.${second?.body}`)
    expect(second?.headers['webhook-signature']).toBe(`v1,${expected.digest('base64')}`)
    expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60)
  })

  test('goes to no private address that the operator did not allow', async () => {
    await using world = await openWorld(await server.database())
    await using receiver = await startVendor()
    await using way = createSend()
    world.vendor.answers(json({}))
    await world.work({ delivery: { send: way.send, secret } })
    const id = await world.jobs.enqueue({ ...acme, deliverTo: receiver.origin })
    await world.jobs.result(id)
    await expect
      .poll(() => world.events.find(({ kind }) => kind === 'undelivered'))
      .toMatchObject({ id, tries: 1, final: false, message: expect.stringMatching(/public/) })
    expect(receiver.requests).toEqual([])
  })

  test('is not held up by receivers of another tenant that never answer', async () => {
    await using world = await openWorld(await server.database())
    await using tarpit = await startVendor()
    await using receiver = await startVendor()
    await using way = createSend()
    world.vendor.answers(json({}))
    tarpit.answers(hang())
    receiver.answers(json({}))
    const ofBob = { ...acme, tenant: 'bob', deliverTo: tarpit.origin }
    await world.jobs.enqueueAll(Array.from({ length: 40 }, () => ofBob))
    await world.work({ delivery: { send: way.send, secret, allowPrivate: ['127.0.0.0/8'] } })
    await tarpit.received(5)
    await world.jobs.enqueue({ ...acme, deliverTo: receiver.origin })
    await receiver.received(1)
    expect(tarpit.requests.length).toBeLessThan(20)
  })
})

describe('webhookKey()', () => {
  test('is another one for each tenant, and does not hold the operator’s secret', () => {
    const [ann, bob] = [webhookKey(secret, 'ann'), webhookKey(secret, 'bob')]
    expect(ann).not.toBe(bob)
    expect(ann).toBe(webhookKey(new Secret('operator'), 'ann'))
    expect(Buffer.from(ann.slice(6), 'base64').toString('latin1')).not.toContain('operator')
  })
})
