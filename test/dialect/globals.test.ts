/** Every global in every event that has it: read there, and where it may be written, written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../runtime/model/call.ts'
import type { Script } from '../../runtime/model/connector.ts'
import type { HookEvent } from '../../runtime/model/ports.ts'
import type { WebhookOutcome } from '../../runtime/model/webhook.ts'
import { openTemporaryRuntime, type TemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, startVendor, type Vendor } from '../support/vendor.ts'
import { globalRows } from './globals-table.ts'

const person = { tenant: 't', connection: 'c', connector: 'acme' }
const cycle = {
  id: 'cycle-1',
  stepId: 'step-1',
  variables: { color: 'red' },
  serviceDomain: 'apps.partner.example',
}

/** A runtime whose connection has a token; events of a renewal get a dead one. */
async function openAcme(script: string, accessToken: string) {
  const home = openTemporaryRuntime({
    definition: definitionAt(vendor.origin),
    scripts: { 'main.js': script },
  })
  await home.runtime.connections.import({
    ...person,
    tokens: { accessToken, refreshToken: 'refresh-token' },
    properties: { ClientSecret: 'client-secret' },
  })
  return home
}

/** One event with one script: that of a step, or of the connector where only it takes part. */
async function play(event: HookEvent, script: string) {
  const before = vendor.requests.length
  if (!event.includes('oauth2')) {
    const step = { file: 'step.js', source: script }
    return { outcome: await send(shared, event, { step }), requests: vendor.requests.slice(before) }
  }
  await using home = await openAcme(script, 'dead-token')
  return { outcome: await send(home, event, {}), requests: vendor.requests.slice(before) }
}

function send(
  { runtime }: TemporaryRuntime,
  event: HookEvent,
  more: { readonly step?: Script },
): Promise<Outcome | WebhookOutcome> {
  const common = { ...person, ...more, cycle, fieldsInUse: ['id'] }
  if (!event.includes('webhook')) {
    const method = event === 'after_error' ? 'fail' : 'make'
    return runtime.call({ ...common, method, input: { id: '7', note: 'hi' } })
  }
  const headers = { 'Content-Type': 'application/json' }
  const request = { method: 'PUT', url: '/hooks?challenge=abc', headers, body: '{"id":7}' }
  return runtime.receive({ ...common, method: 'hook', request })
}

function definitionAt(origin: string) {
  const make = {
    verb: 'POST',
    path: '/things/{{id}}',
    headers: { 'X-Trace': 'on' },
    query: { page: 'p' },
    response_fields: ['id', 'name'],
  }
  const rejected = { path: 'headers.http-code', operator: 'equal', value: 401 }
  return {
    name: 'acme',
    base_url: origin,
    auth: {
      type: 'oauth2',
      authorization_url: `${origin}/authorize`,
      token_url: `${origin}/token`,
      client_id: 'our-client',
    },
    properties: { Region: { in: 'script', default: 'eu' } },
    script: 'main.js',
    errors: [{ type: 'ExpiredToken', filter: rejected }],
    methods: {
      make,
      fail: { ...make, headers: { ...make.headers, 'X-Fail': 'yes' }, parameters: {} },
      hook: { type: 'webhook', response_fields: make.response_fields },
    },
  }
}

async function startThings(): Promise<Vendor> {
  const vendor = await startVendor()
  vendor.on('/token', json({ access_token: 'fresh-token', extra: 1 }))
  vendor.answers((request, response, signal) => {
    const { authorization = '', 'x-fail': fail } = request.headers
    if (authorization === 'Bearer dead-token') {
      return json({}, { status: 401 })(request, response, signal)
    }
    const answer = fail
      ? json({ error: 'gone' }, { status: 404 })
      : json({ id: 7 }, { headers: { 'X-Id': 'r1' } })
    return answer(request, response, signal)
  })
  return vendor
}

let vendor: Vendor
let shared: TemporaryRuntime
beforeAll(async () => {
  vendor = await startThings()
  shared = await openAcme('', 'live-token')
})
afterAll(async () => {
  await shared[Symbol.asyncDispose]()
  await vendor[Symbol.asyncDispose]()
})

const events = [...new Set(globalRows.map(({ event }) => event))]

describe.each(events)('dialect 3.2 %s', (event) => {
  const rows = globalRows.filter((row) => row.event === event)
  const names = [...new Set(rows.map(({ name }) => name))]
  const seen = new Map<string, unknown>()

  beforeAll(async () => {
    const reads = names.map((name) => `console.log(JSON.stringify(['${name}', ${name}]))`)
    const { outcome } = await play(
      event,
      `function ${event}() { ${reads.join('\n')}\nreturn true }`,
    )
    for (const text of logOf(outcome)) {
      const [name, value] = JSON.parse(text) as [string, unknown]
      seen.set(name, value)
    }
  })

  test.each(rows)('$name reads as documented', ({ name, value }) => {
    expect(seen.has(name)).toBe(true)
    expect(seen.get(name)).toEqual(value)
  })

  const writes = rows.flatMap((row) => (row.write ? [{ name: row.name, ...row.write }] : []))
  if (writes.length > 0) {
    test.each(writes)('$name takes a change', async ({ statement, seen: change }) => {
      const tell =
        "function after_action_paging() { console.log('D' + JSON.stringify(action_data)); return true }"
      const script = `function ${event}() { ${statement}; return true }`
      const both =
        event === 'after_action_paging'
          ? `${script}\nfunction action_condition() { console.log('D' + JSON.stringify(action_data)) }`
          : `${tell}\n${script}`
      expect(await effectOf(event, both)).toMatchObject(change as object)
    })
  }

  const writable = new Set([...writes.map(({ name }) => name), 'action_data'])
  test('keeps what is only to be read', async () => {
    const fixed = names.filter((name) => !writable.has(name))
    const script = `function ${event}() { ${fixed.map((name) => `${name} = 'changed'`).join('\n')}\nreturn true }`
    const plain = await effectOf(event, `function ${event}() { return true }`)
    expect(await effectOf(event, script)).toEqual(plain)
  })
})

/** Everything in which a change could show. */
async function effectOf(event: HookEvent, script: string) {
  const { outcome, requests } = await play(event, script)
  const last = requests.filter(({ path }) => path !== '/token').at(-1)
  const token = requests.find(({ path }) => path === '/token')
  const data = logOf(outcome).findLast((text) => text.startsWith('D'))
  return {
    kind: outcome.kind,
    ...(last ? { path: last.path, body: last.body, headers: withoutHost(last.headers) } : {}),
    ...(token ? { token: token.body, tokenHeaders: withoutHost(token.headers) } : {}),
    ...('content' in outcome ? { content: outcome.content } : {}),
    ...(outcome.kind === 'reply' ? { reply: outcome.body, replyHeaders: outcome.headers } : {}),
    ...(data === undefined ? {} : { action_data: JSON.parse(data.slice(1)) as unknown }),
    ...(event === 'after_action_paging' ? { next: await nextRun(script) } : {}),
  }
}

/** The date that a run leaves is what the next one reads. */
async function nextRun(script: string): Promise<unknown> {
  if (!script.includes('next_last_successful_run_date = new Date')) return null
  const read = 'function before_action() { console.log(last_successful_run_date); return true }'
  const step = { file: 'step.js', source: `${script}\n${read}` }
  await send(shared, 'after_action_paging', { step })
  return logOf(await send(shared, 'after_action_paging', { step }))[0]
}

function withoutHost({ host, ...headers }: Record<string, unknown>) {
  return headers
}

function logOf(outcome: Outcome | WebhookOutcome): readonly string[] {
  const steps = outcome.trail.attempts.flatMap((attempt) => attempt.steps)
  const all = steps.flatMap((step) =>
    step.kind === 'renewal' ? [step, ...(step.steps ?? [])] : [step],
  )
  return all.flatMap((step) => (step.kind === 'log' ? [step.text] : []))
}
