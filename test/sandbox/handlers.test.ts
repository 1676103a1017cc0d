import { describe, expect, test } from 'vitest'
import { changes, global, useSandbox } from './support.ts'

const { run } = useSandbox()

const trace = { trace: global([]) }
const handler = (event: string, body: string): string => `function ${event}() { ${body} }`
const traced = (event: string) => ({
  connector: handler(event, 'trace.push("connector")'),
  method: handler(event, 'trace.push("method")'),
  step: handler(event, 'trace.push("step")'),
  globals: trace,
})

describe('levels (dialect section 14, 1 and 2)', () => {
  test('run() calls before_* handlers from method over connector to step', async () => {
    const result = await run({ event: 'before_action', ...traced('before_action') })
    expect(changes(result)).toEqual({ trace: ['method', 'connector', 'step'] })
  })

  test('run() calls all others from connector over method to step', async () => {
    const result = await run({ event: 'after_error', ...traced('after_error') })
    expect(changes(result)).toEqual({ trace: ['connector', 'method', 'step'] })
  })

  test('run() shares one global scope between the levels, also of let, const and class', async () => {
    const result = await run({
      connector:
        'let a = 1; const b = 2; class C { three() { return 3 } } function d() { return 4 }',
      method: '"use strict"; let e = a + b',
      step: handler('after_action', 'trace = [a, b, new C().three(), d(), e]'),
      globals: trace,
    })
    expect(changes(result)).toEqual({ trace: [1, 2, 3, 4, 3] })
  })

  test('run() calls a handler declared by const once', async () => {
    const result = await run({
      connector: 'const after_action = () => { trace.push(1) }',
      method: 'let unrelated',
      globals: trace,
    })
    expect(changes(result)).toEqual({ trace: [1] })
  })

  test('run() keeps a handler of one level from being called as another’s', async () => {
    const result = await run({
      connector: handler('after_action', 'trace.push("connector")'),
      method: 'trace.push(typeof after_action)',
      globals: trace,
    })
    expect(changes(result)).toEqual({ trace: ['undefined', 'connector'] })
  })

  test('run() says that no level has a handler', async () => {
    expect(await run({ connector: '// after_action is for others' })).toMatchObject({
      kind: 'absent',
    })
    expect(await run({ connector: 'throw new Error("not even loaded")' })).toMatchObject({
      kind: 'absent',
    })
    expect(await run({})).toMatchObject({ kind: 'absent' })
  })

  test('run() gives every hook a context of its own', async () => {
    const connector = `globalThis.count = (globalThis.count ?? 0) + 1
      Array.prototype.extra = true
      ${handler('after_action', 'trace = [count, [].extra]')}`
    await run({ connector, globals: trace })
    expect(changes(await run({ connector, globals: trace }))).toEqual({ trace: [1, true] })
  })
})

describe('return values (dialect section 14, 3)', () => {
  const returning = (value: string) => handler('after_action', `return ${value}`)

  test('run() stops at strict false, and says at which level', async () => {
    const result = await run({
      event: 'before_action',
      ...traced('before_action'),
      connector: handler('before_action', 'trace.push("connector"); return false'),
    })
    expect(result).toMatchObject({ kind: 'returned', value: false, falseAt: 'connector' })
    expect(changes(result)).toEqual({ trace: ['method', 'connector'] })
  })

  test.each(['true', 'undefined'])('run() takes %s for true', async (value) => {
    expect(await run({ connector: returning(value) })).toMatchObject({
      kind: 'returned',
      value: true,
      falseAt: null,
      warnings: [],
    })
  })

  test.each(['null', '0', '""', '"false"', '{}', 'Symbol()'])(
    'run() takes %s for true, and warns',
    async (value) => {
      const result = await run({ connector: returning(value) })
      expect(result).toMatchObject({ kind: 'returned', value: true })
      expect(result.warnings).toEqual([
        expect.stringContaining('after_action of scripts/connector.js returned neither'),
      ])
    },
  )

  test.each(['Promise.resolve(1)', '{ then() {} }', '(async () => {})()'])(
    'run() refuses %s',
    async (value) => {
      await expect(run({ connector: returning(value) })).rejects.toMatchObject({
        type: 'ScriptError',
        reason: 'bad-return',
        message: expect.stringContaining('after_action of scripts/connector.js returned a promise'),
        position: 'scripts/connector.js:1:1',
      })
    },
  )

  test('run() lets the last level decide a condition', async () => {
    const event = 'action_condition'
    const connector = handler(event, 'return false')
    expect(await run({ event, connector })).toMatchObject({ value: false, falseAt: null })
    const step = handler(event, 'return true')
    expect(await run({ event, connector, step })).toMatchObject({ value: true, falseAt: null })
  })

  test('run() reports a handler that is no function', async () => {
    expect(await run({ connector: 'var after_action = 5' })).toMatchObject({
      kind: 'threw',
      name: 'TypeError',
      message: 'after_action of scripts/connector.js is not a function',
      positions: ['scripts/connector.js:1:1'],
    })
  })
})

describe('exceptions (dialect section 14, 4)', () => {
  const throwing = (expression: string, before = '') =>
    run({ connector: `${before}; ${handler('after_action', `throw ${expression}`)}` })

  test.each([
    ['new AuthRefreshException()', '', 'refresh'],
    ['AuthRefreshException()', '', 'refresh'],
    ['new AuthRefreshException("old")', '', 'refresh'],
    ['new AuthSessionException("old")', '', 'session'],
    ['AuthSessionException("old")', '', 'session'],
    ['new Mine()', 'class Mine extends AuthRefreshException {}', 'refresh'],
    [
      'new Mine()',
      'function Mine() { AuthSessionException.call(this) } Mine.prototype = Object.create(AuthSessionException.prototype)',
      'session',
    ],
    ['{ name: "AuthRefreshException" }', '', 'refresh'],
    ['Object.create({ name: "AuthSessionException" })', '', 'session'],
    ['new AuthRefreshException()', 'AuthRefreshException.prototype.name = "Other"', 'refresh'],
    ['new Error("AuthRefreshException")', '', null],
    ['"AuthRefreshException"', '', null],
    ['{ name: "authrefreshexception" }', '', null],
  ])('run() recognises %s %s', async (expression, before, signal) => {
    expect(await throwing(expression, before)).toMatchObject({ kind: 'threw', signal })
  })

  test('run() recognises an exception that a script throws while it loads', async () => {
    const connector = `throw new AuthSessionException("gone"); ${handler('after_action', '')}`
    expect(await run({ connector })).toMatchObject({ signal: 'session', message: 'gone' })
  })

  test.each([
    ['null', 'object', 'null'],
    ['"text"', 'string', 'text'],
    ['Symbol("s")', 'symbol', 'Symbol(s)'],
    ['12n', 'bigint', '12'],
    ['{}', 'Error', 'an object without a message was thrown'],
    ['{ message: { toString: () => "made" } }', 'Error', 'made'],
    ['new RangeError("r")', 'RangeError', 'r'],
  ])('run() describes %s', async (expression, name, message) => {
    expect(await throwing(expression)).toMatchObject({ kind: 'threw', signal: null, name, message })
  })

  test.each([
    '{ get message() { throw 1 }, get name() { throw 2 }, get stack() { throw 3 } }',
    'Proxy.revocable({}, {}).proxy',
    '(() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy })()',
    'new Proxy({}, { getPrototypeOf() { throw 1 }, get() { throw 2 } })',
  ])('run() survives reading %s', async (expression) => {
    expect(await throwing(expression)).toMatchObject({ kind: 'threw', signal: null })
  })

  test('run() bounds what a thrown value says, and shows what would steer a terminal', async () => {
    const long = await throwing('new Error("x".repeat(1e6))')
    expect(long).toMatchObject({ message: expect.stringMatching(/^x{8191}…$/) })
    expect(await throwing('new Error("a\\u001b[2Jb\\nc")')).toMatchObject({
      message: 'a\\u001b[2Jb\nc',
    })
  })
})

describe('positions', () => {
  test('run() names the place of what was thrown, by the author’s own file', async () => {
    const connector =
      '\nfunction deep() {\n  return null.x\n}\nfunction after_action() {\n  deep() }'
    expect(await run({ connector })).toMatchObject({
      positions: ['scripts/connector.js:3:15', 'scripts/connector.js:6:3'],
    })
  })

  test('run() names the level’s file that is at fault', async () => {
    const result = await run({
      connector: 'function help() { throw new Error("x") }',
      method: 'function after_action() { help() }',
    })
    expect(result).toMatchObject({
      level: 'method',
      positions: ['scripts/connector.js:1:25', 'scripts/method.js:1:27'],
    })
  })

  test('run() names the place of what does not compile', async () => {
    expect(await run({ connector: '\nlet a = ;\nfunction after_action() {}' })).toMatchObject({
      kind: 'threw',
      name: 'SyntaxError',
      message: "Unexpected token ';'",
      positions: ['scripts/connector.js:2:9'],
    })
  })

  test('run() names the place of what a script throws while it loads', async () => {
    expect(await run({ method: '\n\n  nowhere(); function after_action() {}' })).toMatchObject({
      level: 'method',
      name: 'ReferenceError',
      positions: ['scripts/method.js:3:3'],
    })
  })

  test('run() names the handler where what was thrown has no stack', async () => {
    const connector = '\n  function after_action() { throw 1 }'
    expect(await run({ connector })).toMatchObject({ positions: ['scripts/connector.js:2:3'] })
    const other = '// function after_action is below\nafter_action = function () { throw "x" }'
    expect(await run({ connector: '', method: other, step: connector })).toMatchObject({
      level: 'method',
      positions: ['scripts/method.js:2:1'],
    })
  })

  test('run() names the beginning of a script that throws such a thing while it loads', async () => {
    const method = '\nthrow "no"; function after_action() {}'
    expect(await run({ method })).toMatchObject({
      message: 'no',
      positions: ['scripts/method.js:1:1'],
    })
  })

  test('run() keeps the frames that lead to a package, and bounds them', async () => {
    const deep = 'function deep(n) { if (n === 0) throw new Error("x"); deep(n - 1) }'
    const connector = `${deep}\nfunction after_action() { deep(10) }`
    const result = await run({ connector })
    if (result.kind !== 'threw') throw new Error('it did not throw')
    expect(result.positions).toHaveLength(12)
    expect(result.positions.at(-1)).toBe('scripts/connector.js:2:27')
    const deeper = await run({ connector: connector.replace('deep(10)', 'deep(500)') })
    expect(deeper.kind === 'threw' && deeper.positions.length).toBe(32)
  })
})
