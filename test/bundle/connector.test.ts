import { describe, expect, test } from 'vitest'
import type { BundleCache } from '../../runtime/bundle/bundle.ts'
import { bundleConnector, bundleStep } from '../../runtime/bundle/connector.ts'
import { loadData } from '../../runtime/definition/load.ts'
import { asMethodName } from '../../runtime/model/ids.ts'

const definition = `
name: acme
base_url: https://api.acme.example
script: main.js
methods:
  typed: { path: /x, script: typed.ts }
  bare: { path: /y }
`

test('bundleConnector() bundles each script that needs it, and leaves the rest', async () => {
  const scripts = {
    'main.js': 'function before_action() {}',
    'typed.ts': 'import { a } from "./a.ts"\nexport const before_action = (): boolean => a',
    'a.ts': 'export const a: boolean = true',
  }
  const loaded = loadData({ definition, scripts })
  const connector = await bundleConnector(loaded)
  expect(connector.script).toEqual({ file: 'main.js', source: scripts['main.js'] })
  const typed = connector.methods.get(asMethodName('typed'))?.script
  expect(typed?.file).toBe('typed.ts')
  expect(typed?.map?.sources.toSorted()).toEqual(['(bundle)', 'a.ts', 'typed.ts'])
  expect(typed?.source).not.toContain(': boolean')
  expect(connector.methods.get(asMethodName('bare'))?.script).toBeNull()
  expect({ ...connector, script: null, methods: null }).toEqual({
    ...loaded.connector,
    script: null,
    methods: null,
  })
})

test('bundleConnector() rejects for a script that cannot be bundled', async () => {
  const scripts = { 'main.js': 'import "node:fs"', 'typed.ts': '' }
  await expect(bundleConnector(loadData({ definition, scripts }))).rejects.toThrow(
    'main.js:1:8: cannot import "node:fs": it needs Node',
  )
})

describe('bundleStep()', () => {
  const typed = { file: 'step.ts', source: 'function after_action(): boolean { return true }' }

  test('erases types, once for each source, and leaves plain scripts alone', async () => {
    const cache: BundleCache = new Map()
    const first = await bundleStep(typed, cache)
    expect(first.source).not.toContain(': boolean')
    expect(first.map?.sources).toContain('step.ts')
    expect((await bundleStep(typed, cache)).source).toBe(first.source)
    expect(cache.size).toBe(1)
    expect(await bundleStep(first, cache)).toBe(first)
    const plain = { file: 'step.js', source: 'function after_action() {}' }
    expect(await bundleStep(plain, cache)).toBe(plain)
  })

  test.each([
    [{ ...typed, source: 'import x from "./x.ts"\nx()' }, /step\.ts:1:\d+: cannot import/],
    [{ ...typed, file: 'step.txt' }, /step\.txt is no script .* end in \.js or \.ts/],
    [{ file: 'step.js', source: ' '.repeat(256 * 1024 + 1) }, /step\.js is larger than 256 KiB/],
  ])('refuses %#', async (step, message) => {
    await expect(bundleStep(step, new Map())).rejects.toMatchObject({
      type: 'DefinitionInvalid',
      message: expect.stringMatching(message),
    })
  })

  test('keeps the latest hundred', async () => {
    const cache: BundleCache = new Map()
    const old = { bundle: { source: '', map: null, inputs: [] }, inputs: '' }
    for (let index = 0; index < 300; index++) cache.set(String(index), old)
    await bundleStep(typed, cache)
    expect(cache.size).toBe(100)
    expect(cache.has('299')).toBe(true)
  })
})
