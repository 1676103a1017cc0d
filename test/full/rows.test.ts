/** Runs the tests that name rows, and holds their report against the rows. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import rows from '../dialect/rows.json' with { type: 'json' }
import errorRows from '../error-rows.json' with { type: 'json' }

type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

let folder: string
/** `file fullName` of each test that was run and passed. */
let passed: ReadonlySet<string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hookline-rows-'))
  const report = join(folder, 'report.json')
  const files = [...new Set([...rows, ...errorRows].map(({ file }) => file))]
  await runTests([...files, '--reporter=json', `--outputFile=${report}`])
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  passed = new Set(
    testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'passed')
        .map(({ fullName }) => `${relative('', name)} ${fullName.trim()}`),
    ),
  )
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every row of the dialect is a test that was run and passed', () => {
  const missing = rows.filter(({ file, test: name }) => !passed.has(`${file} ${name}`))
  expect(missing.map(({ id }) => id)).toEqual([])
})

test('every row of rules, handlers and logins is a test that was run and passed', () => {
  const missing = errorRows.filter(({ id, file }) => {
    const named = new RegExp(`\\b${id}\\b`)
    return ![...passed].some((title) => title.startsWith(`${file} `) && named.test(title))
  })
  expect(missing.map(({ id }) => id)).toEqual([])
})

/** The report says what failed; the exit code adds nothing to it. */
function runTests(words: readonly string[]): Promise<void> {
  const program = join('node_modules', 'vitest', 'vitest.mjs')
  const all = [program, 'run', '--config', 'test/vitest.config.ts', ...words]
  return new Promise((resolve) => {
    execFile(process.execPath, all, { maxBuffer: 64 * 1024 * 1024 }, () => resolve())
  })
}
