/** The table of globals, held against what the hooks of a real runtime find. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { globals } from '../../runtime/authoring/globals.ts'
import type { Outcome, Step } from '../../runtime/model/call.ts'
import type { HookEvent } from '../../runtime/model/ports.ts'
import { openTemporaryRuntime } from '../support/temporary-runtime.ts'
import { json, startVendor, type Vendor } from '../support/vendor.ts'

const observed: readonly HookEvent[] = [
  'before_action',
  'after_action',
  'after_error',
  'after_action_paging',
  'action_condition',
  'before_webhook',
  'after_webhook',
  'webhook_condition',
  'before_oauth2_refresh',
  'after_oauth2_refresh',
  'after_oauth2_refresh_error',
]

/** Each handler writes to the trail which names of the table it has. */
const script = `
var names = ${JSON.stringify(globals.map(({ name }) => name))}
function report(event) {
  var found = names.filter(function (name) { return name in globalThis })
  console.log(event + ' ' + found.join(' '))
}
${observed.map((event) => `function ${event}() { report('${event}') }`).join('\n')}`

const person = { tenant: 't', connector: 'acme' }
const found = new Map<string, readonly string[]>()
let vendor: Vendor

beforeAll(async () => {
  vendor = await startVendor()
  vendor.on('/good', json({ id: 1 }))
  vendor.on('/bad', json({}, { status: 404 }))
  vendor.on('/expired', json({}, { status: 401 }))
  vendor.on('/token', json({ access_token: 'fresh' }))
  await using home = openTemporaryRuntime({
    definition: definitionAt(vendor.origin),
    scripts: { 'main.js': script },
  })
  const { runtime } = home
  for (const [connection, ClientSecret] of [
    ['c', 'right'],
    ['d', 'wrong'],
  ] as const) {
    const tokens = { accessToken: 'token', refreshToken: 'refresh-token' }
    await runtime.connections.import({
      ...person,
      connection,
      tokens,
      properties: { ClientSecret },
    })
  }
  const call = async (method: string, connection: string) =>
    gather(await runtime.call({ ...person, connection, method, input: { note: 'hi' } }))
  await call('good', 'c')
  await call('bad', 'c')
  await call('expired', 'c')
  vendor.on('/token', json({ error: 'invalid_request' }, { status: 400 }))
  await call('expired', 'd')
  const request = { method: 'POST', url: '/hook', headers: {}, body: '{"id":7}' }
  gather(await runtime.receive({ ...person, connection: 'c', method: 'hook', request }))
})

afterAll(() => vendor[Symbol.asyncDispose]())

function definitionAt(origin: string) {
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
    script: 'main.js',
    errors: [{ type: 'ExpiredToken', filter: rejected }],
    methods: {
      good: { verb: 'POST', path: '/good' },
      bad: { verb: 'POST', path: '/bad' },
      expired: { verb: 'POST', path: '/expired' },
      hook: { type: 'webhook' },
    },
  }
}

function gather({ trail }: Pick<Outcome, 'trail'>): void {
  const logged = (steps: readonly Step[]): readonly string[] =>
    steps.flatMap((step) => {
      if (step.kind === 'log') return [step.text]
      return step.kind === 'renewal' ? logged(step.steps ?? []) : []
    })
  for (const text of trail.attempts.flatMap(({ steps }) => logged(steps))) {
    const [event = '', ...names] = text.split(' ')
    found.set(event, names)
  }
}

/** It is there, and null, as no credential stands behind a renewal. */
const empty = ['method_auth_value']

test.each(observed)('globals has the names that %s finds', (event) => {
  const listed = globals.filter(({ readIn }) => readIn.includes(event)).map(({ name }) => name)
  const names = found
    .get(event)
    ?.filter((name) => !event.includes('oauth2') || !empty.includes(name))
  expect(names).toEqual(listed)
})
