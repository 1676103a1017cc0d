import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readYaml } from '../../runtime/definition/yaml.ts'
import { openAppStore, tagOf } from '../../runtime/route/app-store.ts'
import type { ErrorHandler } from '../../runtime/route/types.ts'
import { documented, exampleApp, folderWith, theDefault, to } from './support.ts'

const exampleList = documented<ErrorHandler>('list-example.json')
const change = (handlers: readonly ErrorHandler[]) => ({ app: 'support', handlers, groups: null })

function writer(...words: string[]) {
  const file = new URL('child/save.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [file, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
  return { child, exited: once(child, 'exit'), lines: createInterface(child.stdout) }
}

/** Names of errors that any writer may use. */
const anyTypes = (...names: string[]) =>
  names.flatMap((name) => Array.from({ length: 400 }, (_, index) => `${name}-${index}`))

const writable = (...names: string[]) => `# ours
group: g
error_types: ${JSON.stringify(anyTypes(...names))}
flows:
  log: { source: "function handle() {}" } # after it
`

test('O4 O5 save() stores a list as it was sent', async () => {
  const store = openAppStore({ path: folderWith({ 'support.yaml': exampleApp }) })
  const saved = await store.save(change(exampleList))
  expect(saved).toEqual({ kind: 'saved', tag: tagOf(exampleList) })
  expect(JSON.stringify(store.read('support')?.errorHandlers)).toBe(JSON.stringify(exampleList))
})

test('O6 O7 save() replaces the whole list', async () => {
  const store = openAppStore({ path: folderWith({ 'support.yaml': exampleApp }) })
  await store.save(change(exampleList))
  await store.save(change(exampleList.slice(0, 2)))
  expect(store.read('support')?.errorHandlers).toEqual(exampleList.slice(0, 2))
})

test('O9 save() leaves everything as it was when the list is invalid', async () => {
  const folder = folderWith({ 'support.yaml': exampleApp })
  const store = openAppStore({ path: folder })
  const result = await store.save(change([theDefault, to('gone', { error_types: ['Timeout'] })]))
  expect(result).toMatchObject({ kind: 'invalid', faults: [{ location: 'error_handlers/1' }] })
  expect(readFileSync(join(folder, 'support.yaml'), 'utf8')).toBe(exampleApp)
  expect(readdirSync(folder)).toEqual(['support.yaml'])
})

test('O32 save() holds a Flow against the groups of the writer', async () => {
  const theirs = 'group: elsewhere\nflows: { theirs: { source: x } }\n'
  const store = openAppStore({
    path: folderWith({ 'support.yaml': exampleApp, 'other.yaml': theirs }),
  })
  const list = [to('other.theirs.Flows.orc.elsewhere')]
  const codeFor = async (...groups: string[]) => {
    const result = await store.save({ ...change(list), groups: new Set(groups) })
    return result.kind === 'invalid' ? result.faults[0]?.code : result.kind
  }
  expect(await codeFor('flowteam')).toBe('UNKNOWN_FLOW_ERROR_HANDLER')
  expect(await codeFor('flowteam', 'elsewhere')).toBe('INVALID_COMPONENT_GROUP')
})

test('O3 save() finds no app of a group that is not the writer’s', async () => {
  const store = openAppStore({ path: folderWith({ 'support.yaml': exampleApp }) })
  const save = store.save({ ...change([theDefault]), groups: new Set(['elsewhere']) })
  await expect(save).rejects.toMatchObject({ errorCode: 'entityMissing' })
})

test('save() keeps the mode of the file and what else is in it', async () => {
  const folder = folderWith({ 'support.yaml': writable('a') })
  const store = openAppStore({ path: folder })
  const before = statSync(join(folder, 'support.yaml')).mode
  await store.save(change([theDefault]))
  const text = readFileSync(join(folder, 'support.yaml'), 'utf8')
  expect(text).toContain('log: { source: "function handle() {}" } # after it')
  expect(text.startsWith('# ours\n')).toBe(true)
  expect(statSync(join(folder, 'support.yaml')).mode).toBe(before)
})

test('read() sees what an editor has changed', () => {
  const folder = folderWith({ 'support.yaml': 'group: g\n' })
  const store = openAppStore({ path: folder })
  expect(store.read('support')?.group).toBe('g')
  writeFileSync(join(folder, 'support.yaml'), 'group: h\n')
  expect(store.read('support')?.group).toBe('h')
})

test.each(['../support', 'a/b', '.support', '', 'SUPPORT.yaml', 'sup\0port'])(
  'read() finds no app %j',
  (id) => {
    const store = openAppStore({ path: folderWith({ 'support.yaml': 'group: g\n' }) })
    expect(store.read(id)).toBe(null)
  },
)

test('two processes that write at once lose nothing that was tagged', async () => {
  const folder = folderWith({ 'support.yaml': writable('a', 'b') })
  const store = openAppStore({ path: folder })
  const writers = ['a', 'b'].map((name) => writer(folder, name, '12', 'tagged'))
  for (const { exited } of writers) expect((await exited)[0]).toBe(0)
  const stored = store.read('support')?.errorHandlers.flatMap((item) => item.error_types ?? [])
  const wanted = ['a', 'b'].flatMap((name) =>
    Array.from({ length: 12 }, (_, at) => `${name}-${at}`),
  )
  expect(stored?.toSorted()).toEqual(wanted.toSorted())
  expect(readdirSync(folder)).toEqual(['support.yaml'])
})

test('two processes that write at once leave the last whole list', async () => {
  const folder = folderWith({ 'support.yaml': writable('a', 'b') })
  const writers = ['a', 'b'].map((name) => writer(folder, name, '12'))
  for (const { exited } of writers) expect((await exited)[0]).toBe(0)
  const list = openAppStore({ path: folder }).read('support')?.errorHandlers ?? []
  const types = new Set(list.slice(1).flatMap((item) => item.error_types ?? []))
  expect(list).toHaveLength(21)
  expect([['a-11'], ['b-11']]).toContainEqual([...types])
})

test('who reads while a writer is at work, or was killed in the middle, finds a whole list', async () => {
  const folder = folderWith({ 'support.yaml': writable('a') })
  const file = join(folder, 'support.yaml')
  for (let round = 0; round < 4; round++) {
    const { child, exited, lines } = writer(folder, 'a', '400')
    await once(lines, 'line')
    for (let reads = 0; reads < 40 + round * 7; reads++) {
      expectWhole(readFileSync(file, 'utf8'))
      await nextTurn()
    }
    child.kill('SIGKILL')
    await exited
    expectWhole(readFileSync(file, 'utf8'))
  }
  const store = openAppStore({ path: folder })
  expect(await store.save(change([theDefault]))).toMatchObject({ kind: 'saved' })
  expect(readdirSync(folder)).toEqual(['support.yaml'])
})

function expectWhole(text: string): void {
  const { error_handlers: list, group } = readYaml(text, 'f').value as {
    readonly group: string
    readonly error_handlers: readonly ErrorHandler[]
  }
  expect({ group, length: list.length }).toEqual({ group: 'g', length: 21 })
  expect(new Set(list.slice(1).map((item) => String(item.error_types)))).toHaveLength(1)
}

test('save() takes over the lock of a process that is gone, and sweeps up after it', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  const holder = { pid: child.pid, host: hostname(), token: 'gone' }
  const folder = folderWith({
    'support.yaml': 'group: g\n',
    '.support.lock': JSON.stringify(holder),
    '.support.yaml.draft-1234': 'group: h',
  })
  const store = openAppStore({ path: folder })
  expect(await store.save(change([theDefault]))).toMatchObject({ kind: 'saved' })
  expect(readdirSync(folder)).toEqual(['support.yaml'])
})

test('save() takes over a lock of another host only when it is old', async () => {
  const holder = { pid: 1, host: 'another-host', token: 'x' }
  const folder = folderWith({
    'support.yaml': 'group: g\n',
    '.support.lock': JSON.stringify(holder),
  })
  const lock = join(folder, '.support.lock')
  const store = openAppStore({ path: folder, patienceMs: 50 })
  await expect(store.save(change([theDefault]))).rejects.toThrow('kept busy by other writers')
  expect(existsSync(lock)).toBe(true)
  utimesSync(lock, new Date(), new Date(Date.now() - 60_000))
  expect(await store.save(change([theDefault]))).toMatchObject({ kind: 'saved' })
})
