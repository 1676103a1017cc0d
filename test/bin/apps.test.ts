import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cli, openCli } from './cli.ts'

let cli: Cli
let apps: string

const crm = `
base_url: https://crm.example
methods:
  contacts.get: { verb: GET, path: /contacts }
`

const support = `
group: g
sources:
  - ZipCode
  - { connector: crm, method: contacts.get }
flows:
  note: { source: "function handle() {}" }
error_handlers:
  - {}
  - { error_types: [Timeout], error_sources: [crm.contacts.get], handler: { component_id: note } }
  - { error_types: [Timeout], handler: { component_id: note } }
`

beforeAll(() => {
  cli = openCli()
  cli.connector('crm', crm)
  apps = folder('apps', { support })
})
afterAll(() => cli[Symbol.dispose]())

function folder(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(cli.connectors, '..', name)
  mkdirSync(path)
  for (const [id, text] of Object.entries(files)) writeFileSync(join(path, `${id}.yaml`), text)
  return path
}

const route = (...words: string[]) => cli.hookline(['route', '--apps', apps, ...words])

test('O56 route names the handler that takes an error, and why not the others', async () => {
  const { code, stdout } = await route('--type', 'Timeout', '--source', 'crm.contacts.get')
  expect(code).toBe(0)
  expect(stdout).toBe(`Timeout from crm.contacts.get → handler 1, note
     0  -     the default comes last, and handler 1 took the error
  ✓  1  note  the first that fits both type and source
     2  note  fits too, but handler 1 stands above it
`)
})

test('O56 route says where a failure surfaces, and where a source is not known', async () => {
  const { stdout } = await route('--type', 'HttpError', '--source', 'crm.contacts')
  expect(stdout).toContain('→ handler 0, which is empty: the failure surfaces\n')
  expect(stdout).toContain('  The app does not list the source crm.contacts.\n')
})

test('O56 route --json says all of it', async () => {
  const words = ['route', 'support', '--apps', apps, '--type', 'Timeout', '--source', 'ZipCode']
  expect(await cli.json(words)).toMatchObject({
    ...{ app: 'support', index: 2, componentId: 'note', isDefault: false, isKnownSource: true },
    considered: [{ index: 0 }, { index: 1, sourceMatches: false }, { index: 2, decides: true }],
  })
})

test('route says which type was probably meant', async () => {
  const { code, stderr } = await route('--type', 'Timout', '--source', 'ZipCode')
  expect(code).toBe(2)
  expect(stderr).toContain('Did you mean `Timeout`?')
})

test('route says which app was probably meant', async () => {
  const { code, stderr } = await route('suport', '--type', 'Timeout', '--source', 'ZipCode')
  expect(code).toBe(2)
  expect(stderr).toContain('Did you mean `support`?')
})

test('check reads the apps too: what is broken ends it with 2', async () => {
  const broken = folder('broken', { bad: 'group: g\nflow: {}\n', support })
  const { code, stdout } = await cli.hookline(['check', '--apps', broken])
  expect(code).toBe(2)
  expect(stdout).toContain('✗ broken/bad: 1 fault\n')
  expect(stdout).toContain('bad.yaml:2:1 flow: unknown key "flow"; did you mean "flows"?')
  expect(stdout).toContain('✓ broken/support\n')
})

test('O55 O57 check warns of what an app refers to and is not there, and ends with 0', async () => {
  const text = support
    .replace('method: contacts.get', 'method: contacts.gone, name: crm.contacts.get')
    .replace(
      '- { error_types: [Timeout], handler',
      '- { error_types: [HttpError], handler: { component_id: gone } }\n  - { error_types: [HttpError], handler',
    )
  const doubtful = folder('doubtful', { support: text })
  const { code, stdout } = await cli.hookline(['check', '--apps', doubtful])
  expect(code).toBe(0)
  expect(stdout).toContain('✓ doubtful/support: 3 warnings\n')
  expect(stdout).toMatch(
    /support\.yaml:10:5 error_handlers\/1: UNKNOWN_EVENT_SOURCE: .*get \(event source\)\./,
  )
  expect(stdout).toContain('error_handlers/2: UNKNOWN_FLOW_ERROR_HANDLER: Unknown Flow is')
  expect(stdout).toContain('error_handlers/3: never reached: error_handlers/2 takes all of its')
})
