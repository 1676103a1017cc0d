import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hang, json, startVendor, type Vendor } from '../support/vendor.ts'
import { acme, scripts } from './acme.ts'
import { type Cli, openCli } from './cli.ts'

let vendor: Vendor
let cli: Cli

beforeAll(async () => {
  vendor = await startVendor()
  cli = openCli()
  for (const [name, source] of Object.entries(scripts)) {
    cli.connector(name, acme(vendor.origin), { 'scripts/main.js': source })
  }
})

afterAll(async () => {
  cli[Symbol.dispose]()
  await vendor[Symbol.asyncDispose]()
})

test('run() ends with 0 for a success: the content alone on stdout, one line about it on stderr', async () => {
  vendor.answers(json({ name: 'Ada' }))
  const { code, stdout, stderr } = await cli.hookline(['run', 'quiet', 'things.list'])
  expect(code).toBe(0)
  expect(stdout).toBe('{\n  "name": "Ada"\n}\n')
  expect(stderr).toMatch(/^✓ success 200 · 1 attempt · [\d.]+ m?s$/m)
})

test('run() ends with 0 for a warning', async () => {
  vendor.answers(json({ message: 'late' }, { status: 409 }))
  const { code, stderr } = await cli.hookline(['run', 'warns', 'things.list'])
  expect(code).toBe(0)
  expect(stderr).toMatch(/^! warning 409: HTTP 409/m)
})

test('run() ends with 1 for a failure, which prints nothing on stdout', async () => {
  vendor.answers(json({ error: 'no' }, { status: 404 }))
  const { code, stdout, stderr } = await cli.hookline(['run', 'quiet', 'things.list'])
  expect(code).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^✗ HttpError: HTTP 404 Not Found · 1 attempt/m)
  expect(stderr).toContain('--explain')
})

test('run() ends with 1 for a script’s fault, with its place and its line', async () => {
  vendor.answers(json({}))
  const { code, stderr } = await cli.hookline(['run', 'throws', 'things.list'])
  expect(code).toBe(1)
  expect(stderr).toContain('✗ ScriptError: ')
  expect(stderr).toContain('  at scripts/main.js:3:15\n')
  expect(stderr).toMatch(/> 3 \| {3}return name\.first\n +\| +\^/)
})

test('run() ends with 3 for a failure that a handler took', async () => {
  vendor.answers(json({}, { status: 500 }))
  const flow = 'flows: { judge: { source: "function handle() { return { seen: true } }" } }'
  const handlers = 'error_handlers: [{ handler: { component_id: judge } }]'
  writeFileSync(join(cli.connectors, 'support.yaml'), `group: g\n${flow}\n${handlers}\n`)
  const words = ['run', 'quiet', 'things.list', '--app', 'support', '--apps', cli.connectors]
  const { code, stderr } = await cli.hookline(words)
  expect(stderr).toMatch(/^✗ HttpError: HTTP 500 .*, taken by handler 0 \(support\.judge/m)
  expect(code).toBe(3)
  const report = await cli.json(words)
  expect(report).toMatchObject({ handled: { index: 0, output: { seen: true } } })
})

test('run() ends with 4 for a stop', async () => {
  const { code, stderr } = await cli.hookline(['run', 'stops', 'things.list'])
  expect(code).toBe(4)
  expect(stderr).toMatch(/^■ stopped: .*before_action returned false/m)
})

test.each([
  ['a connector', ['run', 'quite', 'things.list'], 'quiet'],
  ['a method', ['run', 'quiet', 'things.lst'], 'things.list'],
  ['a command', ['rnu'], 'run'],
  ['an option', ['run', 'quiet', 'things.list', '--explian'], '--explain'],
])(
  'run() ends with 2 for %s that is not there, and names the nearest',
  async (_what, words, meant) => {
    const { code, stdout, stderr } = await cli.hookline(words)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^hookline: .*\n {2}\(?Did you mean /m)
    expect(stderr).toContain(meant)
  },
)

test('run() ends with 2 for parameters and networks that are none, and for a folder that is not there', async () => {
  const words = ['run', 'quiet', 'things.list']
  const endings = await Promise.all([
    cli.hookline([...words, '-p', 'nothing']),
    cli.hookline([...words, '-p', 'limit:={']),
    cli.hookline([...words, '--allow-private', '127.0.0.1']),
    cli.hookline([...words, '--connectors', '/nowhere']),
    cli.hookline([...words, '--retries', 'many']),
    cli.hookline(['run', 'quiet']),
  ])
  expect(endings.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2])
  for (const { stderr } of endings) expect(stderr).toMatch(/^hookline: /)
})

test('run() ends with 130 when somebody presses Ctrl-C', async () => {
  vendor.answers(hang())
  const before = vendor.requests.length
  const { code, stdout, stderr } = await cli.hookline(['run', 'quiet', 'things.list'], {
    meanwhile: (child) => {
      void vendor.received(before + 1).then(() => child.kill('SIGINT'))
    },
  })
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
  expect(stderr).toMatch(/^hookline: interrupted\n$/m)
})

test('run() ends with 1 when --timeout is over', async () => {
  vendor.answers(hang())
  const words = ['run', 'quiet', 'things.list', '--timeout', '300']
  const { code, stderr } = await cli.hookline(words)
  expect(code).toBe(1)
  expect(stderr).toContain('✗ Timeout: quiet things.list did not end within 300 ms')
})
