/** Each row of the dialect that has an example, through the command line. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OutcomeReport } from '../../bin/print/report.ts'
import { type Cli, openCli } from '../bin/cli.ts'
import { type Case, cases } from '../dialect/conformance-cases.ts'
import { compare, connectorOf, credentials, startStage } from '../dialect/conformance-stage.ts'
import { json, type Vendor } from '../support/vendor.ts'

let vendor: Vendor
let cli: Cli

beforeAll(async () => {
  vendor = await startStage()
  cli = openCli()
  mkdirSync(cli.home)
  for (const one of cases) {
    const { name, definition, scripts, step } = connectorOf(one, vendor.origin)
    cli.connector(name, JSON.stringify(definition), scripts)
    if (step !== null) writeFileSync(join(cli.home, `${name}.js`), step)
  }
})

afterAll(async () => {
  cli[Symbol.dispose]()
  await vendor[Symbol.asyncDispose]()
})

test.each(cases.map((one) => [one.row, one] as const))('%s', async (_row, one) => {
  const { name, step } = connectorOf(one, vendor.origin)
  if (one.auth) await connect(name, one.auth)
  vendor.answers(...(one.answers ?? [json({ id: 7 })]))
  const before = vendor.requests.length
  const words = [
    ...['run', name, 'get', '--input', '-'],
    ...(one.auth ? ['--connection', name] : []),
    ...(step === null ? [] : ['--step', join(cli.home, `${name}.js`)]),
  ]
  const report = await cli.json(words, { input: JSON.stringify(one.input ?? {}) })
  compare(one, report as unknown as OutcomeReport, vendor.requests.slice(before))
})

async function connect(name: string, auth: NonNullable<Case['auth']>): Promise<void> {
  const words = ['connections', 'import', name, '--connector', name, '--file', '-']
  const { code, stderr } = await cli.hookline(words, { input: JSON.stringify(credentials[auth]) })
  expect({ code, stderr }).toMatchObject({ code: 0 })
}
