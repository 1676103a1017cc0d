import { expect, test } from 'vitest'
import { changes, global, useSandbox } from './support.ts'

const { run } = useSandbox()

test('run() calls a handler with its globals and returns what it changed', async () => {
  const result = await run({
    connector: 'function after_action() { method_response.b = method_response.a + 1 }',
    globals: { method_response: global({ a: 1 }) },
  })
  expect(result).toMatchObject({ kind: 'returned', value: true, falseAt: null })
  expect(changes(result)).toEqual({ method_response: { a: 1, b: 2 } })
})

test('run() ends a hook that does not end, and goes on', async () => {
  const endless = run({ connector: 'function after_action() { for (;;); }', hookMs: 100 })
  await expect(endless).rejects.toMatchObject({ type: 'ScriptTimeout' })
  expect(await run({ connector: 'function after_action() {}' })).toMatchObject({ value: true })
})
