import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConnector } from '../../runtime/definition/parse.ts'

const files = globSync('connectors/*/connector.yaml').toSorted()

test('the shipped connectors are there', () => {
  expect(files.map((file) => basename(dirname(file)))).toEqual([
    'centralauth',
    'deluge',
    'github',
    'salesforce',
    'slack',
    'stripe',
  ])
})

test.each(files)('parseConnector() finds no fault and nothing to warn of in %s', (file) => {
  const folder = dirname(file)
  const { connector, warnings } = parseConnector({
    text: readFileSync(file, 'utf8'),
    file,
    folderName: basename(folder),
    readScript: (path) => readFileSync(join(folder, path), 'utf8'),
  })
  expect(warnings).toEqual([])
  expect(connector.testCall).not.toBeNull()
})

test('the ten lines of the README are a connector', () => {
  const text = /```yaml\n(base_url[\s\S]*?)```/.exec(readFileSync('connectors/README.md', 'utf8'))
  const { connector } = parseConnector({
    text: text?.[1] ?? '',
    file: 'connector.yaml',
    folderName: 'weather',
    readScript: () => null,
  })
  expect([...connector.methods.keys()]).toEqual(['forecast.get'])
})
