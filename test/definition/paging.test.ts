import { describe, expect, test } from 'vitest'
import { asMethodName } from '../../runtime/model/ids.ts'
import { faultsOf, parse, warningsOf } from './parse-text.ts'

const base = 'base_url: https://api.acme.example/v1\n'

function said(text: string, scripts: Readonly<Record<string, string>> = {}): readonly string[] {
  return faultsOf(text, scripts).map((fault) => fault.replace(/^\S+ /, ''))
}

describe('parseConnector() checks paging', () => {
  test.each([
    [
      'methods: { list: { path: /x, paging: { size: 2 } } }',
      'methods.list: nothing asks for the next page: use CYCLR_PAGE_NUMBER or CYCLR_PAGE_OFFSET as a value of the request',
    ],
    [
      'methods: { list: { path: /x, query: { p: CYCLR_PAGE_NUMBER }, paging: { tokens: data.next } } }',
      'methods.list: nothing asks for the next page: use CYCLR_PAGE_TOKEN as a value of the request',
    ],
    [
      'methods: { list: { path: /x, paging: { next_url: next } } }',
      'methods.list.paging.next_url: expected a path that begins with data. or headers.; got "next"',
    ],
    [
      'methods: { list: { path: "/x?p={{CYCLR_PAGE_NUMBER}}", paging: { items: headers.a } } }',
      'methods.list.paging.items: expected a path that begins with data.; got "headers.a"',
    ],
    [
      'methods: { list: { path: /x, paging: { next_url: headers.link, max_pages: 10001 } } }',
      'methods.list.paging.max_pages: expected at most 10000; got 10001',
    ],
    [
      'methods: { list: { path: /x, verb: POST, outbound_paging: { location: "[a", size: 1 } } }',
      'methods.list.outbound_paging.location: expected a location, as data.[records]; got "[a"',
    ],
    [
      'methods: { list: { path: /x, verb: POST, parameters: { a: { as: "b." } } } }',
      'methods.list.parameters.a: "b." is no location in a body, as a.b or [list].x is',
    ],
    [
      'methods: { list: { type: script } }',
      'methods.list: a method of type script needs a script, as nothing else would happen',
    ],
    [
      'test_call: hook\nmethods: { hook: { type: webhook } }',
      'test_call: "hook" is a webhook; nobody can call it',
    ],
  ])('%s', (text, fault) => {
    expect(said(base + text)).toEqual([fault])
  })

  test('knows the mergefields that the runtime fills, but not in a host', () => {
    const path = '/x/{{CYCLR_PAGE_NUMBER}}/{{Cyclr_Webhook_Id}}'
    expect(warningsOf(`${base}methods: { list: { path: "${path}" } }`)).toEqual([])
    const host = 'base_url: "https://{{CyclrObjectName}}.acme.example"\nmethods: { a: { path: / } }'
    expect(said(host)).toEqual([expect.stringContaining('decides where requests go')])
  })

  test('leaves it to a script to turn the page, and says so', () => {
    const text = `${base}script: a.js\nmethods: { list: { path: /x, paging: {} } }`
    expect(warningsOf(text, { 'a.js': '' })).toEqual([
      expect.stringContaining('(unless a script does)'),
    ])
  })

  test('gives a GET method that asks for pages the connector’s, and no other', () => {
    const asks = 'query: { p: CYCLR_PAGE_NUMBER }'
    const { connector } = parse(`${base}paging: { size: 5 }
methods:
  list: { path: /x, ${asks} }
  one: { path: /y }
  own: { path: /x, ${asks}, paging: { size: 9 } }
  off: { path: /x, ${asks}, paging: false }
  make: { path: /x, verb: POST, ${asks} }
`)
    const sizes = ['list', 'one', 'own', 'off', 'make'].map(
      (name) => connector.methods.get(asMethodName(name))?.paging?.size,
    )
    expect(sizes).toEqual([5, undefined, 9, undefined, undefined])
  })
})

test('parseConnector() warns of hooks that see token answers', () => {
  const text = `${base}script: a.js\nmethods: { list: { path: /x } }`
  const warned = (script: string) => warningsOf(text, { 'a.js': script })
  expect(warned('function after_oauth2_token() {}')).toEqual([
    expect.stringContaining('hooks on a token answer'),
  ])
  expect(warned('function after_oauth2_refresh_error() {}')).toEqual([])
})
