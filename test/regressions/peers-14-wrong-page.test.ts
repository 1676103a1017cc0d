/** Elsewhere a test passed on the wrong page: a replay in the middle of pages must ask for its own. */
import { expect, test } from 'vitest'
import { openAcme, rotating } from '../support/acme.ts'
import { json } from '../support/vendor.ts'

test('a token that dies between pages costs no page, and brings none twice', async () => {
  await using acme = await openAcme({
    definition: {
      methods: {
        get: {
          path: '/api',
          query: { page: '{{CYCLR_PAGE_NUMBER}}' },
          paging: { size: 2 },
        },
      },
    },
  })
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', (request, response, signal) => {
    const page = Number(new URL(request.path, 'http://x').searchParams.get('page'))
    const dead = page > 1 && request.headers.authorization === 'Bearer access-0'
    const items = page < 4 ? [`${page}a`, `${page}b`] : ['last']
    return (dead ? json({}, { status: 401 }) : json(items))(request, response, signal)
  })
  expect(await acme.call()).toMatchObject({
    kind: 'success',
    content: ['1a', '1b', '2a', '2b', '3a', '3b', 'last'],
  })
  expect(acme.apiRequests().map(({ path }) => path.at(-1))).toEqual(['1', '2', '2', '3', '4'])
})
