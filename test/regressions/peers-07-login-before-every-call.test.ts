/** Elsewhere a session whose life is not known was begun anew before every call. */
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

test('a session that says nothing of its life serves until it is refused', async () => {
  await using vendor = await startVendor()
  vendor.on('/login', json({ session: 's-1' }))
  vendor.on('/invoices', json([]))
  await using home = openTemporaryRuntime({ definition: books(vendor.origin) })
  await home.runtime.connections.create({ ...ann, properties: { Username: 'ada' } })
  expect(await home.runtime.connections.verify(ann)).toMatchObject({ state: 'active' })
  for (let times = 0; times < 3; times++) {
    const outcome = await home.runtime.call({ ...ann, method: 'list' })
    expect(outcome.kind).toBe('success')
  }
  expect(vendor.requests.map(({ path }) => path)).toEqual(['/login', ...Array(3).fill('/invoices')])
})
