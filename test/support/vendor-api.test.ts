import { expect, test } from 'vitest'
import { startSessionApi } from './session-api.ts'
import { startVendorApi } from './vendor-api.ts'

const authority = { isLive: async (token: string) => token === 'live' }

function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers })
}

test.each([
  ['by-200', 200, 'invalid_grant'],
  ['by-403', 403, 'token_expired'],
  ['by-401', 401, 'unauthorized'],
])('startVendorApi() answers a dead token %s', async (style, status, error) => {
  await using api = await startVendorApi(authority)
  const url = `${api.origin}/${style}/contacts`
  const dead = await get(url, { authorization: 'Bearer dead' })
  expect(dead.status).toBe(status)
  expect(await dead.json()).toMatchObject({ error })

  const live = await get(url, { authorization: 'Bearer live' })
  expect(await live.json()).toHaveProperty('contacts')
  expect(api.countOf(`/${style}/contacts`)).toEqual({ received: 2, good: 1 })
  expect(api.total()).toEqual({ received: 2, good: 1 })
})

test('startVendorApi() creates one order for each Idempotency-Key', async () => {
  await using api = await startVendorApi(authority)
  const order = (key?: string) =>
    fetch(`${api.origin}/by-200/orders`, {
      method: 'POST',
      headers: { authorization: 'Bearer live', ...(key ? { 'idempotency-key': key } : {}) },
      body: '{"item":"tea"}',
    })
  const first = await (await order('k-1')).json()
  expect(await (await order('k-1')).json()).toEqual(first)
  await order('k-2')
  await order()
  expect(api.ordersCreated()).toBe(3)
})

test('startSessionApi() lets a session in until it dies, by uses or at will', async () => {
  await using api = await startSessionApi({ usesPerSession: 2 })
  const { username, password } = api
  const logIn = async (given = password) => {
    const body = JSON.stringify({ username, password: given })
    const reply = await fetch(`${api.origin}/login`, { method: 'POST', body })
    return (await reply.json()) as { session?: { id: string } }
  }
  const call = async (style: string, id = '') =>
    (await get(`${api.origin}/${style}/invoices`, { 'x-session': id })).status

  expect((await logIn('wrong')).session).toBeUndefined()
  const worn = (await logIn()).session?.id
  expect([await call('by-403', worn), await call('by-403', worn)]).toEqual([200, 200])
  expect(await call('by-403', worn)).toBe(403)

  const forgotten = (await logIn()).session?.id
  api.expireAll()
  const rejected = await get(`${api.origin}/by-200/invoices`, { 'x-session': forgotten ?? '' })
  expect(await rejected.json()).toEqual({ error_code: 'You are not logged on.' })
  expect(api.counts()).toEqual({ logins: 3, loginsAccepted: 2, calls: 4, good: 2 })
})
