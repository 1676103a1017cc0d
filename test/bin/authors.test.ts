import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scriptDeclarations } from '../../runtime/authoring/declarations.ts'
import { flat, listed } from '../authoring/exports.ts'
import { acme } from './acme.ts'
import { type Cli, openCli } from './cli.ts'

let cli: Cli

beforeAll(() => {
  cli = openCli()
  cli.connector('hopeless', acme('https://api.vendor.example'), {
    'scripts/main.js':
      'async function after_eror() {}\nfunction after_action() {\n  statusCode = 1\n}',
  })
  cli.connector(
    'typed',
    'base_url: https://api.vendor.example\nscript: a.ts\nmethods: { get: { path: / } }\n',
    { 'a.ts': 'export function after_action(): number {\n  return btoa(method_response)\n}\n' },
  )
})

afterAll(() => cli[Symbol.dispose]())

test('types() prints the declarations, or writes them to a file', async () => {
  const printed = await cli.hookline(['types'])
  expect(printed).toMatchObject({ code: 0, stdout: scriptDeclarations(), stderr: '' })
  const file = join(cli.connectors, 'hookline.d.ts')
  const { code, stdout, stderr } = await cli.hookline(['types', '--out', file])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  expect(stderr).toContain(`Wrote ${file}.`)
  expect(readFileSync(file, 'utf8')).toBe(scriptDeclarations())
})

test('types() says where it cannot write', async () => {
  const { code, stderr } = await cli.hookline(['types', '--out', join(cli.home, 'no', 'a.d.ts')])
  expect(code).toBe(2)
  expect(stderr).toMatch(/Cannot write .*a\.d\.ts\n {2}Name a file/)
})

test('check() warns of what can never work in a script, and of its types', async () => {
  const { code, stdout } = await cli.hookline(['check', 'hopeless'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^✓ hopeless: 2 warnings$/m)
  expect(stdout).toContain('warning scripts/main.js:1:16: `after_eror` is no event')
  expect(stdout).toContain('warning scripts/main.js:3:3: a change of `statusCode` is lost')
})

test('check() takes a wrong type in TypeScript for a fault', async () => {
  const { code, stdout } = await cli.hookline(['check', 'typed'])
  expect(code).toBe(2)
  expect(stdout).toMatch(/fault a\.ts:2:3: Type 'string' is not assignable to type 'number'/)
})

test('check() says that types were not checked where the project has no TypeScript', async () => {
  const { code, stderr } = await cli.hookline(['check', 'typed'], {
    preload: `process.chdir(${JSON.stringify(cli.connectors)})`,
  })
  expect(code).toBe(0)
  expect(stderr).toContain('The types of scripts were not checked')
})

test.each([
  ['acme_crm', flat],
  ['session_shop', listed],
])('import() makes a connector %s that check passes', async (name, exported) => {
  const file = join(cli.connectors, '..', `${name}.json`)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, JSON.stringify(exported))
  const made = await cli.hookline(['import', file])
  expect(made).toMatchObject({ code: 0, stdout: '' })
  expect(made.stderr).toContain(`Imported ${name} to `)
  expect(made.stderr).toContain('Not carried over:\n')
  const { code, stdout } = await cli.hookline(['check', name])
  expect(stdout).toBe(`✓ ${name}\n`)
  expect(code).toBe(0)

  const again = await cli.hookline(['import', file])
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('There is already a connector in ')
  const replaced = await cli.json(['import', file, '--replace'])
  expect(replaced).toMatchObject({ name, files: expect.arrayContaining(['connector.yaml']) })
})

test('import() refuses a name that is none, and what is no export', async () => {
  const bad = await cli.hookline(['import', '-', '--as', '../x'], { input: '{}' })
  expect(bad.stderr).toContain('`../x` cannot be the name of a connector')
  const empty = await cli.hookline(['import', '-'], { input: '{"Name":"A"}' })
  expect(empty.code).toBe(2)
  expect(empty.stderr).toContain('This is not an exported connector')
})
