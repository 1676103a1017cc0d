import { readFileSync } from 'node:fs'

/** A test as vitest's JSON reporter tells of it. */
export type TestRecord = { readonly name: string; readonly status: string }

type Report = {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** Reads a report. A file that could not even be loaded counts as one failed test. */
export function readReport(file: string): readonly TestRecord[] {
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report
  return report.testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.map((test) => ({ name: test.fullName, status: test.status }))
    const failedItself = status === 'failed' && tests.every((test) => test.status !== 'failed')
    return failedItself ? [...tests, { name, status: 'failed' }] : tests
  })
}
