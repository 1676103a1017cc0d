/** Elsewhere the login went out with the key of the session that had ended, and was refused for it. */
import { expect, test } from 'vitest'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, startVendor } from '../support/vendor.ts'

const books = (origin: string) => ({
  name: 'books',
  base_url: origin,
  auth: 'session',
  properties: {
    Username: { in: 'mergefield' },
    SessionId: { in: 'header', as: 'X-Session', sensitive: true },
  },
  post_install: { method: 'login', values: { SessionId: 'data.session' } },
  errors: [
    {
      type: 'ExpiredToken',
      renew: 'session',
      message: 'the session has ended',
      filter: { path: 'headers.http-code', operator: 'equal', value: 401 },
    },
  ],
  methods: {
    login: { verb: 'POST', path: '/login', ignore_auth: true, body: { user: '{{Username}}' } },
    list: { path: '/invoices' },
  },
})

const ann = { tenant: 'acme-inc', connector: 'books', connection: 'ann' }

test('a login carries nothing of the session that has ended', async () => {
  await using vendor = await startVendor()
  let logins = 0
  vendor.on('/login', (request, response, signal) => {
    const refused = request.headers['x-session'] !== undefined
    logins += 1
    const session = `s-${logins}`
    const answer = refused ? json({ error: 'ended' }, { status: 401 }) : json({ session })
    return answer(request, response, signal)
  })
  vendor.on('/invoices', (request, response, signal) => {
    const good = request.headers['x-session'] === 's-2'
    return json([], { status: good ? 200 : 401 })(request, response, signal)
  })
  await using home = openTemporaryRuntime({ definition: books(vendor.origin) })
  await home.runtime.connections.create({ ...ann, properties: { Username: 'ada' } })
  await home.runtime.connections.verify(ann)
  expect(await home.runtime.call({ ...ann, method: 'list' })).toMatchObject({ kind: 'success' })
  const seen = vendor.requests.map(({ path, headers }) => [path, headers['x-session']])
  expect(seen).toEqual([
    ['/login', undefined],
    ['/invoices', 's-1'],
    ['/login', undefined],
    ['/invoices', 's-2'],
  ])
})
