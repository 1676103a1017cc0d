import { expect, onTestFinished, test } from 'vitest'
import { createSend } from '../../runtime/http/send.ts'
import { Secret } from '../../runtime/model/secret.ts'
import { centralAuthGuard } from '../../runtime/server/central-auth-guard.ts'
import { json, type Reaction, reset, startVendor, text } from '../support/vendor.ts'
import { handlersPath, startTestServer } from './support.ts'

const user = { id: 'u', email: 'ann@example.org', verified: true, blocked: false }

async function startWith(...reactions: readonly Reaction[]) {
  const vendor = await startVendor()
  onTestFinished(() => vendor[Symbol.asyncDispose]())
  vendor.answers(...reactions)
  const way = createSend()
  onTestFinished(() => way[Symbol.asyncDispose]())
  const guard = centralAuthGuard({
    baseUrl: `${vendor.origin}/`,
    clientId: 'client',
    secret: new Secret('shh'),
    callbackOrigin: 'https://app.example',
    send: way.send,
    allowPrivate: ['127.0.0.0/8'],
  })
  return { vendor, ...(await startTestServer({ guard })) }
}

test('a user of CentralAuth sees the apps of the organisation', async () => {
  const { vendor, send } = await startWith(json({ ...user, organizationId: 'flowteam' }))
  const headers = { 'user-agent': 'browser', 'device-id': 'd1' }
  expect((await send(handlersPath, { token: 'tok.en', headers })).status).toBe(200)
  expect((await send('/api/apps/other/error_handlers/', { token: 'tok.en' })).status).toBe(404)
  const [asked] = vendor.requests
  expect(asked).toMatchObject({
    method: 'POST',
    path: '/api/v1/userinfo?domain=https%3A%2F%2Fapp.example',
    body: 'tok.en',
    headers: {
      authorization: `Basic ${Buffer.from('client:shh').toString('base64')}`,
      'content-type': 'text/plain',
      'auth-ip': '127.0.0.1',
      'user-agent': 'browser',
      'device-id': 'd1',
    },
  })
})

test('a user of CentralAuth calls as the tenant of the organisation', async () => {
  const { send, asked } = await startWith(json({ ...user, organizationId: 'org-1' }))
  await send('/api/calls', { verb: 'POST', json: { connector: 'crm', method: 'get' } })
  expect(asked).toMatchObject([{ tenant: 'org-1' }])
})

test.each<[string, Reaction]>([
  ['is refused', json({ errorCode: 'sessionExpired', message: 'over' }, { status: 401 })],
  ['is of a user who is blocked', json({ ...user, blocked: true, organizationId: 'flowteam' })],
  ['is of a user without organisation', json(user)],
  ['is of an organisation that is no name', json({ ...user, organizationId: '../x' })],
  ['gets an answer that is no user', text('null', 'application/json')],
  ['gets an answer that is no JSON', text('<html>', 'text/html')],
])('a token that %s lets nobody in', async (_what, reaction) => {
  const { send } = await startWith(reaction)
  expect((await send(handlersPath)).status).toBe(401)
})

test.each<[string, Reaction]>([
  ['fails', json({}, { status: 503 })],
  ['is too busy', json({}, { status: 429 })],
  ['sends elsewhere', json({}, { status: 302, headers: { location: '/other' } })],
  ['cuts the line', reset()],
])('where CentralAuth %s nobody is let in, and the answer is a 502', async (_what, reaction) => {
  const { send, vendor } = await startWith(reaction)
  const { status, json: body } = await send(handlersPath)
  expect([status, body]).toMatchObject([502, { errorCode: 'networkError' }])
  expect(vendor.requests.map(({ path }) => path.split('?')[0])).toEqual(['/api/v1/userinfo'])
})

test('CentralAuth is not asked about a request without a token', async () => {
  const { vendor, send } = await startWith(json({ ...user, organizationId: 'flowteam' }))
  expect((await send(handlersPath, { token: null })).status).toBe(401)
  expect(vendor.requests).toEqual([])
})
