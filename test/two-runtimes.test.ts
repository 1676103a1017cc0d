/** Two runtimes of one process, with the same names in each: nothing of one is in the other. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createRuntime, keysFromFile, type Runtime } from '../runtime/index.ts'
import { echo, startVendor, type Vendor } from './support/vendor.ts'

const call = { tenant: 'acme', connector: 'crm', connection: 'main', method: 'get' } as const

type Side = { readonly runtime: Runtime; readonly vendor: Vendor }

/** A runtime whose connector, connection, script and stored values have the names of every other. */
async function openSide(name: string): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), `hookline-${name}-`))
  const vendor = await startVendor()
  vendor.answers(echo())
  const runtime = createRuntime({
    connectors: {
      definition: {
        name: 'crm',
        base_url: vendor.origin,
        auth: { type: 'api_key', in: 'header', as: 'X-Key' },
        script: 'main.js',
        methods: { get: { path: '/get' } },
      },
      scripts: {
        'main.js': `function after_action() {
          globalThis.left = (globalThis.left || '') + '${name}'
          var before = cyclr_storage_get('mark')
          cyclr_storage_set('mark', '${name}')
          method_response = { side: '${name}', left: globalThis.left, before: before }
          return true
        }`,
      },
    },
    store: join(folder, 'store.sqlite'),
    keys: keysFromFile(join(folder, 'key'), { onMade: () => {} }),
    allowPrivate: ['127.0.0.0/8'],
  })
  onTestFinished(async () => {
    await runtime[Symbol.asyncDispose]()
    await vendor[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })
  const ref = { tenant: call.tenant, connection: call.connection }
  await runtime.connections.create({ ...ref, connector: 'crm', key: `key-of-${name}` })
  return { runtime, vendor }
}

const keysSeen = ({ vendor }: Side) => vendor.requests.map(({ headers }) => headers['x-key'])

test('each has its own connection, credential, values, scripts and vendor', async () => {
  const [one, two] = await Promise.all([openSide('one'), openSide('two')])
  const outcomes = await Promise.all([one.runtime.call(call), two.runtime.call(call)])
  expect(outcomes).toMatchObject([
    { kind: 'success', content: { side: 'one', left: 'one', before: null } },
    { kind: 'success', content: { side: 'two', left: 'two', before: null } },
  ])
  const again = await one.runtime.call(call)
  expect(again).toMatchObject({ content: { side: 'one', left: 'one', before: 'one' } })
  expect(keysSeen(one)).toEqual(['key-of-one', 'key-of-one'])
  expect(keysSeen(two)).toEqual(['key-of-two'])
})

test('what is done to a connection of one leaves that of the other alone', async () => {
  const [one, two] = await Promise.all([openSide('one'), openSide('two')])
  await one.runtime.connections.disable({ tenant: 'acme', connection: 'main' })
  expect(await one.runtime.call(call)).toMatchObject({ failure: { reason: 'sessionInactive' } })
  expect(await two.runtime.call(call)).toMatchObject({ kind: 'success' })
  await two.runtime.connections.remove({ tenant: 'acme', connection: 'main' })
  expect(await one.runtime.connections.list('acme')).toHaveLength(1)
  expect(await two.runtime.connections.list('acme')).toHaveLength(0)
})

test('one is closed while a call of the other is under way, which ends well', async () => {
  const [one, two] = await Promise.all([openSide('one'), openSide('two')])
  await Promise.all([one.runtime.call(call), two.runtime.call(call)])
  const arrived = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  two.vendor.answers(async (request, response, signal) => {
    arrived.resolve()
    await answer.promise
    await echo()(request, response, signal)
  })
  const begun = two.runtime.call(call)
  await arrived.promise
  await one.runtime[Symbol.asyncDispose]()
  answer.resolve()
  expect(await begun).toMatchObject({ kind: 'success', content: { side: 'two', before: 'two' } })
  expect(await two.runtime.call(call)).toMatchObject({ kind: 'success' })
})
