import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseConnector } from '../../runtime/definition/parse.ts'
import { writeConnectors } from './connectors.ts'

const folder = mkdtempSync(join(tmpdir(), 'hookline-demo-connectors-'))
beforeAll(() =>
  writeConnectors(folder, {
    VENDOR: 'http://127.0.0.1:1001',
    OAUTH: 'http://127.0.0.1:1002',
    SESSIONS: 'http://127.0.0.1:1003',
  }),
)
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['oauth-200', 'http://127.0.0.1:1001', 'after_action', 'AuthRefreshException'],
  ['oauth-403', 'http://127.0.0.1:1001', 'after_error', 'AuthRefreshException'],
  ['session-200', 'http://127.0.0.1:1003', 'after_action', 'AuthSessionException'],
  ['session-403', 'http://127.0.0.1:1003', 'after_error', 'AuthSessionException'],
])('writeConnectors() writes %s for the ports at hand', (name, origin, hook, exception) => {
  const { connector, warnings } = parseConnector({
    text: readFileSync(join(folder, name, 'connector.yaml'), 'utf8'),
    file: 'connector.yaml',
    folderName: name,
    readScript: (path) => readFileSync(join(folder, name, path), 'utf8'),
  })
  expect(warnings).toEqual([])
  expect(connector.baseUrl).toBe(origin)
  expect(connector.script?.source).toMatch(
    new RegExp(`^function ${hook}\\(\\) \\{[^]*throw new ${exception}\\(\\);`),
  )
})
