/**
 * Prints `N passed, N failed` over all reports. Arguments: the exit code so far, then the reports. A
 * run that stopped without a failed test (lint, build) counts as one failure.
 */
import { existsSync } from 'node:fs'
import { readReport } from './reports.ts'

const [code = '1', ...files] = process.argv.slice(2)
const tests = files.filter((file) => existsSync(file)).flatMap(readReport)
const passed = tests.filter(({ status }) => status === 'passed').length
const failed = tests.filter(({ status }) => status === 'failed').length
const stopped = code !== '0' && failed === 0 ? 1 : 0
process.stdout.write(`${passed} passed, ${failed + stopped} failed\n`)
