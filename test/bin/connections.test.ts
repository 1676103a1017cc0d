import { randomBytes } from 'node:crypto'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { json, startVendor, type Vendor } from '../support/vendor.ts'
import { acme } from './acme.ts'
import { type Cli, openCli } from './cli.ts'

let vendor: Vendor
let cli: Cli

beforeAll(async () => {
  vendor = await startVendor()
  cli = openCli()
  const auth = `auth: { type: oauth2, client_id: us, authorization_url: ${vendor.origin}/auth, token_url: ${vendor.origin}/token }`
  cli.connector('acme', acme(vendor.origin, auth), { 'scripts/main.js': '' })
  await Promise.all(['ada', 'gone', 'nearest'].map((name) => importing(name, tokens)))
})

afterAll(async () => {
  cli[Symbol.dispose]()
  await vendor[Symbol.asyncDispose]()
})

const tokens = {
  access_token: 'at-secret',
  refresh_token: 'rt-secret',
  expires_in: '3600',
  token_type: 'Bearer',
  scope: 'api',
  properties: { ClientSecret: 'cs-secret' },
}

function importing(name: string, content: unknown, ...words: readonly string[]) {
  const input = typeof content === 'string' ? content : JSON.stringify(content)
  const file = ['--connector', 'acme', '--file', '-']
  return cli.hookline(['connections', 'import', name, ...file, ...words], { input })
}

test('the first use makes the key, closed to others, and says where, once', async () => {
  using fresh = openCli()
  const first = await fresh.hookline(['connections', 'list'])
  expect(first.stderr).toContain(join(fresh.home, 'key'))
  expect(first.stderr).toContain('There are no connections yet')
  expect(statSync(join(fresh.home, 'key')).mode & 0o777).toBe(0o600)
  const second = await fresh.hookline(['connections', 'list'])
  expect(second.stderr).not.toContain(join(fresh.home, 'key'))
})

test('HOOKLINE_KEY is used, and no key file is made', async () => {
  using fresh = openCli()
  const env = { HOOKLINE_KEY: randomBytes(32).toString('base64') }
  const { code } = await fresh.hookline(['connections', 'list'], { env })
  expect(code).toBe(0)
  expect(existsSync(join(fresh.home, 'key'))).toBe(false)
})

describe('connections import', () => {
  test('stores tokens that calls then use', async () => {
    vendor.answers(json({}))
    expect((await cli.hookline(['run', 'acme', 'things.list', '-c', 'ada'])).code).toBe(0)
    expect(vendor.requests.at(-1)?.headers.authorization).toBe('Bearer at-secret')
  })

  test('reads a file as well', async () => {
    const file = join(cli.home, 'tokens.json')
    writeFileSync(file, JSON.stringify(tokens))
    const words = ['connections', 'import', 'filed', '--connector', 'acme', '--file', file]
    expect(await cli.json(words)).toMatchObject({ name: 'filed', connector: 'acme' })
  })

  test('replaces only if it is told to', async () => {
    const again = await importing('ada', tokens)
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('add --replace')
    expect((await importing('ada', tokens, '--replace')).code).toBe(0)
  })

  test.each([
    ['no JSON', '{"access_token": at-secret}', 'is not JSON'],
    ['no object', '["at-secret"]', 'is not a JSON object'],
    ['a token that is no text', { access_token: ['at-secret'] }, '`access_token` is not a text'],
    ['no field that is read', { acess_token: 'at-secret' }, 'They are access_token'],
    [
      'an unknown property',
      { access_token: 'a', properties: { ClientSecrt: 'x' } },
      'ClientSecret',
    ],
    ['nothing to connect with', {}, 'login, or by tokens'],
  ])('refuses %s, and repeats no value', async (_what, content, message) => {
    const { code, stdout, stderr } = await importing('bad', content)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stdout + stderr).not.toContain('at-secret')
  })
})

test('connections list shows a line for each', async () => {
  const { stdout } = await cli.hookline(['connections', 'list'])
  expect(stdout).toMatch(/^NAME +CONNECTOR +STATE +RENEWED +UPDATED$/m)
  expect(stdout).toMatch(/^ada +acme +active +never +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m)
  const { connections } = await cli.json(['connections', 'list'])
  expect(connections).toContainEqual(expect.objectContaining({ name: 'ada', state: 'active' }))
})

test('connections of another tenant are not there', async () => {
  const { connections } = await cli.json(['connections', 'list', '--tenant', 'other'])
  expect(connections).toEqual([])
  expect((await cli.hookline(['connections', 'show', 'ada', '--tenant', 'other'])).code).toBe(2)
})

test('connections show tells everything but the secrets', async () => {
  const { stdout } = await cli.hookline(['connections', 'show', 'ada'])
  expect(stdout).toMatch(/^ {2}state +active$/m)
  expect(stdout).toMatch(/^ {2}access token +expires 20/m)
  expect(stdout).toMatch(/^ {2}properties +ClientSecret$/m)
  expect(stdout).not.toMatch(/[arc][ts]-secret/)
  expect(await cli.json(['connections', 'show', 'ada'])).toMatchObject({
    name: 'ada',
    credential: { kind: 'oauth2', refreshToken: true, properties: ['ClientSecret'], scope: 'api' },
  })
})

test('a renewal that failed is in show with its open circuit, and in the audit', async () => {
  await importing('ailing', { ...tokens, expires_in: 1 })
  vendor.on('/token', json({ error: 'server_error' }, { status: 503 }))
  vendor.answers(json({ fine: true }))
  await cli.hookline(['run', 'acme', 'things.list', '-c', 'ailing'])
  const { stdout } = await cli.hookline(['connections', 'show', 'ailing'])
  expect(stdout).toMatch(/^ {2}circuit +open$/m)
  expect(stdout).toMatch(/^ {2}failures +1 in a row: /m)
  const audit = await cli.hookline(['connections', 'audit', '--limit', '1'])
  expect(audit.stdout).toMatch(/UTC +ailing +refresh +failed +0 → – +server_error$/m)
  expect((await cli.hookline(['connections', 'audit', '--limit', 'all'])).code).toBe(2)
})

test('connections rewrap counts what an older key had wrapped: nothing, where there is one key', async () => {
  expect(await cli.json(['connections', 'rewrap'])).toEqual({ rewrapped: 0 })
})

test('connections erase wants to be told that it is meant, and spares other tenants', async () => {
  const other = ['--tenant', 'leaving']
  await importing('theirs', tokens, ...other)
  expect((await cli.hookline(['connections', 'erase', ...other])).stderr).toContain('Add --yes.')
  const erased = await cli.json(['connections', 'erase', ...other, '--yes'])
  expect(erased).toEqual({ tenant: 'leaving', erased: 1 })
  const { connections } = await cli.json(['connections', 'list'])
  expect(connections).toContainEqual(expect.objectContaining({ name: 'ada' }))
})

test('connections remove wants to be told that it is meant', async () => {
  const asked = await cli.hookline(['connections', 'remove', 'gone'])
  expect(asked.code).toBe(2)
  expect(asked.stderr).toContain('Add --yes.')
  const meant = await cli.hookline(['connections', 'remove', 'gone', '--yes'])
  expect(meant).toMatchObject({ code: 0, stderr: 'Removed gone and its secrets.\n' })
  expect((await cli.hookline(['connections', 'show', 'gone'])).code).toBe(2)
})

test.each([
  ['show', ['connections', 'show', 'nearst']],
  ['remove', ['connections', 'remove', 'nearst', '--yes']],
  ['run', ['run', 'acme', 'things.list', '-c', 'nearst']],
])('%s suggests the nearest connection', async (_command, words) => {
  const { code, stderr } = await cli.hookline(words)
  expect(code).toBe(2)
  expect(stderr).toContain('There is no connection `nearst`\n  Did you mean `nearest`?')
})

test('run() does not choose between several connections', async () => {
  const { code, stderr } = await cli.hookline(['run', 'acme', 'things.list'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/There are several connections to acme\n {2}Say which one with -c: ada, /)
})
