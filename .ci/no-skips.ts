/** Fails where a test of the report did not run, unless the README says by its name that it may not. */
import { readFileSync } from 'node:fs'
import { readReport } from './reports.ts'

const [file = ''] = process.argv.slice(2)
const tests = readReport(file)
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
const readme = skipped.length > 0 ? readFileSync('README.md', 'utf8') : ''
const unexplained = skipped.filter(({ name }) => !readme.includes(name))

for (const { name, status } of unexplained) process.stderr.write(`${status}: ${name}\n`)
if (tests.length === 0) process.stderr.write(`${file} tells of no test\n`)
process.stdout.write(`${tests.length} tests, ${skipped.length} of them not run\n`)
process.exitCode = unexplained.length === 0 && tests.length > 0 ? 0 : 1
