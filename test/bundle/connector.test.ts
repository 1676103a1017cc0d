import { expect, test } from 'vitest'
import { bundleConnector } from '../../runtime/bundle/connector.ts'
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
