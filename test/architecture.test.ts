import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/** The floors of the runtime, lowest first. Folders that share a floor are strangers. */
const floors: readonly (readonly string[])[] = [
  ['model'],
  ['auth', 'bundle', 'definition', 'http', 'rules', 'sandbox', 'store'],
  ['call'],
  ['authoring', 'connect', 'route', 'worker'],
  ['server'],
]

/** Files above the floors, which put the parts together. */
const composition = new Set(
  ['runtime', 'parts', 'serving', 'index'].map((name) => `runtime/${name}.ts`),
)

const longestFile = 300
const protocol = 'runtime/sandbox/protocol.ts'

/** One import as it stands in a file; a relative target is resolved from the repository's root. */
type Import = { readonly file: string; readonly target: string }

const files = globSync(['runtime/**/*.ts', 'bin/**/*.ts']).toSorted()
const sources = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
const imports = [...sources].flatMap(([file, source]) => importsOf(file, source))

test('every folder of the runtime stands on a floor', () => {
  const homeless = files.filter((file) => file.split('/').length > 2 && floorOf(file) === null)
  expect(homeless.filter((file) => file.startsWith('runtime/'))).toEqual([])
})

test('a file imports its own folder or a lower floor', () => {
  expect(imports.filter(climbs)).toEqual([])
})

test('climbs() sees an upward import, a stranger’s, and one of the composition', () => {
  const plant = (file: string, target: string) => climbs({ file, target })
  expect(plant('runtime/http/send.ts', 'runtime/call/attempt.ts')).toBe(true)
  expect(plant('runtime/http/send.ts', 'runtime/store/vault.ts')).toBe(true)
  expect(plant('runtime/worker/work.ts', 'runtime/runtime.ts')).toBe(true)
  expect(plant('runtime/call/attempt.ts', 'bin/print.ts')).toBe(true)
  expect(plant('runtime/call/attempt.ts', 'runtime/http/send.ts')).toBe(false)
  expect(plant('runtime/runtime.ts', 'runtime/server/server.ts')).toBe(false)
  expect(plant('bin/run.ts', 'runtime/index.ts')).toBe(false)
})

test('a package, or node:sqlite, has one owner file in each world', () => {
  expect(sharedPackages(imports.filter(({ file }) => !isLibrary(file)))).toEqual({})
  expect(sharedPackages(imports.filter(({ file }) => isLibrary(file)))).toEqual({})
})

test('sharedPackages() names a package that two files import', () => {
  const planted = [
    { file: 'runtime/http/send.ts', target: 'undici' },
    { file: 'runtime/auth/refresh.ts', target: 'undici/types/dispatcher' },
    { file: 'runtime/store/open.ts', target: 'node:sqlite' },
    { file: 'runtime/store/vault.ts', target: 'node:sqlite' },
    { file: 'runtime/store/vault.ts', target: 'node:crypto' },
    { file: 'runtime/auth/refresh.ts', target: 'node:crypto' },
  ]
  expect(Object.keys(sharedPackages(planted))).toEqual(['undici', 'node:sqlite'])
})

test('the sides of the sandbox meet in protocol.ts only', () => {
  expect(imports.filter(crosses)).toEqual([])
})

test('crosses() sees each forbidden way over the border', () => {
  const plant = (from: string, target: string) =>
    crosses({ file: `runtime/sandbox/${from}`, target })
  expect(plant('guest/prelude.ts', 'node:util')).toBe(true)
  expect(plant('guest/prelude.ts', 'runtime/sandbox/frame.ts')).toBe(true)
  expect(plant('guest/prelude.ts', 'runtime/model/json.ts')).toBe(true)
  expect(plant('guest/prelude.ts', 'moment')).toBe(true)
  expect(plant('guest/libraries/moment.ts', 'moment')).toBe(false)
  expect(plant('guest/libraries/moment.ts', 'node:util')).toBe(true)
  expect(plant('guest/libraries/moment.ts', 'runtime/http/xml.ts')).toBe(true)
  expect(plant('guest/prelude.ts', 'runtime/sandbox/protocol.ts')).toBe(false)
  expect(plant('guest/prelude.ts', 'runtime/sandbox/guest/slots.ts')).toBe(false)
  expect(plant('host/pool.ts', 'runtime/sandbox/guest/slots.ts')).toBe(true)
  expect(plant('host/pool.ts', 'runtime/sandbox/child/main.ts')).toBe(true)
  expect(plant('child/main.ts', 'runtime/sandbox/host/pool.ts')).toBe(true)
  expect(plant('child/main.ts', 'isolated-vm')).toBe(false)
  expect(plant('protocol.ts', 'node:util')).toBe(true)
})

test('no file is too long for one responsibility', () => {
  const long = [...sources].filter(([, source]) => source.split('\n').length - 1 > longestFile)
  expect(long.map(([file]) => file)).toEqual([])
})

test('no file puts work off in a comment', () => {
  const markers = new RegExp(`\\b(${['TO', 'FIX', 'HA'].join('|')})(DO|ME|CK)\\b`)
  expect([...sources].filter(([, source]) => markers.test(source)).map(([file]) => file)).toEqual(
    [],
  )
})

test('no folder has a barrel', () => {
  expect(files.filter((file) => /\/index\.ts$/.test(file) && !composition.has(file))).toEqual([])
})

test('importsOf() reads every form of import, and nothing that only looks like one', () => {
  const source = [
    `import { a } from './a.ts'`,
    `import type {\n  B,\n} from '../model/b.ts'`,
    `import 'side-effect'`,
    `export { c } from './c.ts'`,
    `export const d = 'not-an-import'`,
    `const e = await import('late')`,
  ].join('\n')
  expect(importsOf('runtime/x/y.ts', source)).toEqual([
    { file: 'runtime/x/y.ts', target: 'runtime/x/a.ts' },
    { file: 'runtime/x/y.ts', target: 'runtime/model/b.ts' },
    { file: 'runtime/x/y.ts', target: 'side-effect' },
    { file: 'runtime/x/y.ts', target: 'runtime/x/c.ts' },
    { file: 'runtime/x/y.ts', target: 'late' },
  ])
})

function importsOf(file: string, source: string): Import[] {
  const statement = /^(?:import|export)\b(?:[^'"();]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
  const call = /\bimport\(\s*['"]([^'"]+)['"]/g
  return [...source.matchAll(statement), ...source.matchAll(call)].map((match) => {
    const target = match[1] ?? ''
    return {
      file,
      target: target.startsWith('.') ? join(dirname(file), target) : target,
    }
  })
}

function climbs({ file, target }: Import): boolean {
  if (!/^(runtime|bin)\//.test(target)) return false
  if (file.startsWith('bin/')) return false
  if (composition.has(file)) return target.startsWith('bin/')
  if (folderOf(file) === folderOf(target)) return false
  const from = floorOf(file)
  const to = floorOf(target)
  return from === null || to === null || to >= from
}

function folderOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}

/** Null for what stands on no floor: the composition, and `bin/`. */
function floorOf(file: string): number | null {
  const [top, folder = ''] = file.split('/')
  const floor = top === 'runtime' ? floors.findIndex((names) => names.includes(folder)) : -1
  return floor === -1 ? null : floor
}

/** Packages that more than one file imports, each with those files. */
function sharedPackages(all: readonly Import[]): Record<string, string[]> {
  const owners = new Map<string, Set<string>>()
  for (const { file, target } of all) {
    const name = packageOf(target)
    if (name) owners.set(name, (owners.get(name) ?? new Set()).add(file))
  }
  return Object.fromEntries(
    [...owners].filter(([, by]) => by.size > 1).map(([name, by]) => [name, [...by]]),
  )
}

function packageOf(target: string): string | null {
  if (target === 'node:sqlite') return target
  if (target.startsWith('node:') || /^(runtime|bin)\//.test(target)) return null
  const parts = target.split('/')
  return parts.slice(0, target.startsWith('@') ? 2 : 1).join('/')
}

/** What is bundled for the guest alone, packages and all: no part of the broker shares a line of it. */
function isLibrary(file: string): boolean {
  return file.startsWith('runtime/sandbox/guest/libraries/')
}

/** All three worlds compile protocol.ts, so it imports nothing, not even a type. */
function crosses({ file, target }: Import): boolean {
  const side = /^runtime\/sandbox\/(guest|host|child)\//
  const from = side.exec(file)?.[1]
  const to = side.exec(target)?.[1]
  if (file === protocol) return true
  if (isLibrary(file) && packageOf(target) !== null) return false
  if (from === 'guest') return to !== 'guest' && target !== protocol
  if (from === 'host') return to === 'guest' || to === 'child'
  return from === 'child' && to === 'host'
}
