import { describe, expect, test } from 'vitest'
import type { HookJob } from '../../runtime/model/ports.ts'
import { changes, global, useSandbox } from './support.ts'

const ended: number[] = []
const { run } = useSandbox({
  log: ({ kind, pid }) => {
    if (kind === 'ended') ended.push(pid)
  },
})

const after = (body: string): string => `function after_action() { ${body} }`

describe('time', () => {
  test.each([
    ['a loop in a handler', after('for (;;);')],
    ['a loop at load time', `for (;;); ${after('')}`],
    ['a regular expression', after('/(a+)+$/.test("a".repeat(40) + "b")')],
    ['a chain of microtasks', after('const f = () => Promise.resolve().then(f); f(); for (;;);')],
    ['a getter that is read back', after('v = { get x() { for (;;); } }')],
    ['a getter on what was thrown', after('throw { get message() { for (;;); } }')],
  ])('run() ends %s at its deadline', async (_what, connector) => {
    const endless = run({ connector, hookMs: 100, globals: { v: global(null) } })
    await expect(endless).rejects.toMatchObject({
      type: 'ScriptTimeout',
      message: 'after_action of scripts/connector.js did not end within 100 ms',
    })
  })

  test('run() kills what the engine cannot interrupt', async () => {
    const endless = run({
      connector: after('[].indexOf.call({ length: 2 ** 53 - 1 }, 1)'),
      hookMs: 50,
    })
    await expect(endless).rejects.toMatchObject({ type: 'ScriptTimeout' })
  })

  test('run() takes the word of no script for a timeout', async () => {
    const connector = `throw new Error('Script execution timed out.'); ${after('')}`
    expect(await run({ connector })).toMatchObject({ kind: 'threw' })
  })

  test('run() answers before what a hook left behind has run', async () => {
    const connector = after(`Promise.resolve().then(() => { console.log('late'); for (;;); })`)
    const result = await run({ connector, hookMs: 60_000 })
    expect(result).toMatchObject({ kind: 'returned', log: [] })
  })
})

describe('log', () => {
  test('run() returns what was logged, in its order and with its level', async () => {
    const connector = after(`console.log('a', 1, { b: [2] }, null, undefined); console.warn('w')
      console.error(new TypeError('e')); console.debug('d'); console.info('i')`)
    const { log } = await run({ connector })
    expect(log.map(({ level }) => level)).toEqual(['info', 'warn', 'error', 'debug', 'info'])
    expect(log[0]?.text).toBe('a 1 {"b":[2]} null undefined')
    expect(log[2]?.text).toMatch(
      /^TypeError: e\n {4}at after_action \(scripts\/connector\.js:2:21\)/,
    )
  })

  test.each([
    ['one line', 'console.log("x".repeat(1e6))', 1],
    ['many lines', 'for (let i = 0; i < 1e5; i++) console.log("x")', 1000],
    ['many values', 'console.log(...new Array(1e5).fill("xy"))', 1],
  ])('run() cuts a log of %s, and says so', async (_what, body, lines) => {
    const { log, warnings } = await run({ connector: after(`${body}; console.log('more')`) })
    expect(log).toHaveLength(lines)
    expect(log.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(65_536)
    expect(warnings).toEqual([expect.stringContaining('the log was cut')])
  })

  test('run() survives logging what cannot be read', async () => {
    const connector = after(`console.log(Symbol('s'), { toJSON() { throw 1 } }, Object.create(null),
      new Proxy({}, { get() { throw 2 } }), 10n)`)
    expect((await run({ connector })).log).toEqual([
      { level: 'info', text: 'Symbol(s) [object] {} [object] 10' },
    ])
  })
})

describe('capabilities', () => {
  const echo: HookJob['capability'] = async (name, argument) => ({
    ok: true,
    value: { name, argument },
  })

  test('http_request() waits for the host’s answer', async () => {
    const connector = after(`v = http_request({ url: '/x', data: undefined })`)
    const result = await run({ connector, globals: { v: global(null) }, capability: echo })
    expect(changes(result)).toEqual({ v: { name: 'http_request', argument: { url: '/x' } } })
  })

  test('http_request() throws a plain Error where the host refuses', async () => {
    const connector = after(
      `try { http_request({}) } catch (e) { v = [e.name, e.message, e.stack] }`,
    )
    const result = await run({
      connector,
      globals: { v: global(null) },
      capability: async () => ({ ok: false, message: 'that address is not allowed' }),
    })
    expect(changes(result)).toEqual({
      v: ['Error', 'that address is not allowed', expect.not.stringContaining('file:')],
    })
  })

  test('http_request() hides what the host did wrong', async () => {
    const capability = async () => {
      throw new Error('secret')
    }
    const connector = after('http_request({})')
    expect(await run({ connector, capability })).toMatchObject({
      kind: 'threw',
      message: 'http_request: the request was given up',
    })
  })

  test('http_request() stops the hook’s clock', async () => {
    const capability: HookJob['capability'] = () =>
      new Promise((resolve) => setTimeout(() => resolve({ ok: true, value: 1 }), 700))
    const connector = after('v = http_request({}) + http_request({})')
    const result = await run({ connector, hookMs: 200, capability, globals: { v: global(null) } })
    expect(changes(result)).toEqual({ v: 2 })
  })

  test('http_request() is answered a hundred times in a hook, and not once more', async () => {
    let asked = 0
    const capability: HookJob['capability'] = async () => ({ ok: true, value: ++asked })
    const connector = after('for (;;) http_request({})')
    expect(await run({ connector, capability })).toMatchObject({
      kind: 'threw',
      message: 'http_request: a hook may ask 100 times, not more',
    })
    expect(asked).toBe(100)
  })

  test('run() ends a hook that asks for ever', async () => {
    const connector = after('for (;;) try { http_request({}) } catch {}')
    await expect(run({ connector, hookMs: 100, capability: echo })).rejects.toMatchObject({
      type: 'ScriptTimeout',
    })
  })

  test.each([
    ['more than 4 MiB', `{ data: 'x'.repeat(4194304) }`],
    [
      'more than 64 levels',
      `(() => { let v = []; for (let i = 0; i < 70; i++) v = [v]; return v })()`,
    ],
  ])('http_request() refuses %s', async (_what, argument) => {
    const connector = after(`http_request(${argument})`)
    expect(await run({ connector, capability: echo })).toMatchObject({ kind: 'threw' })
  })

  test('http_request() is not there for what runs after the hook', async () => {
    let asked = 0
    const capability: HookJob['capability'] = async () => ({ ok: true, value: ++asked })
    const connector = after('Promise.resolve().then(() => http_request({}))')
    const before = ended.length
    await run({ connector, capability })
    await run({ connector: after('') })
    expect(asked).toBe(0)
    expect(ended).toHaveLength(before)
  })
})
