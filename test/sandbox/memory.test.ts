import { describe, expect, test } from 'vitest'
import { changes, global, useSandbox } from './support.ts'

const { run } = useSandbox({ memory: { isolateMb: 32, processMb: 200 } })

const after = (body: string): string => `function after_action() { ${body} }`

describe('memory', () => {
  test.each([
    ['arrays', 'const a = []; for (;;) a.push(new Array(1000).fill({}))'],
    ['a map', 'const m = new Map(); for (let i = 0; ; i++) m.set(i, { i })'],
    ['strings', 'const a = []; for (;;) a.push("x".repeat(1e7) + a.length)'],
    ['Intl', 'const a = []; for (;;) a.push(new Intl.DateTimeFormat("de"))'],
  ])('run() ends a hook that fills it with %s', async (_what, body) => {
    const greedy = run({ connector: after(body), hookMs: 20_000 })
    await expect(greedy).rejects.toMatchObject({ type: 'ScriptMemoryLimit' })
  })

  test.each([
    'new ArrayBuffer(3e9, { maxByteLength: 3e9 })',
    'Reflect.construct(new Uint8Array(1).buffer.constructor, [8, { maxByteLength: 3e9 }])',
  ])('run() has no buffer that grows: %s', async (expression) => {
    const connector = after(
      `try { v = ${expression}.maxByteLength === undefined } catch { v = true }`,
    )
    expect(changes(await run({ connector, globals: { v: global(null) } }))).toEqual({ v: true })
  })
})
