import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { acme } from './acme.ts'
import { type Cli, openCli } from './cli.ts'

let cli: Cli

beforeAll(() => {
  cli = openCli()
  const good = acme('https://api.vendor.example')
  cli.connector('good', good, { 'scripts/main.js': 'function after_action() {}' })
  cli.connector('broken', good, {
    'scripts/main.js': 'function after_action() {\n  return (;\n}',
  })
  cli.connector('modular', good, { 'scripts/main.js': "import { a } from './nowhere.js'\na()" })
  cli.connector(
    'faulty',
    `base_url: https://api.vendor.example
methods:
  things.list: { verb: FETCH, path: /things }
  things.get: { verb: GET, path: /things, pth: /things }
`,
  )
  cli.connector(
    'doubtful',
    `base_url: https://api.vendor.example
properties:
  ApiToken: { in: header }
methods:
  things.list: { verb: GET, path: /things }
`,
  )
})

afterAll(() => cli[Symbol.dispose]())

test('check() ends with 0 where nothing is wrong, also for a folder by its path', async () => {
  const { code, stdout, stderr } = await cli.hookline([
    'check',
    'good',
    join(cli.connectors, 'good'),
  ])
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '✓ good\n✓ good\n', stderr: '' })
})

test('check() shows every fault at its place in its line, and ends with 2', async () => {
  const { code, stdout } = await cli.hookline(['check', 'faulty'])
  expect(code).toBe(2)
  expect(stdout).toMatch(/^✗ faulty: 2 faults$/m)
  expect(stdout).toMatch(
    /connector\.yaml:3:18 methods\["things\.list"\]\.verb: expected .*; got "FETCH"/,
  )
  expect(stdout).toContain(
    '     3 |   things.list: { verb: FETCH, path: /things }\n       |                  ^\n',
  )
  expect(stdout).toMatch(/unknown key "pth"; did you mean "path"\?/)
})

test('check() compiles scripts, and runs none', async () => {
  const { code, stdout } = await cli.hookline(['check', 'broken'])
  expect(code).toBe(2)
  expect(stdout).toContain("fault scripts/main.js:2:11: SyntaxError: Unexpected token ';'\n")
  expect(stdout).toContain('     2 |   return (;\n       |           ^\n')
})

test('check() finds imports that lead nowhere', async () => {
  const { code, stdout } = await cli.hookline(['check', 'modular'])
  expect(code).toBe(2)
  expect(stdout).toMatch(/fault scripts\/main\.js:1:\d+: .*nowhere\.js/)
})

test('check() tells warnings too, which do not fail it', async () => {
  const { code, stdout } = await cli.hookline(['check', 'doubtful'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^✓ doubtful: 1 warning\n {2}warning connector\.yaml:3:3 .*sensitive/m)
})

test('check --json prints all connectors in one object', async () => {
  const report = await cli.json(['check'])
  expect(report).toMatchObject({ good: false })
  const { connectors } = report as { connectors: { name: string; faults: unknown[] }[] }
  const counts = Object.fromEntries(connectors.map(({ name, faults }) => [name, faults.length]))
  expect(counts).toEqual({ broken: 1, doubtful: 0, faulty: 2, good: 0, modular: 1 })
  expect(connectors.find(({ name }) => name === 'faulty')?.faults[0]).toMatchObject({
    file: 'connector.yaml',
    line: 3,
    column: 18,
    path: 'methods["things.list"].verb',
  })
})

test('check() suggests the nearest connector', async () => {
  const { code, stderr } = await cli.hookline(['check', 'fualty'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/There is no connector `fualty`.*\n {2}Did you mean `faulty`\?/)
})

test('run() refuses a connector with faults with 2, and tells of check', async () => {
  const { code, stderr } = await cli.hookline(['run', 'faulty', 'things.list'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/^hookline: The connector faulty has faults\n {2}connector\.yaml:3:18 /)
  expect(stderr).toContain('hookline check faulty')
})
