import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Secret } from '../../runtime/model/secret.ts'
import { parseTokens, sha256, tokensFromFile } from '../../runtime/server/tokens.ts'
import { folderWith } from '../route/support.ts'
import { handlersPath, startTestServer } from './support.ts'

const visitor = { ip: '127.0.0.1', userAgent: 'test', deviceId: null }
const hash = (token: string) => sha256(token).toString('hex')
const file = (...tokens: readonly string[]) =>
  `tokens:\n${tokens.map((token) => `  - { sha256: ${hash(token)}, tenant: acme }\n`).join('')}`

const open = (text: string) => {
  const path = join(folderWith({ 'tokens.yaml': text }), 'tokens.yaml')
  const guard = tokensFromFile(path)
  const { signal } = new AbortController()
  return { path, let: (token: string) => guard(new Secret(token), visitor, signal) }
}

test('tokensFromFile() lets in the tokens whose hashes it has, with what they may do', async () => {
  const text = `
tokens:
  - { sha256: ${hash('one')}, tenant: acme, groups: [a, b], read_only: true }
  - { sha256: ${hash('two').toUpperCase()}, tenant: other, operator: true, name: the watcher }
`
  const tokens = open(text)
  expect(await tokens.let('one')).toMatchObject({
    ...{ tenant: 'acme', groups: new Set(['a', 'b']), readOnly: true, operator: false },
  })
  expect(await tokens.let('two')).toMatchObject({ tenant: 'other', groups: null, operator: true })
  for (const token of ['three', '', 'on', 'onee', hash('one')]) {
    expect(await tokens.let(token)).toBe(null)
  }
})

test('tokensFromFile() takes a token back when the file no longer has it', async () => {
  const tokens = open(file('one', 'two'))
  expect(await tokens.let('two')).not.toBe(null)
  writeFileSync(tokens.path, file('one'))
  expect(await tokens.let('two')).toBe(null)
  expect(await tokens.let('one')).not.toBe(null)
})

test.each([
  ['is gone', (path: string) => rmSync(path)],
  ['is broken', (path: string) => writeFileSync(path, 'tokens: [')],
])(
  'tokensFromFile() lets nobody in when the file %s, and the answer tells nothing',
  async (_what, spoil) => {
    const path = join(folderWith({ 'tokens.yaml': file('one') }), 'tokens.yaml')
    const events: unknown[] = []
    const guard = tokensFromFile(path)
    const { send } = await startTestServer({ guard, log: (event) => events.push(event) })
    expect((await send(handlersPath, { token: 'one' })).status).toBe(200)
    spoil(path)
    const { status, json } = await send(handlersPath, { token: 'one' })
    expect([status, json]).toEqual([
      500,
      { errorCode: 'genericError', message: 'An error without any context available.' },
    ])
    expect(events).toContainEqual(expect.objectContaining({ kind: 'bug' }))
  },
)

test('parseTokens() names each fault without repeating what is there', () => {
  const text = `
tokens:
  - { sha256: my-secret-token, tenant: 'a b', groups: all, read_only: 1, grups: [] }
`
  const failure = (() => {
    try {
      return String(parseTokens(text))
    } catch (error) {
      return (error as Error).message
    }
  })()
  expect(failure.split('\n').map((line) => line.replace(/^tokens:\d+:\d+ /, ''))).toEqual([
    'tokens[0].grups: known here: sha256, tenant, groups, read_only, operator, name',
    'tokens[0].sha256: expected the SHA-256 of a token, 64 hexadecimal digits',
    'tokens[0].tenant: expected the name of a tenant',
    'tokens[0].groups: expected a list of groups',
    'tokens[0].read_only: expected true or false',
  ])
  expect(failure).not.toContain('my-secret-token')
  expect(() => parseTokens('[]')).toThrow('expected a mapping with a list of tokens')
})
