import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundlePrelude } from '../../runtime/bundle/prelude.ts'
import { runFlowFunction } from '../../runtime/route/run-function.ts'
import type { RoutedError } from '../../runtime/route/types.ts'
import { type OpenSandbox, openSandbox } from '../../runtime/sandbox/host/pool.ts'

let sandbox: OpenSandbox

beforeAll(async () => {
  sandbox = await openSandbox({ slots: 1, hookMs: 1_000, prelude: await bundlePrelude() })
})
afterAll(() => sandbox[Symbol.asyncDispose]())

const error: RoutedError = {
  type: 'Timeout',
  source: 'crm.get',
  message: 'late',
  httpCode: null,
  blockIndex: null,
  attempts: 2,
  renewed: true,
  connection: 'c',
  connector: 'crm',
  method: 'get',
  at: '1970-01-01T00:00:00.000Z',
  cause: null,
}

function run(source: string, inputs = {}) {
  const script = { source, file: 'scripts/f.js' }
  const job = { tenant: 't', app: 'support', flow: 'f', script, error, inputs }
  return runFlowFunction(sandbox, job, new AbortController().signal)
}

test('runFlowFunction() gives handle() the error and the inputs, and returns what it returned', async () => {
  const source = 'function handle(error, inputs) { return { told: inputs.who, error: error } }'
  expect(await run(source, { who: ['ann'] })).toEqual({ told: ['ann'], error })
})

test.each([
  ['a constant', 'const handle = (error) => error.attempts', 2],
  ['strict', '"use strict"; function handle() { return false }', false],
  ['without a return', 'function handle() {}', null],
  ['a text that looks like JSON', 'function handle() { return "[1]" }', '[1]'],
])('runFlowFunction() runs a handle() that is %s', async (_what, source, wanted) => {
  expect(await run(source)).toEqual(wanted)
})

test('runFlowFunction() calls nothing but handle()', async () => {
  const source = `
    function handle() { return 'mine' }
    function after_error() { throw new Error('not to be called') }`
  expect(await run(source)).toBe('mine')
})

test.each([
  ['throws', 'function handle() {\n  throw new Error("no pager")\n}', 'no pager', 'scripts/f.js:2'],
  ['throws an auth exception', 'function handle() { throw new AuthRefreshException() }', '', ''],
  ['is missing', 'var other', 'the Flow has no function handle(error, inputs)', ''],
  ['is asynchronous', 'async function handle() {}', 'it is synchronous', ''],
  ['asks for a request', 'function handle() { http_request({}) }', 'no requests of its own', ''],
  [
    'returns what is no data',
    'function handle() { const a = {}; a.a = a; return a }',
    'handle of scripts/f.js: what it returned cannot be',
    '',
  ],
])('runFlowFunction() fails as ScriptError where handle() %s', async (_what, source, text, at) => {
  const failure = await run(source).catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({ type: 'ScriptError' })
  const { message, position } = failure as { message: string; position?: string }
  expect(message).toContain(text)
  expect(position ?? '').toContain(at)
})

test('runFlowFunction() ends a handle() that does not end', async () => {
  await expect(run('function handle() { for (;;) {} }')).rejects.toMatchObject({
    type: 'ScriptTimeout',
    message: 'handle of scripts/f.js did not end within 1000 ms',
    position: undefined,
  })
})
