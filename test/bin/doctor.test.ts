import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../runtime/model/json.ts'
import { openCli } from './cli.ts'

type Report = { readonly serves: boolean; readonly findings: readonly JsonObject[] }

function found(report: unknown, name: string): JsonObject | undefined {
  return (report as Report).findings.find((finding) => finding.name === name)
}

test('doctor() looks at everything, and makes nothing', async () => {
  using cli = openCli()
  const report = await cli.json(['doctor'])
  expect(report).toMatchObject({ serves: true })
  expect(found(report, 'node')?.detail).toMatchObject({ version: process.versions.node })
  expect(found(report, 'sandbox')?.detail).toMatchObject({ works: true })
  expect(found(report, 'store')?.detail).toMatchObject({ exists: false, writable: true })
  expect(found(report, 'key')?.detail).toMatchObject({ exists: false })
  expect(existsSync(cli.home)).toBe(false)
})

test('doctor() says loudly what protection is missing', async () => {
  using cli = openCli()
  // Without prlimit on the path no process can be stripped.
  const { code, stdout } = await cli.hookline(['doctor'], { env: { PATH: '/nowhere' } })
  expect(code).toBe(0)
  expect(stdout).toMatch(/^! sandbox .*LESS THAN FULLY STRIPPED: no files and sockets: NO/m)
  expect(stdout).toContain('prlimit')
  expect(stdout).toContain('WITH LESS PROTECTION')
})

test('doctor() opens the store that is there', async () => {
  using cli = openCli()
  await cli.hookline(['connections', 'list'])
  const report = await cli.json(['doctor'])
  expect(found(report, 'store')).toMatchObject({
    state: 'good',
    text: expect.stringMatching(/opens$/),
    detail: { exists: true, version: expect.any(Number) },
  })
  expect(found(report, 'key')?.detail).toMatchObject({ mode: '0600' })
})

test('doctor() ends with 1 where the key is open to others', async () => {
  using cli = openCli()
  await cli.hookline(['connections', 'list'])
  chmodSync(join(cli.home, 'key'), 0o644)
  const { code, stdout } = await cli.hookline(['doctor'])
  expect(code).toBe(1)
  expect(stdout).toMatch(/^✗ key .*open to others/m)
  expect(stdout).toContain('Hookline cannot serve here.')
})

test('doctor() names the proxy without its password', async () => {
  using cli = openCli()
  const env = { HTTPS_PROXY: 'http://ada:hunter2@proxy.example:8080', NO_PROXY: '.example' }
  const { stdout } = await cli.hookline(['doctor'], { env })
  expect(stdout).toMatch(/proxy +https through http:\/\/proxy\.example:8080, except \.example/)
  expect(stdout).not.toContain('hunter2')
})

test('doctor() names what was allowed beyond the usual', async () => {
  using cli = openCli()
  const report = await cli.json(['doctor', '--allow-private', '10.0.0.0/8'])
  expect(found(report, 'allowed')).toMatchObject({
    state: 'less',
    notes: [expect.stringContaining('10.0.0.0/8')],
  })
})
