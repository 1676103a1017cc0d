import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openCatalogue } from '../../runtime/definition/catalogue.ts'
import { DefinitionError } from '../../runtime/definition/faults.ts'
import { loadConnectors, loadData, loadFolder } from '../../runtime/definition/load.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hookline-load-'))
})

afterEach(() => {
  rmSync(root, { recursive: true })
})

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text)
}

const plain = 'base_url: https://api.acme.example\nmethods: { list: { path: /x } }\n'

describe('loadFolder()', () => {
  test.each(['connector.yaml', 'connector.yml', 'connector.json'])('reads %s', (file) => {
    const json = '{\n\t"base_url": "https://api.acme.example",\n\t"methods": {}\n}'
    write(`acme/${file}`, file.endsWith('json') ? json : plain)
    expect(loadFolder(join(root, 'acme')).connector.name).toBe('acme')
  })

  test('reads scripts beside it and keeps their relative names', () => {
    write('acme/connector.yaml', `script: scripts/main.js\n${plain}`)
    write('acme/scripts/main.js', 'function before_action() {}')
    const { connector, folder, readFile } = loadFolder(join(root, 'acme'))
    expect(connector.script).toEqual({
      source: 'function before_action() {}',
      file: 'scripts/main.js',
    })
    expect(folder).toBe(join(root, 'acme'))
    expect(readFile('scripts/main.js')).toBe('function before_action() {}')
    expect(readFile('scripts/other.js')).toBeNull()
    expect(readFile('scripts')).toBeNull()
    expect(readFile('connector.yaml/x')).toBeNull()
  })

  test.each(['../secret.js', '/etc/hostname', 'scripts/../../secret.js', 'a\\b.js', 'c:/x.js'])(
    'refuses a script at %s',
    (file) => {
      write('secret.js', 'secret')
      write('acme/connector.yaml', `script: ${JSON.stringify(file)}\n${plain}`)
      expect(() => loadFolder(join(root, 'acme'))).toThrow(
        /connector.yaml:1:1 script: expected a file in the connector's folder/,
      )
      expect(loadFolder(write2()).readFile(file)).toBeNull()
    },
  )

  test.each([
    ['a link to a file', 'linked.js', () => symlinkSync(join(root, 'secret.js'), at('linked.js'))],
    ['a file below a linked folder', 'd/secret.js', () => symlinkSync(root, at('d'))],
  ])('refuses %s', (_name, file, link) => {
    write('secret.js', 'secret')
    write('acme/connector.yaml', `script: ${file}\n${plain}`)
    link()
    expect(() => loadFolder(join(root, 'acme'))).toThrow(/there is no file ".*links are not/)
  })

  test('refuses a folder without a definition, or with two', () => {
    expect(() => loadFolder(join(root, 'none'))).toThrow(/holds no connector.yaml/)
    write('acme/connector.yaml', plain)
    write('acme/connector.yml', plain)
    expect(() => loadFolder(join(root, 'acme'))).toThrow(/connector.yml lies beside it/)
  })

  test('refuses a file that is larger than it may be', () => {
    write('acme/connector.yaml', `${plain}script: main.js`)
    write('acme/main.js', ' '.repeat(256 * 1024))
    expect(loadFolder(join(root, 'acme')).connector.script?.source.length).toBe(256 * 1024)
    write('acme/main.js', ' '.repeat(256 * 1024 + 1))
    expect(() => loadFolder(join(root, 'acme'))).toThrow(/script: the script is larger than 256/)
    write('acme/main.js', ' '.repeat(4 * 1024 * 1024 + 1))
    expect(() => loadFolder(join(root, 'acme'))).toThrow(/there is no file/)
  })

  function at(file: string): string {
    return join(root, 'acme', file)
  }

  function write2(): string {
    write('other/connector.yaml', plain)
    return join(root, 'other')
  }
})

test('loadData() takes a definition as text or as data, and scripts by path', () => {
  const scripts = { 'main.js': 'var a' }
  const text = loadData({ definition: `name: acme\nscript: main.js\n${plain}`, scripts })
  expect(text.connector.script).toEqual({ source: 'var a', file: 'main.js' })
  expect(text.folder).toBeNull()
  expect(text.readFile('toString')).toBeNull()
  const data = { name: 'acme', base_url: 'https://api.acme.example', methods: {} }
  expect(loadData({ definition: data }).connector.name).toBe('acme')
  expect(() => loadData({ definition: { ...data, base_url: 7 } })).toThrow(
    'connector.json:3:3 base_url: expected a text; got 7',
  )
})

test('loadData() wants a name, as there is no folder to give one', () => {
  const data = { base_url: 'https://api.acme.example', methods: {} }
  expect(() => loadData({ definition: data })).toThrow(
    'connector.json:1:1 name: missing; what is no folder has to say its name',
  )
})

test('loadConnectors() lists what can be used, and what is wrong with the rest', () => {
  write('b/connector.yaml', plain)
  write('a/connector.yaml', plain)
  write('broken/connector.yaml', 'methods: 1')
  write('other/README.md', '')
  write('file', '')
  symlinkSync(join(root, 'a'), join(root, 'linked'))
  const { loaded, broken } = loadConnectors(root)
  expect(loaded.map(({ connector }) => connector.name)).toEqual(['a', 'b'])
  expect([...broken.keys()]).toEqual(['broken'])
  expect(loadConnectors(join(root, 'a')).loaded.map(({ connector }) => connector.name)).toEqual([
    'a',
  ])
  expect(() => loadConnectors(join(root, 'nowhere'))).toThrow(/cannot read the folder/)
})

describe('openCatalogue()', () => {
  test('finds by name the newest, and by name@version', async () => {
    const versions = ['1.9.0', '1.10.0', '1.10.0-beta']
    const sources = versions.map((version) => ({
      definition: `name: acme\nversion: ${version}\n${plain}`,
    }))
    const catalogue = openCatalogue(sources)
    expect((await catalogue.find('acme'))?.version).toBe('1.10.0')
    expect((await catalogue.find('acme@1.9.0'))?.version).toBe('1.9.0')
    expect(await catalogue.find('acme@3')).toBeNull()
    expect(await catalogue.find('acm')).toBeNull()
    expect(await catalogue.names()).toEqual(['acme'])
  })

  test('rejects for a broken connector with its faults, and only for that one', async () => {
    write('good/connector.yaml', plain)
    write('broken/connector.yaml', 'methods: 1')
    const catalogue = openCatalogue(root)
    expect((await catalogue.find('good'))?.name).toBe('good')
    await expect(catalogue.find('broken')).rejects.toThrow(DefinitionError)
    expect(await catalogue.names()).toEqual(['broken', 'good'])
  })

  test('rejects where one name and version is there twice', async () => {
    const source = { definition: `name: acme\n${plain}` }
    await expect(openCatalogue([source, source]).names()).rejects.toThrow(
      'there are two connectors acme@0.0.0',
    )
  })

  test('prepares a connector once, and again after a failure', async () => {
    let times = 0
    const catalogue = openCatalogue(
      { definition: `name: acme\n${plain}` },
      async ({ connector }) => {
        times++
        if (times === 1) throw new Error('not now')
        return { ...connector, title: `prepared ${times}` }
      },
    )
    await expect(catalogue.find('acme')).rejects.toThrow('not now')
    const [one, other] = await Promise.all([catalogue.find('acme'), catalogue.find('acme')])
    expect(one?.title).toBe('prepared 2')
    expect(other).toBe(one)
  })
})
