import { expect, test } from 'vitest'
import type { Frame } from '../../runtime/sandbox/frame.ts'
import { runOn } from '../../runtime/sandbox/host/hook.ts'
import type { Exit, Listener, SandboxProcess } from '../../runtime/sandbox/host/process.ts'
import type { ToChild } from '../../runtime/sandbox/protocol.ts'
import { changes, global, jobOf, useSandbox } from './support.ts'

const { run } = useSandbox()

const after = (body: string): string => `function after_action() { ${body} }`
const large = { n: 1, list: Array(200).fill('x'.repeat(1000)) }

test('run() gives a script a large global in its place among small ones', async () => {
  const result = await run({
    connector: after('seen = [one, big.list.length, big.n, two]'),
    globals: { one: global(1), big: global(large), two: global(2), seen: global(null) },
  })
  expect(changes(result)).toEqual({ seen: [1, 200, 1, 2] })
})

test.each([
  ['changed', 'big.n++', { big: { ...large, n: 2 } }],
  ['read only', 'seen = big.n', { seen: 1 }],
  ['assigned and never read', 'big = { n: 3 }', { big: { n: 3 } }],
  ['left alone', '', {}],
])('run() reads back a large global that was %s', async (_what, body, expected) => {
  const globals = { big: global(large), seen: global(null) }
  expect(changes(await run({ connector: after(body), globals }))).toEqual(expected)
})

/** A process that does nothing by itself, to play what an intruder in it could say. */
function puppet() {
  const sent: { readonly message: ToChild; readonly texts: readonly string[] }[] = []
  const kills: string[] = []
  let listener: Listener | null = null
  const process: SandboxProcess = {
    pid: 0,
    level: { nofile: true, dataLimit: true, uid: true, notes: [] },
    libraries: new Set(),
    send: (message, texts) => void sent.push({ message, texts }),
    listen: (next) => {
      listener = next
    },
    kill: (why) => void kills.push(why),
    exited: new Promise<Exit>(() => {}),
  }
  const say = (header: Frame['header']): void => listener?.onFrame({ header, texts: [] })
  return { process, sent, kills, say }
}

const options = {
  ...{ hookMs: 1_000, graceMs: 1_000, memoryMb: 512, libraries: [], longMs: 50 },
  onWait: () => {},
  onLong: () => {},
}

test('runOn() sends a large global when it is asked for, and not before', () => {
  const { process, sent, kills, say } = puppet()
  const job = jobOf({
    connector: after('small; big'),
    globals: { small: global(1), big: global(large) },
  })
  runOn(process, job, options, new AbortController().signal)
  expect(sent.map(({ texts }) => texts.at(-1))).toEqual(['1'])
  say({ kind: 'fetch', global: 1 })
  expect(sent.at(-1)).toEqual({ message: { kind: 'answer' }, texts: [JSON.stringify(large)] })
  expect(kills).toEqual([])
})

test.each([
  ['the same global twice', [1, 1]],
  ['one that was sent at once', [0]],
  ['one that is not there', [2]],
  ['nonsense', ['1']],
])('runOn() ends a process that asks for %s', (_what, asked) => {
  const { process, kills, say } = puppet()
  const job = jobOf({
    connector: after('small; big'),
    globals: { small: global(1), big: global(large) },
  })
  runOn(process, job, options, new AbortController().signal)
  for (const position of asked) say({ kind: 'fetch', global: position })
  expect(kills).toEqual(['it broke the protocol'])
})
