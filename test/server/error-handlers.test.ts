import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FaultEnvelope } from '../../runtime/route/faults.ts'
import type { ErrorHandler } from '../../runtime/route/types.ts'
import { documented, theDefault, to } from '../route/support.ts'
import { handlersPath, startTestServer } from './support.ts'

const example = documented<ErrorHandler>('list-example.json')
const put = { verb: 'PUT' } as const
const faulty = [theDefault, to('gone', { error_types: ['Timeout'] })]

test('O1 GET answers the bare list in its order', async () => {
  const { send } = await startTestServer()
  await send(handlersPath, { ...put, json: example })
  const { status, text, headers } = await send(handlersPath)
  expect([status, text]).toEqual([200, JSON.stringify(example)])
  expect(headers['content-type']).toBe('application/json; charset=utf-8')
})

test('O2 O3 O15 an app that is not there and one of another group get the same 404', async () => {
  const { send } = await startTestServer()
  const unknown = await send('/api/apps/nowhere/error_handlers/')
  const { date: _, ...headers } = unknown.headers
  expect(unknown.status).toBe(404)
  expect(unknown.json).toMatchObject({ detail: 'Not found.', errorCode: 'entityMissing' })
  for (const verb of ['GET', 'PUT']) {
    for (const app of ['other', 'broken', '..%2fsupport', '%zz']) {
      const seen = await send(`/api/apps/${app}/error_handlers/`, {
        verb,
        ...(verb === 'PUT' ? { json: example } : {}),
      })
      const { date, ...others } = seen.headers
      expect([seen.status, seen.text]).toEqual([404, unknown.text])
      if (verb === 'GET') expect(others).toEqual(headers)
    }
  }
})

test('O3 the group’s own people see the app', async () => {
  const { send } = await startTestServer()
  const path = '/api/apps/other/error_handlers/'
  expect((await send(path, { token: 'stranger' })).status).toBe(200)
  expect((await send(path, { token: 'operator' })).status).toBe(200)
})

test('O4 O5 PUT answers 201 with the list as it was sent, also when it was there before', async () => {
  const { send } = await startTestServer()
  for (let round = 0; round < 2; round++) {
    const { status, text } = await send(handlersPath, { ...put, json: example })
    expect([status, text]).toEqual([201, JSON.stringify(example)])
  }
  expect((await send(handlersPath)).text).toBe(JSON.stringify(example))
})

test('O6 O7 PUT replaces the whole list', async () => {
  const { send } = await startTestServer()
  await send(handlersPath, { ...put, json: example })
  const less = example.slice(0, 2)
  expect((await send(handlersPath, { ...put, json: less })).status).toBe(201)
  expect((await send(handlersPath)).json).toEqual(less)
})

test('O8 PUT of an empty list is refused: its default is missing', async () => {
  const { send } = await startTestServer()
  const { status, json } = await send(handlersPath, { ...put, json: [] })
  expect(status).toBe(400)
  expect(json).toMatchObject({ message: 'Default Error Handler is missing.' })
})

test('O9 a list that is refused leaves the stored one as it was', async () => {
  const { send, folder } = await startTestServer()
  await send(handlersPath, { ...put, json: example })
  const before = readFileSync(join(folder, 'support.yaml'), 'utf8')
  expect((await send(handlersPath, { ...put, json: faulty })).status).toBe(400)
  expect(readFileSync(join(folder, 'support.yaml'), 'utf8')).toBe(before)
})

test('O10 PUT reports all faults, in the order of the list', async () => {
  const { send } = await startTestServer()
  const json = [to('gone', { error_types: ['x'] }), to('', { error_sources: ['y'] })]
  const seen = (await send(handlersPath, { ...put, json })).json as FaultEnvelope
  expect(
    seen.errors.error_handler_errors.map(({ code, location }) => `${code} ${location}`),
  ).toEqual([
    'NONE_DEFAULT_ERROR_HANDLER error_handlers/',
    'INVALID_EVENT_TYPE error_handlers/0',
    'UNKNOWN_FLOW_ERROR_HANDLER error_handlers/0',
    'UNKNOWN_EVENT_SOURCE error_handlers/1',
    'INVALID_NON_ERROR_HANDLER error_handlers/1',
  ])
})

test('O29 a refused list gets the documented body, and our code behind it', async () => {
  const { send } = await startTestServer()
  const bodies = documented<FaultEnvelope>('400-bodies.json')
  const none = JSON.stringify(bodies[0]).slice(0, -1)
  expect((await send(handlersPath, { ...put, json: [] })).text).toBe(
    `${none},"errorCode":"entityInvalid"}`,
  )
})

test('O11 a fresh app has one default with an empty handler', async () => {
  const { send } = await startTestServer()
  expect((await send(handlersPath)).json).toEqual([example[0]])
})

test.each([
  '/api/apps/support/error_handlers',
  '/api/apps/support/error-handlers/',
  '/orchestrator/api/apps/support/error_handlers/',
  '/orchestrator/api/apps/support/error-handlers?page=1',
])('O12 %s is the same list', async (path) => {
  const { send } = await startTestServer()
  expect((await send(path, { ...put, json: example })).status).toBe(201)
  expect((await send(handlersPath)).json).toEqual(example)
})

test.each([null, 'nobody', 'team,stranger'])('O13 the token %j lets nobody in', async (token) => {
  const { send } = await startTestServer()
  for (const verb of ['GET', 'PUT']) {
    const seen = await send(handlersPath, { verb, token })
    expect(seen.status).toBe(401)
    expect(seen.headers['www-authenticate']).toBe('Bearer')
    expect(seen.json).toMatchObject({ errorCode: 'tokenInvalid' })
  }
})

test.each([
  ['no JSON', { body: '[{' }, 'The body is not JSON.'],
  ['no list', { json: { error_types: [] } }, 'expected a list; got a mapping'],
  ['a handler that is none', { json: [1] }, '[0]: expected a mapping; got a number'],
  ['types that are none', { json: [{ error_types: [1] }] }, '[0].error_types[0]: expected a text'],
  ['an id that is none', { json: [{ handler: { component_id: {} } }] }, 'component_id: expected'],
  ['a misspelt key', { json: [{ error_type: [] }] }, 'did you mean "error_types"?'],
  ['data that nests too deep', { body: '['.repeat(100) + ']'.repeat(100) }, 'deeper than 64'],
])('O14 PUT of %s is a 400 that says so', async (_what, how, text) => {
  const { send } = await startTestServer()
  const headers = { 'content-type': 'application/json' }
  const { status, json } = await send(handlersPath, { ...put, ...how, headers })
  expect(status).toBe(400)
  expect((json as { message: string }).message).toContain(text)
  expect(json).toMatchObject({ errorCode: 'entityInvalid' })
})

test('O14 a body that is too large is a 413, however its length is told', async () => {
  const { send } = await startTestServer({ limits: { bodyBytes: 1_000 } })
  const json = [{ error_types: ['x'.repeat(1_000)] }]
  const told = await send(handlersPath, { ...put, json })
  expect([told.status, told.headers.connection]).toEqual([413, 'close'])
  const headers = { 'transfer-encoding': 'chunked', 'content-type': 'application/json' }
  expect((await send(handlersPath, { ...put, body: JSON.stringify(json), headers })).status).toBe(
    413,
  )
})

test.each(['POST', 'DELETE', 'PATCH', 'OPTIONS'])(
  'O14 %s is a 405 that names GET and PUT',
  async (verb) => {
    const { send } = await startTestServer()
    const { status, headers, json } = await send(handlersPath, { verb })
    expect([status, headers.allow]).toEqual([405, 'GET, PUT'])
    expect(json).toMatchObject({ errorCode: 'entityInvalid' })
  },
)

test('O32 the caller’s own groups decide what a list may be told about', async () => {
  const { send } = await startTestServer()
  const json = [to('uuid.theirs.Flows.orc.elsewhere')]
  const codes = async (token: string) => {
    const seen = (await send(handlersPath, { ...put, token, json })).json as FaultEnvelope
    return seen.errors.error_handler_errors.map(({ code }) => code)
  }
  expect(await codes('team')).toEqual(['UNKNOWN_FLOW_ERROR_HANDLER'])
  expect(await codes('both')).toEqual(['INVALID_COMPONENT_GROUP'])
})

test('PUT needs a token that may change things', async () => {
  const { send } = await startTestServer()
  const { status, json } = await send(handlersPath, { ...put, token: 'reader', json: example })
  expect([status, (json as { errorCode: string }).errorCode]).toEqual([403, 'noPermission'])
  expect((await send(handlersPath, { token: 'reader' })).json).toEqual([example[0]])
})

test('PUT with If-Match replaces only the list that its writer has seen', async () => {
  const { send } = await startTestServer()
  const { etag } = (await send(handlersPath)).headers
  const tagged = { ...put, headers: { 'if-match': String(etag) } }
  const first = await send(handlersPath, { ...tagged, json: example })
  expect(first.status).toBe(201)
  const second = await send(handlersPath, { ...tagged, json: [theDefault] })
  expect(second.status).toBe(412)
  expect(second.headers.etag).toBe(first.headers.etag)
  const read = await send(handlersPath)
  expect([read.json, read.headers.etag]).toEqual([example, first.headers.etag])
  for (const [tag, status] of [
    [`W/${read.headers.etag}`, 412],
    [`"other", ${read.headers.etag}`, 201],
    ['*', 201],
  ] as const) {
    const headers = { 'if-match': tag }
    expect((await send(handlersPath, { ...put, headers, json: example })).status).toBe(status)
  }
})

test('two writers at once: one of them is told, and nothing is lost', async () => {
  const { send } = await startTestServer()
  const { etag } = (await send(handlersPath)).headers
  const headers = { 'if-match': String(etag) }
  const writes = ['Timeout', 'Default', 'HttpError', 'ScriptError'].map((type) => {
    const json = [theDefault, to('flow_name', { error_types: [type] })]
    return send(handlersPath, { ...put, headers, json })
  })
  const seen = await Promise.all(writes)
  expect(seen.map(({ status }) => status).toSorted()).toEqual([201, 412, 412, 412])
  const winner = seen.find(({ status }) => status === 201)
  expect((await send(handlersPath)).text).toBe(winner?.text)
})
