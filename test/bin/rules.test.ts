import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cli, openCli } from './cli.ts'

let cli: Cli

const acme = `
base_url: https://api.acme.example
auth:
  type: oauth2
  grant: authorization_code
  authorization_url: https://api.acme.example/authorize
  token_url: https://api.acme.example/token
  client_id: id
methods:
  get:
    verb: GET
    path: /things
    errors:
      - type: ExpiredToken
        message: '{{ data.reason }}'
        filter:
          all:
            - { path: headers.http-code, operator: equal, value: 401 }
            - any:
                - { path: data.reason, operator: contains, value: expir }
                - { path: headers.X-Gone, operator: exists }
  once:
    verb: POST
    path: /things
    replay: never
    errors:
      - { type: ExpiredToken, message: over, filter: { all: [{ path: data.error, operator: exists }] } }
  guided: { path: /things, errors: [{ type: Default, message: x, filter: { path: data.error, operator: Igual, value: Valor vazio } }] }
  loose: { verb: GET, path: /things, unmatched: success }
errors:
  - { type: InvalidCredential, message: 'Gone', filter: { all: [{ path: data.error, operator: equal, value: denied }] } }
  - { type: Default, message: 'Broken: {{ data.error }}', filter: { all: [{ path: data.error, operator: exists }] } }
`

beforeAll(() => {
  cli = openCli()
  cli.connector('acme', acme)
})
afterAll(() => cli[Symbol.dispose]())

async function rules(response: unknown, method = 'get', ...words: string[]) {
  const file = join(cli.home, '..', 'response.json')
  writeFileSync(file, JSON.stringify(response))
  return cli.hookline(['rules', 'test', 'acme', method, file, ...words])
}

test('rules test shows each rule, each condition with its value, and what comes of it', async () => {
  const response = { status: 401, headers: {}, content: { reason: 'token expired', error: 'x' } }
  const { code, stdout } = await rules(response)
  expect(code).toBe(0)
  expect(stdout).toBe(`acme get, HTTP 401, 3 rules
✓ method rule 0, ExpiredToken: decides: "token expired"
    all of
      ✓ headers.http-code  equal 401  is 401
      any of
        ✓ data.reason     contains "expir"  is "token expired"
        ✗ headers.X-Gone  exists            is not there
✗ connector rule 0, InvalidCredential: does not match
    all of
      ✗ data.error  equal "denied"  is "x"
✓ connector rule 1, Default: matches too, but comes later
    all of
      ✓ data.error  exists  is "x"

→ The connection is renewed by an OAuth 2 refresh and the call replayed, without a hook. Where that renewal is spent: the failure ExpiredToken, "token expired", unless after_error says otherwise.
`)
})

test('the empty value of the guide is shown by its name', async () => {
  const { stdout } = await rules({ content: { error: { system: 'empty' } } }, 'guided')
  expect(stdout).toContain('✓ data.error  equal the empty value  is {"system":"empty"}')
})

test.each([
  [
    'a Default rule',
    'get',
    { content: { error: 'x' } },
    'The failure Default, "Broken: x", unless',
  ],
  ['an InvalidCredential rule', 'get', { content: { error: 'denied' } }, 'marked sessionInvalid'],
  ['no rule and a 2xx', 'get', { content: {} }, 'No rule matches: a success, after_action runs.'],
  ['no rule and a 500', 'get', { status: 500 }, 'the failure HttpError, "HTTP 500"'],
  ['unmatched: success', 'loose', { status: 500 }, 'unmatched is success: after_action runs.'],
  ['replay: never', 'once', { content: { error: 1 } }, 'the call is not replayed (replay: never)'],
  ['a 429', 'get', { status: 429, content: { error: 'x' } }, 'No rule sees a 429'],
])('rules test says what the runtime does with %s', async (_what, method, response, text) => {
  expect((await rules(response, method)).stdout).toContain(text)
})

test('rules test --json says the same as data, also from stdin', async () => {
  const input = JSON.stringify({ status: 200, headers: { 'X-A': 1 }, body: { error: 'x' } })
  const words = ['rules', 'test', 'acme', 'get', '-']
  expect(await cli.json(words, { input })).toMatchObject({
    ...{ connector: 'acme', method: 'get', status: 200, decides: 2 },
    rules: [
      { level: 'method', index: 0, matches: false },
      { matches: false },
      { matches: true, decides: true, message: 'Broken: x' },
    ],
    consequence: 'The failure Default, "Broken: x", unless after_error says otherwise.',
  })
})

test.each([
  [{ sttus: 200 }, 'Did you mean `status`?'],
  [{ status: 'ok' }, 'The status must be a number from 100 to 599'],
  [{ headers: { a: {} } }, 'The header `a` must be a text'],
])('rules test refuses a response like %j', async (response, text) => {
  const { code, stderr } = await rules(response)
  expect(code).toBe(2)
  expect(stderr).toContain(text)
})
