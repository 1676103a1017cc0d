/** What scripts try on the parts that are made for them: deferred globals, the snapshot, `console`. */
import { describe, expect, test } from 'vitest'
import type { HookJob } from '../../runtime/model/ports.ts'
import { changes, global, type Hook, useSandbox } from './support.ts'

const { run } = useSandbox({ slots: 1 })

/** Long enough to be fetched when it is touched. */
const large = { list: Array.from({ length: 5_000 }, (_, id) => ({ id, name: 'n'.repeat(20) })) }

/** What a handler with this body leaves in `v`. */
async function outcomeOf(body: string, hook: Partial<Hook> = {}) {
  const connector = `function after_action() { ${body} }`
  const globals = { method_response: global(large), v: global(null) }
  const result = await run({ connector, globals, ...hook })
  return { ...result, v: changes(result).v, response: changes(result).method_response }
}

describe('a large global', () => {
  test.each([
    [
      'in toJSON(), while it is read back',
      'v = { toJSON() { return method_response.list.length } }',
    ],
    [
      'in a getter',
      'v = 0; Object.defineProperty(globalThis, "x", { get() { return method_response.list.length } }); v = x',
    ],
    ['again and again', 'for (let i = 0; i < 1e3; i++) v = method_response.list.length'],
    [
      'by its getter, called with another this',
      'v = Reflect.apply(Object.getOwnPropertyDescriptor(globalThis, "method_response").get, 1, [2]).list.length',
    ],
    [
      'where JSON.parse is the script’s own',
      'JSON.parse = () => ({ list: [] }); v = method_response.list.length',
    ],
    [
      'where Function.prototype is poisoned',
      'Function.prototype.call = Function.prototype.apply = Reflect.apply = () => 1; v = method_response.list.length',
    ],
    [
      'where every object has a getter and a setter',
      'Object.prototype.get = () => 1; Object.prototype.set = 1; Object.prototype.value = 1; Object.prototype.deferred = false; v = method_response.list.length',
    ],
  ])('is what it was when it is touched %s', async (_when, body) => {
    expect((await outcomeOf(body)).v).toBe(5_000)
  })

  test('is touched by the getter of what was thrown', async () => {
    const body = 'throw { get message() { return "m" + method_response.list.length } }'
    expect(await outcomeOf(body)).toMatchObject({ kind: 'threw', message: 'm5000' })
  })

  test('is not fetched once a script has replaced it, nor after the hook', async () => {
    const body = `const { get } = Object.getOwnPropertyDescriptor(globalThis, 'method_response')
      method_response = 1; v = get(); Promise.resolve().then(() => { console.log(get()) })`
    expect(await outcomeOf(body)).toMatchObject({ v: 1, response: 1, log: [] })
    const late = 'Promise.resolve().then(() => { console.log(method_response) })'
    expect(await outcomeOf(late)).toMatchObject({ kind: 'returned', log: [] })
  })
})

describe('the snapshot', () => {
  test('leaves nothing of its making in reach', async () => {
    const names = ['realm', 'install', 'callHost', 'deliver', 'ask', 'fetch', 'guest', 'ivm']
    const body = `v = ${JSON.stringify(names)}.map((name) => {
      try { return typeof (0, eval)(name) } catch (error) { return error.name } })`
    expect((await outcomeOf(body)).v).toEqual(names.map(() => 'ReferenceError'))
  })

  test('is the same for the next hook of an isolate, whatever the last one did to its copy', async () => {
    await outcomeOf(`AuthRefreshException.left = console.left = http_request.left = require.left = 1
      AuthRefreshException.prototype.name = 'x'; console.log = null; globalThis.http_request = null
      Object.prototype.left = 1; RegExp.prototype.exec = null; /b/.test('abc')
      Object.freeze(Error); Object.setPrototypeOf(console, null)`)
    const { v } = await outcomeOf(`v = [AuthRefreshException, console, http_request, require, {}]
      .map((each) => each.left === undefined).concat(
        [new AuthRefreshException('m').name, typeof console.log, typeof http_request, RegExp.$1,
         typeof RegExp.prototype.exec, Object.isFrozen(Error)])`)
    const functions = ['function', 'function', '', 'function', false]
    expect(v).toEqual([true, true, true, true, true, 'AuthRefreshException', ...functions])
  })

  test('tells two connections of one tenant apart by everything but Symbol.for', async () => {
    const hook = { tenant: 'one' }
    await outcomeOf('globalThis.left = Array.prototype.left = 1', { ...hook, connection: 'a' })
    const { v } = await outcomeOf('v = [typeof left, typeof [].left]', { ...hook, connection: 'b' })
    expect(v).toEqual(['undefined', 'undefined'])
  })
})

describe('what scripts are given', () => {
  const refuse: HookJob['capability'] = async () => ({ ok: false, message: 'no' })

  test('believes no answer that stands on a prototype', async () => {
    const body = `for (const [name, value] of [['ok', true], ['value', 'forged'], ['message', 'forged']])
        Object.defineProperty(Object.prototype, name, { __proto__: null, get: () => value })
      try { v = http_request({}) } catch (error) { v = error.message }`
    expect((await outcomeOf(body, { capability: refuse })).v).toBe('no')
  })

  test('hands nothing to setters on a prototype', async () => {
    const body = `var seen = []
      for (const name of ['0', '1', 'kind', 'level', 'text', 'name', 'ok'])
        for (const { prototype } of [Array, Object])
          Object.defineProperty(prototype, name, { set(x) { seen = seen + typeof x }, configurable: true })
      console.log('a', 1); try { http_request({ a: [1] }) } catch {} ; v = seen.length`
    expect(await outcomeOf(body, { capability: refuse })).toMatchObject({
      ...{ v: 0, log: [{ level: 'info', text: 'a 1' }] },
    })
  })

  test('walks no iterator and asks for no primitive of the script’s own', async () => {
    const body = `Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1 }
      Object.defineProperty(Object.prototype, Symbol.toPrimitive, { value() { for (;;); } })
      console.log({}, [1, 2]); v = 'done'`
    expect(await outcomeOf(body)).toMatchObject({ v: 'done', log: [{ text: '{} [1,2]' }] })
  })

  test('shows the name of no file of the host in a stack', async () => {
    const { v } = await outcomeOf(`const holder = {}; Error.captureStackTrace(holder)
      v = [holder.stack, new Error('x').stack]; try { require('fs') } catch (e) { v.push(e.stack) }
      try { http_request() } catch (e) { v.push(e.stack) }`)
    expect(v).toHaveLength(4)
    expect(JSON.stringify(v)).not.toMatch(/file:|node_modules|node:|\.ts\b|\/child\/|\/home|\/work/)
  })

  test('renews for no instance that only looks like one', async () => {
    const looks = `Object.defineProperty(AuthRefreshException, Symbol.hasInstance, { value: () => true })
      throw Object.create({ constructor: AuthRefreshException, signal: 'refresh' })`
    expect(await outcomeOf(looks)).toMatchObject({ kind: 'threw', signal: null })
  })
})

describe('what runs later, by ways that no source names', () => {
  test.each([
    ['an async function of a text', `(0, eval)('asy' + 'nc () => { for (;;) await 0 }')()`],
    [
      'the promise of one',
      `const P = (0, eval)('(as' + 'ync () => {})')().constructor; const go = () => P.resolve().then(go); go()`,
    ],
    ['Array.fromAsync', `Array['from' + 'Async']({ length: 1e9 })`],
    ['an async generator', '(async function* () { for (;;) yield await 1 })().next()'],
    ['a rejection with a hostile value', `Promise.reject({ get message() { for (;;); } })`],
  ])('changes nothing of what a hook came to: %s', async (_what, body) => {
    const began = performance.now()
    const result = await outcomeOf(`v = 1; ${body}; return true`, { hookMs: 200 })
    expect(result).toMatchObject({ kind: 'returned', v: 1 })
    expect(performance.now() - began).toBeLessThan(200 + 1_000 + 1_000)
    expect(await outcomeOf('v = 2')).toMatchObject({ v: 2 })
  })
})
