import { expect, test } from 'vitest'
import type { CallRequest, Outcome } from '../../runtime/model/call.ts'
import { CallFailure, type FailureDetail, type FailureType } from '../../runtime/model/failure.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import type { Json } from '../../runtime/model/json.ts'
import { openAppFolder } from '../../runtime/route/app-folder.ts'
import { type FunctionJob, handleOutcome } from '../../runtime/route/handle.ts'
import { folderWith } from './support.ts'

const app = `
group: g
flows:
  page:
    input_fields: [text, level, extra]
    output_fields: [id, link.href]
    call: { connector: pager, method: send, connection: team }
  count: { function: count.js }
error_handlers:
  - {}
  - error_types: [Timeout]
    handler:
      component_id: page
      configuration:
        input_fields:
          text: '{{ error.source }} failed: {{error.message}} ({{ error.httpCode }})'
          level: 3
          extra: ['{{ error.type }}', '{{ mine }}', '{{ error.constructor }}']
        output_fields: [id, { miniapp_name: link.href, local_name: link, optional: true }]
  - { error_types: [HttpError], handler: { component_id: count } }
  - { error_types: [RateLimited], handler: { component_id: gone } }
`

const request: CallRequest = {
  tenant: 't',
  connector: 'crm@2.0.0',
  method: 'get',
  connection: 'c',
  app: 'support',
}

const call = { call: asCallId('1') }
const attempt = { number: 1, cause: 'first', at: 0, ms: 1, verdict: 'reject', steps: [] } as const
const trail = { startedAt: new Date(0), ms: 1, attempts: [attempt] }

function failed(type: FailureType, message = 'it broke', detail: FailureDetail = {}): Outcome {
  return { ...call, trail, kind: 'failure', failure: new CallFailure(type, message, detail) }
}

function succeeded(content: Json): Outcome {
  return { ...call, trail, kind: 'success', content, status: 200 }
}

/** One outcome, routed over ports that note what they were asked for. */
async function handle(
  outcome: Outcome,
  {
    text = app,
    other = 'group: h',
    answer = () => succeeded({ id: 7, more: true }),
    ...over
  }: Partial<CallRequest> & { text?: string; other?: string; answer?: () => Outcome } = {},
) {
  const calls: CallRequest[] = []
  const jobs: FunctionJob[] = []
  const apps = openAppFolder(
    folderWith({ 'support.yaml': text, 'count.js': 'function handle() {}', 'other.yaml': other }),
  )
  const ports = {
    runCall: async (asked: CallRequest) => {
      calls.push(asked)
      return answer()
    },
    runFunction: async (job: FunctionJob) => {
      jobs.push(job)
      return { counted: 1 }
    },
  }
  const job = { request: { ...request, ...over }, outcome, apps, ports }
  const result = await handleOutcome(job, new AbortController().signal)
  const handled = result.kind === 'failure' ? result.handled : undefined
  const warnings = result.trail.attempts.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.kind === 'warning' ? [step.message] : [])),
  )
  return { result, handled, warnings, calls, jobs }
}

test('O47 the default with an empty handler runs nothing, and the failure surfaces', async () => {
  const outcome = failed('ScriptError')
  const { result, calls, jobs } = await handle(outcome)
  expect(result).toBe(outcome)
  expect([...calls, ...jobs]).toEqual([])
})

test('O48 a Flow’s call gets the input fields, filled in from the error', async () => {
  const { calls } = await handle(failed('Timeout', 'late {{ error.type }}', { httpCode: 504 }))
  expect(calls).toEqual([
    {
      tenant: 't',
      connector: 'pager',
      method: 'send',
      connection: 'team',
      input: {
        text: 'crm.get failed: late {{ error.type }} (504)',
        level: 3,
        extra: ['Timeout', '{{mine}}', ''],
      },
    },
  ])
})

test('O48 a Flow’s function gets the error whole', async () => {
  const cause = new Error('refused')
  const { jobs } = await handle(failed('HttpError', 'HTTP 500', { httpCode: 500, cause }))
  expect(jobs[0]).toMatchObject({ tenant: 't', app: 'support', flow: 'count', inputs: {} })
  expect(jobs[0]?.error).toEqual({
    type: 'HttpError',
    source: 'crm.get',
    message: 'HTTP 500',
    httpCode: 500,
    blockIndex: null,
    attempts: 1,
    renewed: false,
    connection: 'c',
    connector: 'crm',
    method: 'get',
    at: '1970-01-01T00:00:00.000Z',
    cause: 'refused',
  })
})

test('O49 the output fields pick from what the Flow gave back', async () => {
  const answer = () => succeeded({ id: 7, link: { href: 'https://x' }, more: true })
  expect((await handle(failed('Timeout'), { answer })).handled?.output).toEqual({
    id: 7,
    link: 'https://x',
  })
  const bare = await handle(failed('Timeout'), { answer: () => succeeded({}) })
  expect(bare.handled?.output).toEqual({})
  expect(bare.warnings).toEqual(['the Flow page gave back no id'])
})

test('O50 a handled failure stays one, and says who took it', async () => {
  const { result } = await handle(failed('HttpError'))
  expect(result).toMatchObject({
    kind: 'failure',
    failure: { type: 'HttpError' },
    handled: { index: 2, componentId: 'support.count.Flows.orc.g', output: { counted: 1 } },
  })
})

test.each<Outcome>([
  succeeded(null),
  { ...call, trail, kind: 'warning', content: null, message: 'w', status: 500 },
  { ...call, trail, kind: 'stopped', message: 's' },
])('O51 an outcome of kind $kind is nobody’s to handle', async (outcome) => {
  const { result, calls, jobs } = await handle(outcome)
  expect(result).toBe(outcome)
  expect([...calls, ...jobs]).toEqual([])
})

test('O51 a call without an app is routed nowhere', async () => {
  const { app: _, ...unrouted } = request
  const outcome = failed('HttpError')
  const apps = openAppFolder(folderWith({}))
  const never = () => Promise.reject(new Error('not to be run'))
  const job = { request: unrouted, outcome, apps, ports: { runCall: never, runFunction: never } }
  expect(await handleOutcome(job, new AbortController().signal)).toBe(outcome)
})

test('O52 one failure runs one Flow once, although the default has one too', async () => {
  const text = app.replace('- {}', '- { handler: { component_id: count } }')
  const { calls, jobs, handled } = await handle(failed('Timeout'), { text })
  expect([calls.length, jobs.length, handled?.index]).toEqual([1, 0, 1])
})

test('O53 a Flow that fails is told of in the trail and goes to no handler', async () => {
  const text = app.replace('- {}', '- { handler: { component_id: count } }')
  const answer = () => failed('HttpError', 'HTTP 500')
  const { result, handled, warnings, calls, jobs } = await handle(failed('Timeout'), {
    text,
    answer,
  })
  expect([calls.length, jobs.length]).toEqual([1, 0])
  expect(handled).toBe(undefined)
  expect(result).toMatchObject({ failure: { type: 'Timeout' } })
  expect(warnings).toEqual(['the Flow page of error_handlers/1 failed: HttpError: HTTP 500'])
  expect(calls[0]).not.toHaveProperty('app')
})

test('O54 where the Flow is gone, the default takes its place, with a warning', async () => {
  const text = app.replace('- {}', '- { handler: { component_id: count } }')
  const { handled, warnings } = await handle(failed('RateLimited'), { text })
  expect(handled?.index).toBe(0)
  expect(warnings).toEqual([
    'error_handlers/3 UNKNOWN_FLOW_ERROR_HANDLER: Unknown Flow is referenced at an Error Handler.',
  ])
})

test('O54 where the default has no Flow either, the failure surfaces, with a warning', async () => {
  const { handled, warnings, calls } = await handle(failed('RateLimited'))
  expect([handled, warnings.length, calls.length]).toEqual([undefined, 1, 0])
})

test('O26 a list that was changed by hand cannot use another group’s Flow', async () => {
  const text = app.replace('- {}', '- { handler: { component_id: count } }')
  const other = 'group: h\nflows: { theirs: { source: x } }\n'
  const { handled, warnings } = await handle(failed('RateLimited'), {
    text: text.replace('component_id: gone', 'component_id: other.theirs.Flows.orc.h'),
    other,
  })
  expect(handled?.index).toBe(0)
  expect(warnings[0]).toMatch(/^error_handlers\/3 INVALID_COMPONENT_GROUP: /)
})

test('a step is selected by its own name', async () => {
  const text = app.replace('error_types: [Timeout]', 'error_sources: [ZipCode]')
  const { handled } = await handle(failed('Default'), { text, source: 'ZipCode' })
  expect(handled?.index).toBe(1)
})

test('an app file that broke after the call began costs no outcome', async () => {
  const { result, warnings } = await handle(failed('Timeout'), { text: 'group: [' })
  expect(result).toMatchObject({ kind: 'failure', failure: { type: 'Timeout' } })
  expect(warnings[0]).toMatch(/^no error handler was run: support\.yaml:1:/)
})
