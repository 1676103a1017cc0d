import { describe, expect, test } from 'vitest'
import type { ErrorRule, RuleCondition, RuleGroup } from '../../runtime/model/connector.ts'
import type { Json } from '../../runtime/model/json.ts'
import { matchRules } from '../../runtime/rules/match.ts'

/** What a list of the connector's rules makes of a response: the text, or null. */
function told(rules: readonly ErrorRule[], content: Json, status = 200, headers = {}) {
  return matchRules({ method: [], connector: rules }, { status, headers, content })?.message ?? null
}

function rule(
  filter: RuleGroup | RuleCondition,
  message = '',
  type: ErrorRule['type'] = 'Default',
): ErrorRule {
  return { type, message, filter: 'path' in filter ? { all: [filter] } : filter, renew: null }
}

const equal = (path: string, value: Json): RuleCondition => ({ path, operator: 'equal', value })
const exists = (path: string): RuleCondition => ({ path, operator: 'exists' })

describe('matchRules() classifies a response', () => {
  const error = [rule(equal('data.status', 'error'), '{{ data.reason }}')]

  test('A1 Default marks a 200 as error', () => {
    const content = { status: 'error', reason: 'Token expirou' }
    expect(
      matchRules({ method: [], connector: error }, { status: 200, headers: {}, content }),
    ).toEqual({
      level: 'connector',
      index: 0,
      type: 'Default',
      renew: null,
      message: 'Token expirou',
    })
  })

  test('A2 no match leaves the response untouched', () => {
    expect(told(error, { status: 'ok' })).toBeNull()
  })

  const appeared = [
    rule(equal('data.response.error', { system: 'empty' }), '{{ data.response.error }}'),
  ]

  test.each([
    ['A3 field-appeared rule, absent', {}, null],
    ['A3 field-appeared rule, absent in its parent', { response: {} }, null],
    ['A4 field-appeared, filled', { response: { error: 'token invalido' } }, 'token invalido'],
    ['A5 field-appeared, empty string', { response: { error: '' } }, 'HTTP 200'],
    ['A6 null is not filled', { response: { error: null } }, null],
  ])('%s', (_row, content, expected) => {
    expect(told(appeared, content)).toBe(expected)
  })

  test('A7 http-code', () => {
    const rules = [rule(equal('headers.http-code', '400'), 'bad')]
    expect(told(rules, 'any', 400)).toBe('bad')
    expect(told(rules, 'any', 401)).toBeNull()
  })

  test('A8 http-code numeric', () => {
    const rules = [
      rule({ path: 'headers.http-code', operator: 'greater_or_equal', value: 500 }, 'down'),
    ]
    expect(told(rules, null, 503)).toBe('down')
    expect(told(rules, null, 500)).toBe('down')
    expect(told(rules, null, 499)).toBeNull()
  })

  test('A9 response header, whatever the case of its name', () => {
    const rules = [rule(exists('headers.X-Error'), '{{ headers.X-ERROR }}')]
    expect(told(rules, null, 200, { 'x-error': '1' })).toBe('1')
    expect(told(rules, null, 200, { 'x-errors': '1' })).toBeNull()
  })

  test.each(['header.x-error', 'x-error', 'headers', 'headers.x-error.0'])(
    'a path that is neither a header nor in the body finds nothing: %s',
    (path) => {
      expect(told([rule(exists(path))], {}, 200, { 'x-error': '1', undefined: '1' })).toBeNull()
    },
  )

  test('A10 http-code beats a real header of that name', () => {
    const rules = [rule(exists('headers.http-code'), '{{ headers.HTTP-Code }}')]
    expect(told(rules, null, 200, { 'http-code': '9' })).toBe('200')
  })

  test('A11 AND inside a block', () => {
    const rules = [rule({ all: [equal('data.a', 1), equal('data.b', 1)] }, 'both')]
    expect(told(rules, { a: 1 })).toBeNull()
    expect(told(rules, { b: 1 })).toBeNull()
    expect(told(rules, { a: 1, b: 1 })).toBe('both')
  })

  test('A12 OR group', () => {
    const rules = [rule({ any: [equal('data.a', 1), equal('data.b', 1)] }, 'either')]
    expect(told(rules, { a: 1 })).toBe('either')
    expect(told(rules, { b: 1 })).toBe('either')
    expect(told(rules, { c: 1 })).toBeNull()
  })

  test.each([
    ['erro', 'erro1', 'nested'],
    ['erro', 'erro2', 'nested'],
    ['erro', 'x', null],
    ['ok', 'erro1', null],
  ])('A13 nested groups: %s and %s', (status, result, expected) => {
    const either = { any: [equal('data.result', 'erro1'), equal('data.result', 'erro2')] }
    const rules = [rule({ all: [equal('data.status', 'erro'), either] }, 'nested')]
    expect(told(rules, { status, result })).toBe(expected)
  })

  test('A13 nested groups: all inside any', () => {
    const both = { all: [equal('data.a', 1), equal('data.b', 1)] }
    const rules = [rule({ any: [equal('data.c', 1), both] }, 'nested')]
    expect(told(rules, { a: 1 })).toBeNull()
    expect(told(rules, { a: 1, b: 1 })).toBe('nested')
    expect(told(rules, { c: 1 })).toBe('nested')
  })

  test('A22 several blocks match: the first decides', () => {
    const rules = [
      rule(exists('data.a'), 'one', 'InvalidCredential'),
      rule(exists('data.a'), 'two'),
    ]
    const match = matchRules(
      { method: [], connector: rules },
      { status: 200, headers: {}, content: { a: 1 } },
    )
    expect(match).toMatchObject({ index: 0, type: 'InvalidCredential', message: 'one' })
  })

  test('A23 only the second matches: its text', () => {
    const rules = [rule(exists('data.a'), 'one'), rule(exists('data.b'), 'two')]
    const match = matchRules(
      { method: [], connector: rules },
      { status: 200, headers: {}, content: { b: 1 } },
    )
    expect(match).toMatchObject({ index: 1, message: 'two' })
  })

  test("A38 the method's blocks come before the connector's", () => {
    const lists = { method: [rule(exists('data.a'), 'm')], connector: [rule(exists('data'), 'c')] }
    const response = { status: 200, headers: {} }
    expect(matchRules(lists, { ...response, content: { a: 1 } })).toMatchObject({
      level: 'method',
      message: 'm',
    })
    expect(matchRules(lists, { ...response, content: {} })).toMatchObject({
      level: 'connector',
      message: 'c',
    })
  })

  test('a group without members matches nothing', () => {
    expect(told([rule({ all: [] }, 'all')], {})).toBeNull()
    expect(told([rule({ any: [] }, 'any')], {})).toBeNull()
  })

  test('says which renewal the rule asks for', () => {
    const expired: ErrorRule = { ...rule(exists('data'), '', 'ExpiredToken'), renew: 'session' }
    const response = { status: 401, headers: {}, content: {} }
    expect(matchRules({ method: [expired], connector: [] }, response)).toMatchObject({
      type: 'ExpiredToken',
      renew: 'session',
      message: 'HTTP 401',
    })
  })
})

describe('matchRules() finds values', () => {
  test('A19 array index, quoted and escaped keys', () => {
    const content = { errors: [{ message: 'm' }], 'a.b': { c: 'c' } }
    for (const [path, value] of [
      ['data.errors.0.message', 'm'],
      ['data.errors[0].message', 'm'],
      ['data["a.b"].c', 'c'],
      ['data.a\\.b.c', 'c'],
    ]) {
      expect(told([rule(exists(path ?? ''), `{{${path}}}`)], content)).toBe(value)
    }
    expect(told([rule(exists('data.errors.1'))], content)).toBeNull()
    expect(told([rule(exists('data.errors.length'))], content)).toBeNull()
  })

  test.each([
    'data.constructor',
    'data.__proto__.x',
    'data.toString',
    'headers.constructor',
    'headers.toString',
    'data.text.length',
  ])('A20 own properties only: %s is absent', (path) => {
    expect(told([rule(exists(path))], { text: 'abc' })).toBeNull()
  })

  test('A20 an own property of such a name is found', () => {
    const content = JSON.parse('{"__proto__": {"x": 1}}') as Json
    expect(told([rule(exists('data.__proto__.x'), 'own')], content)).toBe('own')
  })

  test('A21 unparseable body: only the text as a whole is there', () => {
    const fatal: RuleCondition = { path: 'data', operator: 'contains', value: 'Fatal' }
    expect(told([rule(exists('data.x'))], 'Fatal error')).toBeNull()
    expect(told([rule(fatal, 'php')], 'Fatal error')).toBe('php')
    expect(told([rule(fatal, 'php')], 'fine')).toBeNull()
  })

  test.each(['', 'body.x', 'headers', 'headers.a.b', 'data..x', 'http-code'])(
    'a path that is none (%j) finds nothing',
    (path) => {
      expect(told([rule(exists(path))], { x: 1 }, 200, { a: '1', 'a.b': '1' })).toBeNull()
    },
  )
})

describe('matchRules() touches the content as little as it can', () => {
  function counting(content: Json) {
    let reads = 0
    return {
      status: 400,
      headers: { 'x-error': 'e' },
      get content() {
        reads++
        return content
      },
      reads: () => reads,
    }
  }

  test('never, where no condition and no message speaks of data', () => {
    const response = counting({ a: 1 })
    const rules = [rule(equal('headers.http-code', 401)), rule(exists('headers.x-error'), 'static')]
    expect(matchRules({ method: rules, connector: rules }, response)?.message).toBe('static')
    expect(response.reads()).toBe(0)
  })

  test('once, however many conditions and fields do', () => {
    const response = counting({ a: 1 })
    const rules = [
      rule({ all: [exists('data.a'), exists('data.b')] }),
      rule(exists('data.a'), '{{ data.a }}{{ data.a }}'),
    ]
    expect(matchRules({ method: rules, connector: [] }, response)?.message).toBe('11')
    expect(response.reads()).toBe(1)
  })

  test('once, also where it is null', () => {
    const response = counting(null)
    const rules = [rule(exists('data.a')), rule(exists('data.b'))]
    expect(matchRules({ method: rules, connector: [] }, response)).toBeNull()
    expect(response.reads()).toBe(1)
  })
})
