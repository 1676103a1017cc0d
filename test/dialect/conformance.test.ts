/** Each row of the dialect that has an example, through the library. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OutcomeReport, outcomeReport } from '../../bin/print/report.ts'
import type { JsonObject } from '../../runtime/model/json.ts'
import { openTemporaryRuntime, type TemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, type Vendor } from '../support/vendor.ts'
import { type Case, cases } from './conformance-cases.ts'
import { compare, connectorOf, startStage } from './conformance-stage.ts'
import rows from './rows.json' with { type: 'json' }

let vendor: Vendor
let home: TemporaryRuntime
beforeAll(async () => {
  vendor = await startStage()
  home = openTemporaryRuntime(cases.map((one) => connectorOf(one, vendor.origin)))
})
afterAll(async () => {
  await home[Symbol.asyncDispose]()
  await vendor[Symbol.asyncDispose]()
})

test.each(cases.map((one) => [one.row, one] as const))('%s', async (_row, one) => {
  vendor.answers(...(one.answers ?? [json({ id: 7 })]))
  const before = vendor.requests.length
  compare(one, await play(one), vendor.requests.slice(before))
})

async function play(one: Case): Promise<OutcomeReport> {
  const { step, name } = connectorOf(one, vendor.origin)
  const { runtime } = home
  const person = { tenant: 't', connector: name, connection: name }
  if (one.auth) await runtime.connections.import({ ...person, ...given[one.auth] })
  const outcome = await runtime.call({
    tenant: 't',
    connector: name,
    method: 'get',
    ...(one.auth ? { connection: name } : {}),
    ...(step === null ? {} : { step: { file: 'step.js', source: step } }),
    input: (one.input ?? {}) as JsonObject,
  })
  const report = outcomeReport(outcome, { connector: name, method: 'get', connection: null })
  return JSON.parse(JSON.stringify(report)) as OutcomeReport
}

const given = {
  oauth2: {
    tokens: { accessToken: 'first', refreshToken: 'refresh' },
    properties: { ClientSecret: 's' },
  },
  session: { properties: { Password: 'p' } },
  api_key: { key: 'key-1' },
  basic: { username: 'u', password: 'p' },
}

const ownFile = 'test/dialect/conformance.test.ts'

test('every case has a row, and every row that names this file has a case', () => {
  const own = rows.filter(({ file }) => file === ownFile)
  expect(own.map(({ test: name }) => name).toSorted()).toEqual(
    cases.map(({ row }) => row).toSorted(),
  )
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
})
