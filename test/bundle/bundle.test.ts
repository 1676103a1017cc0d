import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runInNewContext, Script } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type BundleCache,
  type BundledScript,
  bundleScript,
  type ScriptToBundle,
} from '../../runtime/bundle/bundle.ts'
import { originalPosition } from '../../runtime/bundle/source-map.ts'
import { CallFailure } from '../../runtime/model/failure.ts'

let folder: string
let files: Map<string, string>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hookline-bundle-'))
  files = new Map()
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

function script(file: string, source: string, home: string | null = folder): ScriptToBundle {
  return { file, source, folder: home, readFile: (path) => files.get(path) ?? null }
}

function installed(path: string, text: string): void {
  const file = join(folder, 'node_modules', path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** What the globals are after a bundle ran in a realm of its own, as a script of a connector does. */
function run({ source }: BundledScript, globals: object = {}): Record<string, unknown> {
  const realm: Record<string, unknown> = { ...globals }
  runInNewContext(source, realm)
  return realm
}

function called(bundle: BundledScript, hook: string, globals: object = {}): unknown {
  return (run(bundle, globals)[hook] as () => unknown)()
}

async function failureOf(job: ScriptToBundle): Promise<CallFailure> {
  const failure = await bundleScript(job).then(
    () => null,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(CallFailure)
  expect(failure).toMatchObject({ type: 'DefinitionInvalid', reason: 'bundle' })
  return failure as CallFailure
}

describe('bundleScript() leaves plain JavaScript as it is', () => {
  test.each([
    ['functions and globals', 'var shared = 1\nfunction before_action() { return shared }'],
    [
      'require of what the guest gives',
      'var moment = require(\'moment\'), c = require("crypto-js")',
    ],
    ['import in a comment', '/*\nimport x from "y"\n*/\nfunction before_action() {}'],
    ['export in a text', 'var text = `\nexport const a`'],
    ['require of what cannot be found', "function f() { require('left-pad') }"],
    ['words that only begin so', 'important = 1\nexports = 2\nvar a = {import: 1}'],
  ])('%s', async (_name, source) => {
    expect(await bundleScript(script('main.js', source))).toEqual({
      source,
      map: null,
      inputs: ['main.js'],
    })
  })
})

test('bundleScript() takes no time over a source of blank lines', async () => {
  for (const blank of ['\n', '\r\n', '\u2028', ' ', ' \n', '; ']) {
    const source = blank.repeat(200_000)
    expect((await bundleScript(script('main.js', source))).source).toBe(source)
  }
})

test.each([
  '/* c */ import { a } from "./a.js"',
  '\uFEFFimport { a } from "./a.js"',
  '"use strict";import { a } from "./a.js"',
])('bundleScript() bundles %j', async (head) => {
  files.set('a.js', 'export const a = 1')
  const bundle = await bundleScript(
    script('main.js', `${head}\nfunction before_action() { return a }`),
  )
  expect(called(bundle, 'before_action')).toBe(1)
})

describe('bundleScript() makes hooks globals', () => {
  test('of functions, constants and exports, and of nothing else', async () => {
    files.set('other.js', 'export function after_error() { return "other" }')
    const bundle = await bundleScript(
      script(
        'main.ts',
        `export { after_error } from './other.js'
         function helper(): string { return 'helped' }
         function before_action() { return helper() }
         export const after_action = (): number => 2
         const later = (): boolean => true
         export { later as action_condition }
         export const something = 1`,
      ),
    )
    const realm = run(bundle)
    expect(Object.keys(realm).toSorted()).toEqual([
      'action_condition',
      'after_action',
      'after_error',
      'before_action',
    ])
    expect((realm.before_action as () => unknown)()).toBe('helped')
    expect((realm.after_error as () => unknown)()).toBe('other')
    expect((realm.action_condition as () => unknown)()).toBe(true)
  })

  test('of TypeScript that imports nothing', async () => {
    const bundle = await bundleScript(
      script('main.ts', 'function before_action(): boolean { return method_request.a as boolean }'),
    )
    expect(called(bundle, 'before_action', { method_request: { a: 'a' } })).toBe('a')
  })

  test('that assign to the globals of the dialect', async () => {
    files.set('a.js', 'export const a = 1')
    const source = 'import { a } from "./a.js"\nfunction before_action() { method_request = a }'
    const bundle = await bundleScript(script('main.js', source))
    const realm = run(bundle, { method_request: null })
    ;(realm.before_action as () => unknown)()
    expect(realm.method_request).toBe(1)
  })
})

describe('bundleScript() finds imports', () => {
  test('among the files of the connector, whichever way they are named', async () => {
    files.set('lib/a.ts', 'import { b } from "../b"; export const a: string = "a" + b')
    files.set('b/index.js', 'export const b = "b"')
    files.set('c.json', '{"c": "c"}')
    files.set('d.mjs', 'export default "d"')
    files.set('e.graphql', 'query')
    const bundle = await bundleScript(
      script(
        'hooks/main.js',
        `import { a } from '../lib/a.js'
         import json from '../c.json'
         import d from '../d'
         import e from '../e.graphql'
         export function before_action() { return a + json.c + d + e }`,
      ),
    )
    expect(called(bundle, 'before_action')).toBe('abcdquery')
    expect(bundle.inputs.toSorted()).toEqual(
      ['b/index.js', 'c.json', 'd.mjs', 'e.graphql', 'hooks/main.js', 'lib/a.ts'].toSorted(),
    )
    expect(bundle.inputs[0]).toBe('hooks/main.js')
  })

  test('among npm packages, in their form for browsers', async () => {
    installed(
      'tiny/package.json',
      '{"main":"./node.js","browser":{"./node.js":"./web.js","fs":false}}',
    )
    installed('tiny/node.js', 'module.exports = require("fs")')
    installed('tiny/web.js', 'require("fs"); exports.name = require("./name").name')
    installed('tiny/name.js', 'exports.name = "web"')
    const source = 'import { name } from "tiny"\nexport function before_action() { return name }'
    const bundle = await bundleScript(script('main.js', source))
    expect(called(bundle, 'before_action')).toBe('web')
    expect(bundle.inputs).toContain('node_modules/tiny/web.js')
    expect(bundle.map?.sources.every((name) => !name.includes(folder))).toBe(true)
    const old = await bundleScript(
      script(
        'main.js',
        'var tiny = require("tiny")\nfunction before_action() { return tiny.name }',
      ),
    )
    expect(called(old, 'before_action')).toBe('web')
  })

  test('moment and crypto-js in the guest, unless they are installed and imported', async () => {
    const source = 'import moment from "moment"\nexport function before_action() { return moment }'
    const require = (name: string) => `guest's ${name}`
    const bundle = await bundleScript(script('main.js', source))
    expect(called(bundle, 'before_action', { require })).toBe("guest's moment")
    installed('moment/index.js', 'module.exports = "own"')
    expect(
      called(await bundleScript(script('main.js', source)), 'before_action', { require }),
    ).toBe('own')
    const call = `const m = require('moment')\n${source.replace('import moment', 'import x')}`
    const mixed = await bundleScript(script('main.js', call.replace('return moment', 'return m')))
    expect(called(mixed, 'before_action', { require })).toBe("guest's moment")
  })

  test('whatever a tsconfig.json of the folder says', async () => {
    writeFileSync(join(folder, 'tsconfig.json'), '{"compilerOptions":{"paths":{"x":["./x.js"]}}}')
    writeFileSync(join(folder, 'x.js'), 'export const x = 1')
    const failure = await failureOf(script('main.js', 'import { x } from "x"\nexport { x }'))
    expect(failure.message).toMatch(/no package of that name is installed/)
  })
})

describe('bundleScript() refuses', () => {
  test('what needs Node, with the imports that led there', async () => {
    installed('outer/index.js', 'module.exports = require("inner")')
    installed('inner/index.js', 'const fs = require("fs")')
    files.set('lib.js', 'import "outer"')
    const failure = await failureOf(script('main.js', '\nimport "./lib.js"'))
    expect(failure.message).toBe(
      'node_modules/inner/index.js:1:20: cannot import "fs": it needs Node, which scripts do not have (main.js → lib.js → node_modules/outer/index.js → node_modules/inner/index.js → fs)',
    )
    const direct = await failureOf(script('main.js', 'var a\nimport fs from "node:fs"'))
    expect(direct.message).toBe(
      'main.js:2:16: cannot import "node:fs": it needs Node, which scripts do not have (main.js → node:fs)',
    )
    expect(direct.position).toBe('main.js:2:16')
    expect(direct.frame).toContain('> 2 | import fs from "node:fs"')
  })

  test.each([
    ['../outside.js', "lies outside the connector's folder"],
    ['./a/../../outside.js', "lies outside the connector's folder"],
    ['..', "lies outside the connector's folder"],
    ['./missing.js', "no such file in the connector's folder"],
    ['/etc/hostname', 'only files of the connector and npm packages'],
    ['file:///etc/hostname', 'only files of the connector and npm packages'],
    ['https://cdn.example/x.js', 'only files of the connector and npm packages'],
    ['data:text/javascript,1', 'only files of the connector and npm packages'],
    ['left-pad', 'no package of that name is installed'],
  ])('an import of %s', async (path, because) => {
    const failure = await failureOf(script('main.js', `import ${JSON.stringify(path)}`))
    expect(failure.message).toContain(because)
    expect(failure.message).toContain(`main.js → ${path}`)
  })

  test('packages, where the connector has no folder', async () => {
    const failure = await failureOf(script('main.js', 'import "tiny"', null))
    expect(failure.message).toContain('a connector without a folder has no npm packages')
    files.set('a.js', 'export const before_action = () => 1')
    const own = await bundleScript(script('main.js', 'export * from "./a.js"', null))
    expect(called(own, 'before_action')).toBe(1)
  })

  test('what is not a script, at its place', async () => {
    const failure = await failureOf(script('main.ts', 'const ö = 1; const = 2\nimport "x"\n'))
    expect(failure.message).toMatch(/^main\.ts:1:20: Expected identifier/)
  })

  test('a bundle past 2 MiB, naming what makes it large', async () => {
    files.set('big.js', `export const big = "${'x'.repeat(2 * 1024 * 1024)}"`)
    const source = 'import { big } from "./big.js"\nexport const before_action = () => big.length'
    const failure = await failureOf(script('main.js', source))
    expect(failure.message).toMatch(
      /^main\.js: .* larger than 2 MiB\. The largest: big\.js 2049 KiB/,
    )
    files.set('big.js', `export const big = "${'x'.repeat(2 * 1024 * 1024 - 4096)}"`)
    expect((await bundleScript(script('main.js', source))).source.length).toBeGreaterThan(2e6)
  })
})

test('bundleScript() names no event that the script does not name', async () => {
  const { source } = await bundleScript(script('main.ts', 'export function after_action() {}'))
  expect(source).toContain('after_action')
  expect(source).not.toContain('after_action_paging')
  expect(source).not.toContain('before_action')
})

test('bundleScript() maps a place of the bundle back to file, line and column', async () => {
  files.set(
    'lib.ts',
    'export type A = 1\n\nexport function fail(): never {\n  throw new Error("here")\n}',
  )
  const bundle = await bundleScript(
    script('main.ts', 'import { fail } from "./lib"\nexport function before_action() { fail() }'),
  )
  const thrown = (() => {
    try {
      const realm: Record<string, unknown> = {}
      new Script(bundle.source, { filename: 'bundle.js' }).runInNewContext(realm)
      ;(realm.before_action as () => void)()
    } catch (error) {
      return (error as Error).stack ?? ''
    }
    return ''
  })()
  const places = [...thrown.matchAll(/bundle\.js:(\d+):(\d+)\)?$/gm)]
  const map = bundle.map
  if (map === null) throw new Error('no map')
  expect(
    places.map(([, line, column]) => originalPosition(map, Number(line), Number(column))),
  ).toEqual([
    { file: 'lib.ts', line: 4, column: 9 },
    { file: 'main.ts', line: 2, column: 35 },
  ])
  expect(map.sourcesContent[map.sources.indexOf('lib.ts')]).toBe(files.get('lib.ts'))
})

test('bundleScript() keeps a bundle until something in it changes', async () => {
  const cache: BundleCache = new Map()
  files.set('a.js', 'export const a = 1')
  const job = script('main.js', 'import { a } from "./a.js"\nexport const before_action = () => a')
  const first = await bundleScript(job, cache)
  expect(await bundleScript(job, cache)).toBe(first)
  files.set('a.js', 'export const a = 2')
  expect(called(await bundleScript(job, cache), 'before_action')).toBe(2)
  const other = await bundleScript(
    { ...job, source: 'export const before_action = () => 3' },
    cache,
  )
  expect(called(other, 'before_action')).toBe(3)
})
