/** An error in a script is told where its author can find it. */
import { expect, test } from 'vitest'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, startVendor } from '../support/vendor.ts'

async function callWith(scripts: Readonly<Record<string, string>>, script: string) {
  await using vendor = await startVendor()
  vendor.answers(json({ items: [] }))
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      limits: { hook_ms: 200 },
      script,
      methods: { get: { path: '/' } },
    },
    scripts,
  })
  return await home.runtime.call({ tenant: 't', connector: 'acme', method: 'get' })
}

test('a thrown error has file, line, column and a frame', async () => {
  const source =
    'function after_action() {\n  var first = method_response.items[0]\n  return first.id === 1\n}'
  expect(await callWith({ 'main.js': source }, 'main.js')).toMatchObject({
    failure: {
      type: 'ScriptError',
      message: expect.stringContaining("reading 'id'"),
      position: 'main.js:3:16',
      frame: expect.stringMatching(/> 3 \|\s+return first\.id === 1\n\s+\|\s+\^/),
    },
  })
})

test('in a bundle, it is the place in the file that its author wrote', async () => {
  const scripts = {
    'main.ts':
      "import { check } from './lib/check.ts'\nexport function after_action(): boolean {\n  return check(1)\n}",
    'lib/check.ts':
      "/** Long enough. */\nexport function check(value: number): boolean {\n  throw new Error('no ' + value)\n}",
  }
  expect(await callWith(scripts, 'main.ts')).toMatchObject({
    failure: { message: 'no 1', position: 'lib/check.ts:3:9' },
  })
})

test('a syntax error is told the same way, and nothing was sent', async () => {
  const outcome = await callWith(
    { 'main.js': 'function before_action() {\n  return tru e\n}' },
    'main.js',
  )
  expect(outcome).toMatchObject({ failure: { type: 'ScriptError', position: 'main.js:2:14' } })
  expect(outcome.trail.attempts[0]?.steps.some(({ kind }) => kind === 'request')).toBe(false)
})

test.each([
  ['a text that is thrown', '  throw "not today"', 'not today'],
  ['a promise', '  return Promise.resolve(true)', 'after_action of main.ts returned a promise'],
  ['what is no data', '  method_response.self = method_response', 'method_response cannot be read'],
  ['a loop', '  for (;;);', 'after_action of main.ts did not end within 200 ms'],
])('%s has the place of its handler', async (_what, body, message) => {
  const lib = 'export const one: number = 1\n'
  const source = `import './lib.ts'\nexport function after_action() {\n${body}\n}`
  const outcome = await callWith({ 'main.ts': source, 'lib.ts': lib }, 'main.ts')
  expect(outcome).toMatchObject({
    failure: {
      message: expect.stringContaining(message),
      position: 'main.ts:2:8',
      frame: expect.stringContaining('> 2 | export function after_action() {'),
    },
  })
})

test('a step of the library may be TypeScript, and its error has its place', async () => {
  await using vendor = await startVendor()
  vendor.answers(json({}))
  await using home = openTemporaryRuntime({
    definition: { name: 'acme', base_url: vendor.origin, methods: { get: { path: '/' } } },
  })
  const source = 'type Id = number\n\nfunction after_action(): void {\n  throw new Error("mine")\n}'
  const request = { tenant: 't', connector: 'acme', method: 'get' }
  expect(await home.runtime.call({ ...request, step: { file: 's.ts', source } })).toMatchObject({
    failure: { type: 'ScriptError', message: 'mine', position: 's.ts:4:9' },
  })
})

test('a loop costs that one call, and the next one works', async () => {
  await using vendor = await startVendor()
  vendor.answers(json({ fine: true }))
  await using home = openTemporaryRuntime({
    definition: {
      name: 'acme',
      base_url: vendor.origin,
      limits: { hook_ms: 200 },
      methods: { hang: { path: '/', script: 'hang.js' }, fine: { path: '/', script: 'fine.js' } },
    },
    scripts: {
      'hang.js': 'function after_action() { while (true) {} }',
      'fine.js': 'function after_action() { method_response = { seen: method_response } }',
    },
  })
  const call = (method: string) => home.runtime.call({ tenant: 't', connector: 'acme', method })
  const [hung, fine] = await Promise.all([call('hang'), call('fine')])
  expect(hung).toMatchObject({ failure: { type: 'ScriptTimeout' } })
  expect(hung.trail.attempts.flatMap(({ steps }) => steps)).toContainEqual({
    ...{ kind: 'hook', event: 'after_action', ms: expect.any(Number) },
    ...{ result: 'failed', failure: 'ScriptTimeout' },
  })
  expect(fine).toMatchObject({ kind: 'success', content: { seen: { fine: true } } })
  expect(await call('fine')).toMatchObject({ kind: 'success' })
})
