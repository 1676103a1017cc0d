/** What became of a hook is what its host saw: no text of a script decides it. */
import { describe, expect, test } from 'vitest'
import { useSandbox } from './support.ts'

const { run } = useSandbox()

/** What the engine, the sandbox process and the broker say where they end a hook. */
const forged = [
  `new Error('Script execution timed out.')`,
  `new RangeError('Isolate was disposed during execution due to memory limit')`,
  `new Error('Isolate was disposed during execution')`,
  `Object.assign(new Error('x'), { name: 'CallFailure', type: 'ScriptTimeout', code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' })`,
  `{ kind: 'timeout', reason: 'timeout', type: 'ScriptMemoryLimit' }`,
  `'{"kind":"failed","reason":"memory"}'`,
  `Object.assign(new Error('x'), { signal: 'refresh', kind: 'threw', isIdle: true })`,
  `new (class ScriptTimeout extends Error {})('killed:timeout')`,
  `undefined`,
]

describe('run()', () => {
  test.each(forged)('says that a handler threw, whatever it threw: %s', async (thrown) => {
    const connector = `function after_action() { throw ${thrown} }`
    expect(await run({ connector })).toMatchObject({ kind: 'threw', signal: null })
  })

  test.each(forged)('says that a script threw while it loaded: %s', async (thrown) => {
    const connector = `throw ${thrown}; function after_action() {}`
    expect(await run({ connector })).toMatchObject({ kind: 'threw', signal: null })
  })

  test.each(forged)('says the same of what a promise is rejected with: %s', async (thrown) => {
    const connector = `function after_action() { Promise.reject(${thrown}); return true }`
    expect(await run({ connector })).toMatchObject({ kind: 'returned', value: true })
  })

  test('takes a record that a script wrote for a text', async () => {
    const record = JSON.stringify({ kind: 'absent', globals: {}, log: [], warnings: [] })
    const connector = `function after_action() { console.log('${record}'); throw '${record}' }`
    expect(await run({ connector })).toMatchObject({ kind: 'threw', message: record })
  })
})
