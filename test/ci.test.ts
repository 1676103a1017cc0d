import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'hookline-ci-'))
afterAll(() => rmSync(folder, { recursive: true }))

function report(name: string, statuses: readonly string[], fileStatus = 'passed'): string {
  const file = join(folder, `${name}.json`)
  const assertionResults = statuses.map((status, index) => ({
    fullName: `a test that no README names ${index}`,
    status,
  }))
  const testResults = [{ name: 'some.test.ts', status: fileStatus, assertionResults }]
  writeFileSync(file, JSON.stringify({ testResults }))
  return file
}

function node(...words: string[]) {
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  return { status, stdout }
}

test.each([
  ['passes', ['passed', 'passed'], 0],
  ['fails on a skipped test', ['passed', 'skipped'], 1],
  ['fails on a test put off', ['todo'], 1],
  ['fails on a report of nothing', [], 1],
])('no-skips.ts %s', (name, statuses, code) => {
  expect(node('.ci/no-skips.ts', report(name, statuses)).status).toBe(code)
})

test('summary.ts adds the reports up, and counts a file that did not load', () => {
  const fine = report('fine', ['passed', 'passed', 'skipped'])
  const red = report('red', ['passed', 'failed'], 'failed')
  const broken = report('broken', [], 'failed')
  expect(node('.ci/summary.ts', '0', fine).stdout).toBe('2 passed, 0 failed\n')
  expect(node('.ci/summary.ts', '1', fine, red, broken).stdout).toBe('3 passed, 2 failed\n')
})

test('summary.ts counts a run that stopped outside the tests as one failure', () => {
  const missing = join(folder, 'never-written.json')
  expect(node('.ci/summary.ts', '2', missing).stdout).toBe('0 passed, 1 failed\n')
})
