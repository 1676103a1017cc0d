import { describe, expect, test } from 'vitest'
import { changes, global, useSandbox } from './support.ts'

const { run } = useSandbox()

/** What a script makes of an expression: its value, or the name of what it throws. */
async function evaluate(expression: string): Promise<unknown> {
  const result = await run({
    connector: `function after_action() { try { v = ${expression} } catch (e) { v = String(e?.name) } }`,
    globals: { v: global('unchanged') },
  })
  return changes(result).v
}

describe('what the guest can see', () => {
  test('a script finds the language, and nothing of a host', async () => {
    expect(await evaluate('Object.getOwnPropertyNames(globalThis).sort()')).toEqual([
      'AggregateError',
      'Array',
      'ArrayBuffer',
      'AsyncDisposableStack',
      'AuthRefreshException',
      'AuthSessionException',
      'BigInt',
      'BigInt64Array',
      'BigUint64Array',
      'Boolean',
      'DataView',
      'Date',
      'DisposableStack',
      'Error',
      'EvalError',
      'Float16Array',
      'Float32Array',
      'Float64Array',
      'Function',
      'Infinity',
      'Int16Array',
      'Int32Array',
      'Int8Array',
      'Intl',
      'Iterator',
      'JSON',
      'Map',
      'Math',
      'NaN',
      'Number',
      'Object',
      'Promise',
      'Proxy',
      'RangeError',
      'ReferenceError',
      'Reflect',
      'RegExp',
      'Set',
      'String',
      'SuppressedError',
      'Symbol',
      'SyntaxError',
      'TypeError',
      'URIError',
      'Uint16Array',
      'Uint32Array',
      'Uint8Array',
      'Uint8ClampedArray',
      'WeakMap',
      'WeakSet',
      'after_action',
      'atob',
      'btoa',
      'console',
      'cycle_storage_append',
      'cycle_storage_decrement',
      'cycle_storage_delete',
      'cycle_storage_delete_all',
      'cycle_storage_get',
      'cycle_storage_increment',
      'cycle_storage_list_keys',
      'cycle_storage_list_values',
      'cycle_storage_set',
      'cyclr_csv_parse',
      'cyclr_sign',
      'cyclr_storage_append',
      'cyclr_storage_decrement',
      'cyclr_storage_delete',
      'cyclr_storage_delete_all',
      'cyclr_storage_get',
      'cyclr_storage_increment',
      'cyclr_storage_list_keys',
      'cyclr_storage_list_values',
      'cyclr_storage_set',
      'decodeURI',
      'decodeURIComponent',
      'encodeURI',
      'encodeURIComponent',
      'escape',
      'eval',
      'globalThis',
      'http_request',
      'isFinite',
      'isNaN',
      'parseFloat',
      'parseInt',
      'require',
      'undefined',
      'unescape',
      'v',
    ])
  })

  test.each([
    ['a function’s constructor', `http_request.constructor('return typeof process')()`],
    ['a log function’s constructor', `console.log.constructor('return typeof process')()`],
    [
      'a generator’s constructor',
      `(function* () {}).constructor('yield typeof process')().next().value`,
    ],
    ['an exception’s constructor', `AuthRefreshException.constructor('return typeof process')()`],
    [
      'an accessor’s constructor',
      `Object.getOwnPropertyDescriptor(globalThis, 'v').get.constructor('return typeof process')()`,
    ],
    ['an indirect eval', `(0, eval)('typeof process')`],
  ])('%s leads back into the guest', async (_what, expression) => {
    expect(await evaluate(expression)).toBe('undefined')
  })

  test('require() loads nothing of its host', async () => {
    const expression = `['fs', 'node:fs', 'process', 'isolated-vm', './package.json', '__proto__',
      'constructor', 'toString'].map((name) => { try { return typeof require(name) } catch { return '' } })`
    expect(await evaluate(expression)).toEqual(Array(8).fill(''))
  })

  test('import() loads nothing', async () => {
    const connector = `function after_action() {
      import('node:fs').then(() => { console.log('in') }, () => {}); return true }`
    expect(await run({ connector })).toMatchObject({ kind: 'returned', log: [] })
  })

  test('a script prepares no stack, and makes none longer', async () => {
    const expression = `(() => { Error.prepareStackTrace = () => 'mine'; Error.stackTraceLimit = 1e6
      return [new Error('x').stack !== 'mine', Error.stackTraceLimit] })()`
    expect(await evaluate(expression)).toEqual([true, 32])
  })

  test('a stack overflow inside a host call leaves nothing broken', async () => {
    const expression = `(() => { let caught = ''
      const dive = () => { try { dive() } catch { try { http_request({}) } catch (e) { caught = e.constructor === Error || e instanceof RangeError } } }
      dive(); return caught })()`
    expect(await evaluate(expression)).toBe(true)
  })
})

describe('two tenants', () => {
  const leave = `globalThis.left = 1; Array.prototype.left = 1; Symbol.for('left').left = 1
    Object.prototype.left = 1; Promise.prototype.then = null; JSON.parse = null`
  const look = `function after_action() {
    v = [typeof left, [].left === undefined, ({}).left === undefined, typeof JSON.parse] }`

  test('see nothing of each other in the same process', async () => {
    await run({ tenant: 'a', connector: `${leave}; function after_action() {}` })
    const result = await run({ tenant: 'b', connector: look, globals: { v: global(null) } })
    expect(changes(result)).toEqual({ v: ['undefined', true, true, 'function'] })
  })

  test('have nothing in common but a name for their connections', async () => {
    const connector = 'function after_action() { action_data.seen = action_data.mine }'
    const of = (tenant: string) =>
      run({
        tenant,
        connection: 'same',
        connector,
        globals: { action_data: global({ mine: tenant }) },
      })
    const [a, b] = await Promise.all([of('a'), of('b')])
    expect([changes(a), changes(b)]).toEqual([
      { action_data: { mine: 'a', seen: 'a' } },
      { action_data: { mine: 'b', seen: 'b' } },
    ])
  })
})
