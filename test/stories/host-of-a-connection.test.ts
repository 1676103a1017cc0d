/** A vendor with a host for each customer: the connection names it, and nothing else can. */
import { expect, test } from 'vitest'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, startVendor } from '../support/vendor.ts'

async function callWith(script: string) {
  await using vendor = await startVendor()
  await using other = await startVendor()
  vendor.answers(json({ fine: true }))
  other.answers(json({ stolen: true }))
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: 'http://{{Host}}',
      properties: { Host: { in: 'mergefield' } },
      script: 'main.js',
      methods: { get: { path: '/x' } },
    },
    scripts: { 'main.js': script.replace('OTHER', other.host) },
  })
  const ann = { tenant: 't', connector: 'acme', connection: 'ann' }
  await home.runtime.connections.create({ ...ann, properties: { Host: vendor.host } })
  const outcome = await home.runtime.call({ ...ann, method: 'get' })
  return { outcome, reachedOther: other.requests.length }
}

test('a call goes to the host that the connection names', async () => {
  expect(await callWith('')).toMatchObject({ outcome: { kind: 'success' } })
})

test('a script cannot lead it to another host', async () => {
  const script = 'function before_action() { method_request_mergefields.Host = "OTHER" }'
  expect(await callWith(script)).toMatchObject({
    outcome: { kind: 'failure', failure: { type: 'RequestForbidden', reason: 'origin' } },
    reachedOther: 0,
  })
})
