import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echo, json, reset, startVendor, type Vendor } from '../support/vendor.ts'
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

describe('run() sends', () => {
  test('texts and JSON of -p, over what --input holds', async () => {
    vendor.answers(echo())
    const input = JSON.stringify({ name: 'Grace', size: 'small' })
    const words = [
      'run',
      'quiet',
      'things.create',
      '--input',
      '-',
      '-p',
      'name=a=b',
      '-p',
      'n:=[1]',
    ]
    const { content } = await cli.json(words, { input })
    const { body } = content as { body: string }
    expect(JSON.parse(body)).toEqual({ name: 'a=b', size: 'small', n: [1] })
  })

  test('the idempotency key that it was given', async () => {
    vendor.answers(echo())
    const words = ['run', 'quiet', 'things.create', '--idempotency-key', 'order-7']
    const { content } = await cli.json(words)
    expect(content).toMatchObject({ headers: { 'idempotency-key': 'order-7' } })
  })

  test('what a step’s own script made of the request', async () => {
    vendor.answers(echo())
    const step = join(cli.home, 'step.ts')
    writeFileSync(
      step,
      'function before_action(): void { method_request_headers["x-step"] = "yes" }',
    )
    const { content } = await cli.json(['run', 'quiet', 'things.list', '--step', step])
    expect(content).toMatchObject({ headers: { 'x-step': 'yes' } })
  })

  test('nothing with a step whose file is no script by its name', async () => {
    const step = join(cli.home, 'step.txt')
    writeFileSync(step, 'function before_action() { throw new Error("it ran") }')
    const { code, stderr } = await cli.hookline(['run', 'quiet', 'things.list', '--step', step])
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('step.txt is no script by its name: it must end in .js or .ts'),
    ])
  })

  test('nothing where its input is no JSON, and says where it is not', async () => {
    const words = ['run', 'quiet', 'things.create', '--input', '-']
    const { code, stderr } = await cli.hookline(words, { input: '{"key": "sk-1",\n "a" 1}' })
    const message = 'What came from stdin is not JSON: it breaks off at line 2, column 6'
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(stderr).not.toContain('sk-1')
  })

  test('nothing through a connection that the connector has no use for', async () => {
    const { code, stderr } = await cli.hookline(['run', 'quiet', 'things.list', '-c', 'nobody'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/quiet needs no connection\n.*-c/)])
  })

  test('a second request where --retries allows it', async () => {
    vendor.answers(reset(), json({ at: 'last' }))
    const words = ['run', 'quiet', 'things.list', '--retries', '1']
    const { code, stderr } = await cli.hookline(words)
    expect(code).toBe(0)
    expect(stderr).toMatch(/2 attempts · retried once/)
  })
})

describe('run --json prints one object', () => {
  test('for a success', async () => {
    vendor.answers(json({ name: 'Ada' }))
    expect(await cli.json(['run', 'quiet', 'things.list'])).toEqual({
      kind: 'success',
      call: expect.stringMatching(/^[0-9a-f-]{36}$/),
      connector: 'quiet',
      method: 'things.list',
      connection: null,
      status: 200,
      content: { name: 'Ada' },
      exit: null,
      message: null,
      failure: null,
      handled: null,
      trail: {
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        ms: expect.any(Number),
        attempts: [expect.objectContaining({ number: 1, cause: 'first', verdict: 'accept' })],
      },
    })
  })

  test('for a failure, whose place is the author’s', async () => {
    vendor.answers(json({}))
    expect(await cli.json(['run', 'throws', 'things.list'])).toMatchObject({
      kind: 'failure',
      failure: { type: 'ScriptError', fault: 'script', position: 'scripts/main.js:3:15' },
    })
  })

  test('for a stop', async () => {
    expect(await cli.json(['run', 'stops', 'things.list'])).toMatchObject({
      kind: 'stopped',
      message: expect.stringContaining('returned false'),
    })
  })

  test('also where nothing was called', async () => {
    expect(await cli.json(['run', 'quiet', 'things.lst'])).toEqual({
      kind: 'error',
      errorCode: 'entityMissing',
      message: 'quiet has no method `things.lst`',
      cure: 'Did you mean `things.list`?',
    })
    expect(await cli.json(['run', 'quiet'])).toMatchObject({ kind: 'error' })
  })
})

test('run() ends quietly when its reader has gone', async () => {
  vendor.answers(json({ long: 'x'.repeat(1_000_000) }))
  const { code, stderr } = await cli.hookline(['run', 'quiet', 'things.list'], {
    meanwhile: (child) => child.stdout?.destroy(),
  })
  expect(code).toBe(0)
  expect(stderr).not.toMatch(/EPIPE|Error/)
})

test('run() lets no vendor steer the terminal', async () => {
  vendor.answers(json({ text: '\u001b[2J\u009b31m\u202e' }))
  const { stdout } = await cli.hookline(['run', 'quiet', 'things.list'])
  expect(stdout).toContain('"\\u001b[2J\\u009b31m\\u202e"')
})
