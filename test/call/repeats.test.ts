import { describe, expect, test } from 'vitest'
import { mayRepeat, scriptsActed, scriptsMayAct } from '../../runtime/call/repeats.ts'
import type { Call, Step } from '../../runtime/model/call.ts'
import type { Method, Verb } from '../../runtime/model/connector.ts'

type Over = Partial<Pick<Method, 'verb' | 'type' | 'replay' | 'idempotencyKey' | 'script'>>

function call(over: Over = {}, connectorScript = ''): Call {
  const usual = { type: 'action', verb: 'GET', replay: 'always', idempotencyKey: null }
  const method = { ...usual, script: null, ...over }
  return { method, connector: { script: script(connectorScript) }, step: null } as unknown as Call
}

const script = (source: string) => ({ source, file: 'a.js' })
const key = { place: 'header', name: 'Idempotency-Key' } as const

describe('mayRepeat()', () => {
  test.each([
    [{ verb: 'GET' }, true],
    [{ verb: 'HEAD' }, true],
    [{ verb: 'OPTIONS' }, true],
    [{ verb: 'PUT' }, true],
    [{ verb: 'DELETE' }, true],
    [{ verb: 'POST' }, false],
    [{ verb: 'PATCH' }, false],
    [{ verb: 'POST', idempotencyKey: key }, true],
    [{ verb: 'POST', idempotencyKey: key, replay: 'never' }, false],
    [{ verb: 'GET', replay: 'never' }, false],
  ] as const)('of %j is %s (RFC 9110 section 9.2.2)', (over, expected) => {
    expect(mayRepeat(call(over))).toBe(expected)
  })
})

describe('scriptsActed()', () => {
  const sent = (verb: Verb, status: number | null): Step => {
    return { kind: 'request', verb, url: '/', ms: 1, status, bytes: 0 }
  }

  test.each([
    ['POST', 200, true],
    ['PATCH', 204, true],
    ['POST', 500, true],
    ['POST', null, true],
    ['POST', 401, false],
    ['GET', 200, false],
    ['PUT', 200, false],
  ] as const)('of %s that was answered %s is %s', (verb, status, expected) => {
    expect(scriptsActed(call(), [{ steps: [] }, { steps: [sent(verb, status)] }])).toBe(expected)
  })

  test('leaves to the verb, or to the key, what they tell of', () => {
    const attempts = [{ steps: [sent('POST', 200)] }]
    expect(scriptsActed(call({ verb: 'POST' }), attempts)).toBe(false)
    expect(scriptsActed(call({ idempotencyKey: key }), attempts)).toBe(false)
  })
})

describe('scriptsMayAct()', () => {
  test.each([
    ["http_request({ method: 'POST', url })", 'action', true],
    ["http_request({ method: 'patch', url })", 'action', true],
    ['http_request({ url })', 'action', false],
    ["log('POST')", 'action', false],
    ['http_request({ url })', 'script', true],
    ['cyclr_storage_get(1)', 'script', false],
  ] as const)('of `%s` in a method of type %s is %s', (source, type, expected) => {
    expect(scriptsMayAct(call({ type, script: script(source) }))).toBe(expected)
    expect(scriptsMayAct({ ...call({ type }), step: script(source) })).toBe(expected)
    expect(scriptsMayAct(call({ type, idempotencyKey: key, script: script(source) }))).toBe(false)
  })

  test('reads the scripts of all levels as one', () => {
    const helper = 'function send(method) { return http_request({ method, url }) }'
    expect(scriptsMayAct(call({ script: script("send('POST')") }, helper))).toBe(true)
    expect(scriptsMayAct(call({}, helper))).toBe(false)
  })
})
