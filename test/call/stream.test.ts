import { expect, test } from 'vitest'
import { resolveCall } from '../../runtime/call/resolve.ts'
import { streamCall } from '../../runtime/call/stream.ts'
import { World } from '../support/world.ts'

const definition = `
base_url: https://api.acme.example
limits: { call_ms: 90000 }
methods:
  get: { path: /things, query: { page: CYCLR_PAGE_NUMBER }, paging: {} }
`

test('streamCall() does not count the time for which its reader has a page', async () => {
  let now = 0
  const answers = [{ json: [1] }, { status: 429 }, { json: [2] }, { json: [] }]
  const world = new World({ definition, vendor: (_request, nth) => answers[nth - 1] ?? {} })
  const request = { tenant: 't', connector: 'acme', method: 'get', connection: 'c' }
  const call = await resolveCall(request, world.registry(), () => 'call-1')
  const ports = { ...world.ports(), now: () => now }
  const contents: unknown[] = []
  for await (const { content } of streamCall(call, ports, new AbortController().signal)) {
    contents.push(content)
    now += 60_000
  }
  expect(contents).toEqual([[1], [2], []])
  expect(world.waits).toEqual([60_000])
})
