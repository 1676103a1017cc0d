import { describe, expect, test } from 'vitest'
import { changes, global, readOnly, useSandbox } from './support.ts'

const { run } = useSandbox()

const after = (body: string): string => `function after_action() { ${body} }`

describe('globals on their way in', () => {
  test('run() gives a script the values of its globals', async () => {
    const result = await run({
      connector: after('seen = [text, number, list, nothing]'),
      globals: {
        text: readOnly('ä€😀'),
        number: readOnly(1.5),
        list: readOnly([1, { a: null }]),
        nothing: readOnly(null),
        seen: global(null),
      },
    })
    expect(changes(result)).toEqual({ seen: ['ä€😀', 1.5, [1, { a: null }], null] })
  })

  test('run() gives a body that is not JSON as the text that it is', async () => {
    const body = { json: '<html>', writable: true, kind: 'body' } as const
    const result = await run({
      connector: after('seen = method_response.length'),
      globals: { method_response: body, seen: global(null) },
    })
    expect(changes(result)).toEqual({ seen: 6 })
  })

  test('run() carries a text of 20 MiB in', async () => {
    const body = {
      json: `"${'x'.repeat(20 * 1024 * 1024)}"`,
      writable: true,
      kind: 'body',
    } as const
    const result = await run({
      connector: after('seen = method_response.length'),
      globals: { method_response: body, seen: global(null) },
      hookMs: 5_000,
    })
    expect(changes(result)).toEqual({ seen: 20 * 1024 * 1024 })
  })

  test('run() leaves a key named __proto__ alone on the way in, and drops it on the way out', async () => {
    const json = '{"__proto__":{"admin":true},"a":{"constructor":{"prototype":1}}}'
    const result = await run({
      connector: after('method_response.seen = ({}).admin === undefined'),
      globals: { method_response: { json, writable: true, kind: 'value' } },
    })
    expect(result.globals).toEqual({ method_response: '{"a":{},"seen":true}' })
  })
})

describe('globals as variables (dialect section 14, 2)', () => {
  test.each([
    ['sloppy', ''],
    ['strict', '"use strict";'],
  ])('run() lets a %s script assign and mutate', async (_mode, mode) => {
    const result = await run({
      connector: `${mode} ${after('action_data = { n: 1 }; action_data.n++; list.push(3)')}`,
      globals: { action_data: global({}), list: global([1, 2]) },
    })
    expect(changes(result)).toEqual({ action_data: { n: 2 }, list: [1, 2, 3] })
  })

  test('run() lets a script declare a global once more by var', async () => {
    const result = await run({
      connector: `var method_response; ${after('method_response.b = 2')}`,
      globals: { method_response: global({ a: 1 }) },
    })
    expect(changes(result)).toEqual({ method_response: { a: 1, b: 2 } })
  })

  test('run() lets no script delete, redefine or freeze a global away', async () => {
    const result = await run({
      connector: after(`
        delete globalThis.a
        try { Object.defineProperty(globalThis, 'a', { get() { for (;;); } }) } catch {}
        Object.freeze(globalThis)
        a = 2`),
      globals: { a: global(1) },
    })
    expect(changes(result)).toEqual({ a: 2 })
  })
})

describe('globals on their way back (dialect section 14, 11)', () => {
  test('run() returns only what was changed', async () => {
    const spaced = { json: '{ "a" : [ 1, 2 ] }', writable: true, kind: 'value' } as const
    const result = await run({
      connector: after('spaced.a[1] = 2; same = { x: 1 }; other.x; touched = 0; touched = 7'),
      globals: { spaced, same: global({ x: 1 }), other: global({ x: 1 }), touched: global(1) },
    })
    expect(changes(result)).toEqual({ touched: 7 })
  })

  test('run() returns no global that is read-only', async () => {
    const result = await run({
      connector: after('script_parameters.a = 2; return script_parameters.a === 2'),
      globals: { script_parameters: readOnly({ a: 1 }) },
    })
    expect(result).toMatchObject({ kind: 'returned', value: true, globals: {} })
  })

  test('run() turns undefined into null, dates into text, and leaves functions out', async () => {
    const result = await run({
      connector:
        after(`v = { u: undefined, d: new Date(0), f() {}, n: NaN, deep: [{ u: undefined }, undefined] }
        gone = undefined`),
      globals: { v: global(null), gone: global(1) },
    })
    expect(changes(result)).toEqual({
      v: { u: null, d: '1970-01-01T00:00:00.000Z', n: null, deep: [{ u: null }, null] },
      gone: null,
    })
  })

  test.each([
    ['function', '() => 1'],
    ['symbol', 'Symbol("s")'],
  ])('run() takes a %s in a global for null, and warns', async (kind, value) => {
    const result = await run({ connector: after(`v = ${value}`), globals: { v: global(1) } })
    expect(changes(result)).toEqual({ v: null })
    expect(result.warnings).toEqual([`v was set to a ${kind}, which is no data; taken for null`])
  })

  test.each([
    ['a cycle', 'v = {}; v.self = v', /v cannot be read back as data: .*circular/i],
    ['a BigInt', 'v = 1n', /v cannot be read back as data: .*BigInt/],
    ['a getter that throws', 'v = { get x() { throw new Error("mine") } }', /v .*: mine/],
    ['more than 4 MiB', 'v = "x".repeat(4194304)', /v .*larger than 4 MiB/],
    [
      'more than 64 levels',
      'v = []; for (let i = 0; i < 70; i++) v = [v]',
      /v nests deeper than 64/,
    ],
  ])('run() refuses %s, and names the global', async (_what, body, message) => {
    const refused = run({ connector: after(body), globals: { v: global(null) } })
    await expect(refused).rejects.toMatchObject({
      type: 'ScriptError',
      reason: 'bad-return',
      message: expect.stringMatching(message),
    })
  })

  test('run() returns globals also from a hook that threw', async () => {
    const result = await run({
      connector: after('action_data.tried = true; throw new Error("no")'),
      globals: { action_data: global({}) },
    })
    expect(result).toMatchObject({ kind: 'threw', message: 'no' })
    expect(changes(result)).toEqual({ action_data: { tried: true } })
  })

  test('run() lets nothing but data pass for data', async () => {
    const result = await run({
      connector: `Object.prototype.toJSON = function () { return { kind: 'absent', forged: true } }
        JSON.stringify = () => '{"kind":"absent"}'
        Array.prototype.push = String.prototype.slice = null
        ${after('v = 1; console.log("x")')}`,
      globals: { v: global(null) },
    })
    expect(result).toMatchObject({ kind: 'returned', globals: { v: '1' } })
    expect(result.log).toEqual([{ level: 'info', text: 'x' }])
  })
})

describe('headers', () => {
  const headers = global({ 'content-type': 'a', 'X-Kept': 'b' }, 'headers')

  test('run() finds a header whatever its case', async () => {
    const result = await run({
      connector: after(`seen = [h['Content-Type'], h['x-kept'], 'CONTENT-TYPE' in h,
        h.hasOwnProperty('X-KEPT'), h.absent === undefined, Object.keys(h).length]`),
      globals: { h: headers, seen: global(null) },
    })
    expect(changes(result)).toEqual({ seen: ['a', 'b', true, true, true, 2] })
  })

  test('run() keeps a header’s spelling, and that of the script for a new one', async () => {
    const result = await run({
      connector: after(`h['CONTENT-TYPE'] = 'c'; h['X-New'] = 'd'; delete h['x-kept']`),
      globals: { h: headers },
    })
    expect(changes(result)).toEqual({ h: { 'content-type': 'c', 'X-New': 'd' } })
  })
})
