import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRuntime, type Runtime } from '../../runtime/runtime.ts'
import { keysFromFile } from '../../runtime/store/key-file.ts'
import { json, startVendor, type Vendor } from '../support/vendor.ts'
import { folderWith } from './support.ts'

const app = `
group: g
flows:
  page:
    input_fields: [text]
    output_fields: [id]
    call: { connector: pager, method: send }
  judge:
    source: |
      function handle(error) { return { retry: error.attempts < 3, seen: error.type } }
error_handlers:
  - { handler: { component_id: judge } }
  - error_sources: [ZipCode]
    handler:
      component_id: page
      configuration:
        input_fields: { text: 'HTTP {{ error.httpCode }} from {{ error.source }}' }
`

function open(vendor: Vendor): Runtime {
  const folder = folderWith({ 'apps/support.yaml': app })
  const connector = (name: string, methods: object) => ({
    definition: { name, base_url: vendor.origin, auth: 'none', methods },
  })
  return createRuntime({
    connectors: [
      connector('crm', { get: { path: '/zip' } }),
      connector('pager', { send: { verb: 'POST', path: '/page', body_type: 'json' } }),
    ],
    store: join(folder, 'store.sqlite'),
    keys: keysFromFile(join(folder, 'key'), { onMade: () => {} }),
    allowPrivate: ['127.0.0.0/8'],
    apps: join(folder, 'apps'),
  })
}

const request = { tenant: 't', connector: 'crm', method: 'get', app: 'support' }

test('call() hands a failure to its app’s handler, whose Flow makes a call', async () => {
  await using vendor = await startVendor()
  await using runtime = open(vendor)
  vendor.on('/zip', json({ error: 'no' }, { status: 503 }))
  vendor.on('/page', json({ id: 42 }))
  const outcome = await runtime.call({ ...request, source: 'ZipCode' })
  expect(outcome).toMatchObject({
    kind: 'failure',
    failure: { type: 'HttpError', httpCode: 503 },
    handled: { index: 1, componentId: 'support.page.Flows.orc.g', output: { id: 42 } },
  })
  expect(vendor.requests.map(({ path, body }) => `${path} ${body}`)).toEqual([
    '/zip ',
    '/page {"text":"HTTP 503 from ZipCode"}',
  ])
})

test('call() hands a failure to a function in the sandbox', async () => {
  await using vendor = await startVendor()
  await using runtime = open(vendor)
  vendor.answers(json({}, { status: 500 }))
  expect(await runtime.call(request)).toMatchObject({
    kind: 'failure',
    handled: { index: 0, output: { retry: true, seen: 'HttpError' } },
  })
})

test('O53 call() routes no failure of a Flow', async () => {
  await using vendor = await startVendor()
  await using runtime = open(vendor)
  vendor.answers(json({}, { status: 500 }))
  const outcome = await runtime.call({ ...request, source: 'ZipCode' })
  expect(outcome).not.toHaveProperty('handled')
  expect(vendor.requests).toHaveLength(2)
})

test('O51 call() routes nothing that ended well', async () => {
  await using vendor = await startVendor()
  await using runtime = open(vendor)
  vendor.answers(json({ zip: 1 }))
  const outcome = await runtime.call(request)
  expect(outcome).toMatchObject({ kind: 'success', content: { zip: 1 } })
  expect(vendor.requests).toHaveLength(1)
})

test('call() with `route: false` leaves a failure to route(), which hands it on once', async () => {
  await using vendor = await startVendor()
  await using runtime = open(vendor)
  vendor.answers(json({}, { status: 500 }))
  const outcome = await runtime.call(request, { route: false })
  expect(outcome).not.toHaveProperty('handled')
  expect(await runtime.route(request, outcome)).toMatchObject({ handled: { index: 0 } })
})

test('call() refuses an app that is not there, before it sends anything', async () => {
  await using vendor = await startVendor()
  await using runtime = open(vendor)
  await expect(runtime.call({ ...request, app: 'supprot' })).rejects.toMatchObject({
    name: 'UsageError',
    errorCode: 'entityMissing',
  })
  expect(vendor.requests).toHaveLength(0)
})

test('a call that names what is not there is routed like any other failure', async () => {
  await using vendor = await startVendor()
  await using runtime = open(vendor)
  const outcome = await runtime.call({ ...request, method: 'gett' })
  expect(outcome).toMatchObject({
    failure: { type: 'DefinitionInvalid' },
    handled: { output: { seen: 'DefinitionInvalid' } },
  })
})
