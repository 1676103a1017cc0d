/** Whatever a declaration makes weaker is said by who serves and by doctor; a short run says and tests nothing. */
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, startVendor, type Vendor } from '../support/vendor.ts'
import { type Cli, openCli } from './cli.ts'

let cli: Cli
let vendor: Vendor

beforeAll(async () => {
  cli = openCli()
  vendor = await startVendor()
  const file = `base_url: ${vendor.origin}\nreveal_secrets: true\nscript: main.js\nmethods:\n  get: { path: /x }\n`
  const script = 'function after_action() { method_response.seen = true }'
  cli.connector('open', file, { 'main.js': script })
})
afterAll(async () => {
  await vendor[Symbol.asyncDispose]()
  cli[Symbol.dispose]()
})

/** Lets no sandbox be attacked: whoever tries, fails. */
const untested = `
import { registerHooks } from 'node:module'
registerHooks({ load(url, context, next) {
  if (url.endsWith('/sandbox/host/self-test.ts')) throw new Error('nobody attacks here')
  return next(url, context)
} })`

test('serve says before it serves which network and which connector may more', async () => {
  const stop = (child: ChildProcess): void => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('serving')) child.kill('SIGTERM')
    })
  }
  const { stderr } = await cli.hookline(['serve', '--port', '0'], { meanwhile: stop })
  const said = stderr.slice(0, stderr.indexOf('serving'))
  expect(said).toMatch(/weaker than it could be: .*127\.0\.0\.0\/8/)
  expect(said).toMatch(/weaker than it could be: .*open see secrets.*reveal_secrets/)
})

test('doctor names both', async () => {
  const { stdout } = await cli.hookline(['doctor'])
  expect(stdout).toMatch(/allowed .*MORE THAN THE USUAL/)
  expect(stdout).toContain('127.0.0.0/8')
  expect(stdout).toContain('reveal_secrets')
})

test('run attacks nothing: its sandbox is used once', async () => {
  vendor.answers(json({ id: 1 }))
  const { code, stdout } = await cli.hookline(['run', 'open', 'get'], { preload: untested })
  expect(stdout).toContain('"seen"')
  expect(code).toBe(0)
  const { stderr } = await cli.hookline(['serve', '--port', '0'], { preload: untested })
  expect(stderr).toContain('nobody attacks here')
})
