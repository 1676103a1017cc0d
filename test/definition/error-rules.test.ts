import { describe, expect, test } from 'vitest'
import { faultsOf, parse, warningsOf } from './parse-text.ts'

const head = 'base_url: https://api.acme.example\nmethods: { list: { path: /x } }\n'

function withRules(...rules: readonly object[]): string {
  return `${head}errors: ${JSON.stringify(rules)}\n`
}

function filtered(filter: unknown): string {
  return withRules({ type: 'Default', message: 'm', filter })
}

function said(text: string): readonly string[] {
  return faultsOf(text).map((fault) => fault.replace(/^\S+ /, ''))
}

function warned(text: string): readonly string[] {
  return warningsOf(text).map((warning) => warning.replace(/^\S+ /, ''))
}

const exists = (path: string) => ({ path, operator: 'exists' })
const where = 'errors[0].filter'

describe('parseConnector() refuses error rules that cannot mean anything (A41)', () => {
  test.each([
    [{ path: 'data.x', operator: 'equals', value: 1 }, /; did you mean equal\?$/],
    [
      { path: 'data.x', operator: 'eqal', value: 1 },
      /^errors\[0\]\.filter\.operator: expected one of equal, not_equal, .*; got "eqal"; did you mean equal\?$/,
    ],
    [
      { path: 'body.x', operator: 'exists' },
      /^errors\[0\]\.filter\.path: expected a path that begins with data or headers; got "body.x"$/,
    ],
    [{ path: 'data..x', operator: 'exists' }, /expected a path that begins with/],
    [{ path: 'headers', operator: 'exists' }, /expected the name of one header/],
    [{ path: 'headers.a.b', operator: 'exists' }, /expected the name of one header/],
    [{ all: [] }, /^errors\[0\]\.filter\.all: expected at least one entry; got \[\]$/],
    [{}, /^errors\[0\]\.filter\.all: missing; expected a list/],
    [
      { all: [exists('data.a')], any: [exists('data.b')] },
      /^errors\[0\]\.filter\.any: "any" does not go together with "all"$/,
    ],
    [{ all: [{ any: [] }] }, /^errors\[0\]\.filter\.all\[0\]\.any: expected at least one entry/],
    [
      { all: [{ path: 'data.x' }] },
      /^errors\[0\]\.filter\.all\[0\]\.operator: missing; expected one of/,
    ],
    [
      { path: 'data.x', operator: 'greater', value: 'x' },
      /value: greater compares numbers; got "x"$/,
    ],
    [{ path: 'data.x', operator: 'less', value: true }, /value: less compares numbers/],
    [{ path: 'data.x', operator: 'greater_or_equal', value: '0x1' }, /compares numbers/],
    [{ path: 'data.x', operator: 'less_or_equal', value: '' }, /compares numbers/],
    [
      { path: 'data.x', operator: 'equal' },
      /^errors\[0\]\.filter\.value: missing; equal compares with a value$/,
    ],
    [
      { path: 'data.x', operator: 'equal', value: [1] },
      /compares with one value; for a list use in$/,
    ],
    [{ path: 'data.x', operator: 'in', value: 1 }, /in compares with a list/],
    [{ path: 'data.x', operator: 'not_in', value: 'a' }, /not_in compares with a list/],
    [{ path: 'data.x', operator: 'exists', value: 1 }, /exists takes no value$/],
    [{ path: 'data.x', operator: 'not_exists', value: 1 }, /takes no value/],
    [{ path: 'data.x', operator: 'empty', value: 1 }, /takes no value/],
    [{ path: 'data.x', operator: 'not_empty', value: 1 }, /takes no value/],
    [
      { path: 'data.x', operator: 'contains', value: { system: 'empty' } },
      /cannot compare with the system value "empty"$/,
    ],
  ])('%j', (filter, fault) => {
    expect(said(filtered(filter))).toContainEqual(expect.stringMatching(fault))
  })

  test('an unknown type', () => {
    expect(said(withRules({ type: 'Expired', filter: exists('data') }))[0]).toMatch(
      /^errors\[0\]\.type: expected one of Default, InvalidCredential, ExpiredToken/,
    )
  })

  test('a template with another root, or that never closes', () => {
    const rule = (message: string) =>
      withRules({ type: 'Default', message, filter: exists('data') })
    expect(said(rule('{{ body.x }}'))).toEqual([
      'errors[0].message: expected a path that begins with data or headers; got "body.x"',
    ])
    expect(said(rule('{{ data.x }} {{ data'))).toEqual([
      'errors[0].message: a {{ is never closed by }}',
    ])
    expect(warned(rule('{{ data.x }} {{ headers.y }} }}'))).toEqual([])
  })

  test('a header that was probably meant to be the status', () => {
    for (const name of ['http_code', 'Http_Status', 'status', 'status-code', 'statusCode']) {
      expect(warned(filtered(exists(`headers.${name}`)))).toEqual([
        expect.stringContaining('did you mean "headers.http-code", the status?'),
      ])
    }
    expect(warned(filtered(exists('headers.http-code')))).toEqual([])
    expect(warned(filtered(exists('headers.x-status')))).toEqual([])
  })

  test('a method names its own list', () => {
    const text = `base_url: https://a.example\nmethods: { "a.b": { path: /x, errors: [ { type: Default, filter: { path: x, operator: exists } } ] } }`
    expect(said(text)[0]).toMatch(/^methods\["a\.b"\]\.errors\[0\]\.filter\.path: /)
  })
})

describe('parseConnector() demands that an ExpiredToken rule can renew (A29)', () => {
  const rule = (renew?: string) => ({ type: 'ExpiredToken', filter: exists('data.x'), renew })
  const oauth = 'auth: { type: oauth2, grant: password, token_url: "https://api.acme.example/t" }\n'

  test('something renews', () => {
    expect(said(withRules({ type: 'Default', filter: exists('data.y') }, rule()))).toEqual([
      'errors[1]: rule 1 is of type ExpiredToken, but nothing renews: auth is not oauth2, and there is no post_install',
    ])
    expect(warned(withRules(rule()) + oauth)).toEqual([])
    expect(warned(`${withRules(rule())}post_install: list`)).toEqual([])
    const method = `base_url: https://a.example\nmethods: { m: { path: /x, errors: [ { type: ExpiredToken, filter: { path: data, operator: exists } } ] } }`
    expect(said(method)[0]).toMatch(/^methods\.m\.errors\[0\]: rule 0 is of type ExpiredToken/)
  })

  test('where two renewals are there, it says which', () => {
    const both = `${oauth}post_install: list\n`
    expect(said(withRules(rule()) + both)).toEqual([
      'errors[0]: rule 0 must say renew: oauth or renew: session, as there are both',
    ])
    const { connector } = parse(withRules(rule('session')) + both)
    expect(connector.errors[0]?.renew).toBe('session')
    expect(warned(withRules(rule('oauth')) + both)).toEqual([])
  })

  test('it names one that is there', () => {
    expect(said(withRules(rule('session')) + oauth)).toEqual([
      'errors[0].renew: this connector has no such renewal; it has oauth',
    ])
    expect(said(withRules({ ...rule('oauth'), type: 'Default' }) + oauth)).toEqual([
      'errors[0].renew: a rule of type Default renews nothing',
    ])
  })
})

describe('parseConnector() warns of rules that can never decide (A42)', () => {
  const one = { type: 'Default', message: 'one', filter: { all: [exists('data.x')] } }

  test('an identical filter above', () => {
    const other = { ...one, type: 'InvalidCredential', message: 'two' }
    expect(warned(withRules(one, { ...one, filter: exists('data.y') }, other))).toEqual([
      'errors[2]: can never decide: rule 0 above it has the same filter',
    ])
    expect(warned(withRules(one, { ...one, filter: { any: [exists('data.x')] } }))).toEqual([])
  })

  test('ExpiredToken below a Default with the same filter', () => {
    const expired = { ...one, type: 'ExpiredToken' }
    expect(warned(`${withRules(one, expired)}post_install: list`)).toEqual([
      'errors[1]: never renews anything: rule 0 above it has the same filter',
    ])
    expect(warned(`${withRules(expired, expired)}post_install: list`)).toEqual([
      'errors[1]: can never decide: rule 0 above it has the same filter',
    ])
  })
})

describe("parseConnector() understands the guide's words, and suggests ours", () => {
  test.each([
    ['Igual', 'equal'],
    ['Equal', 'equal'],
    ['Equals', 'equal'],
    ['Diferente', 'not_equal'],
    ['Not equal', 'not_equal'],
    ['Not equal to', 'not_equal'],
    ['Contém', 'contains'],
    ['Contains', 'contains'],
  ])('%s', (word, operator) => {
    const text = filtered({ path: 'data.x', operator: word, value: 'a' })
    expect(parse(text).connector.errors[0]?.filter).toEqual({
      all: [{ path: 'data.x', operator, value: 'a' }],
    })
    expect(warned(text)).toEqual([`${where}.operator: understood as "${operator}"; write it so`])
  })

  test.each([
    ['E', 'all'],
    ['AND', 'all'],
    ['OU', 'any'],
    ['OR', 'any'],
  ])('%s', (word, joiner) => {
    const text = filtered({ [word]: [exists('data.x'), { all: [exists('data.y')] }] })
    expect(parse(text).connector.errors[0]?.filter).toEqual({
      [joiner]: [exists('data.x'), { all: [exists('data.y')] }],
    })
    expect(warned(text)).toEqual([`${where}.${word}: understood as "${joiner}"; write it so`])
  })

  test.each(['Valor vazio', 'Empty value'])('%s', (value) => {
    const text = filtered({ path: 'data.x', operator: 'equal', value })
    expect(parse(text).connector.errors[0]?.filter).toEqual({
      all: [{ path: 'data.x', operator: 'equal', value: { system: 'empty' } }],
    })
    expect(warned(text)).toEqual([
      `${where}: reads as: field is present; write operator: exists`,
      `${where}.value: understood as the system value "empty"`,
    ])
  })

  test('the system value in our spelling reads the other way round too', () => {
    const value = { system: 'empty' }
    expect(warned(filtered({ path: 'data.x', operator: 'not_equal', value }))).toEqual([
      `${where}: reads as: field is absent; write operator: not_exists`,
    ])
  })
})
