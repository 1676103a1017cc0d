/** Elsewhere the first attempt used the body up, and the replay sent nothing, hung or threw. */
import { expect, test } from 'vitest'
import { openAcme, refusing, rotating } from '../support/acme.ts'

const file = { filename: 'notes.txt', content: 'n'.repeat(200_000), content_type: 'text/plain' }
const base64 = Buffer.from('b'.repeat(200_000)).toString('base64')

test.each([
  ['json', { text: 'j'.repeat(200_000) }],
  ['form', { text: 'f'.repeat(200_000) }],
  ['multipart', { file, title: 'Notes' }],
  ['binary', { base64 }],
] as const)('the replay of a %s body sends all of it again', async (body_type, body) => {
  await using acme = await openAcme({
    definition: {
      methods: {
        send: { verb: 'POST', path: '/api', body_type },
      },
    },
  })
  acme.vendor.on('/token', rotating())
  acme.vendor.on('/api', refusing(['access-0']))
  expect(await acme.call({ method: 'send', input: body })).toMatchObject({ kind: 'success' })
  const [first, second, ...more] = acme.apiRequests().map(({ headers, body: sent }) => {
    const boundary = /boundary=(\S+)/.exec(headers['content-type'] ?? '')?.[1]
    return boundary === undefined ? sent : sent.replaceAll(boundary, 'BOUNDARY')
  })
  expect(more).toEqual([])
  expect(first?.length).toBeGreaterThan(200_000 - 1)
  expect(second === first).toBe(true)
})
