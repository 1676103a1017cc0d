import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { Outcome } from '../../runtime/model/call.ts'
import type { ServerEvent } from '../../runtime/server/exchange.ts'
import { type RunningServer, startServer } from '../../runtime/server/server.ts'
import { tokensFrom } from '../../runtime/server/tokens.ts'
import { entries, handlersPath, send, startTestServer, success } from './support.ts'

const portOf = (origin: string) => Number(new URL(origin).port)

/** Writes bytes by hand, and reads until the server closes. */
async function speak(origin: string, text: string): Promise<string> {
  const socket = connect(portOf(origin), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  socket.write(text)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString('utf8')
}

const jsonOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))

test('startServer() binds the loopback interface unless told otherwise', async () => {
  const { origin } = await startTestServer()
  expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

test.each([
  ['rebound.example', 400],
  ['127.0.0.1.rebound.example', 400],
  ['localhost', 200],
  ['LOCALHOST:1234', 200],
  ['[::1]:80', 200],
  ['api.example', 200],
  ['other.example:8443', 200],
  ['other.example:8444', 400],
])('a request for the host %j gets a %i', async (host, status) => {
  const { send } = await startTestServer({ hosts: ['api.example', 'other.example:8443'] })
  const seen = await send('/healthz', { headers: { host } })
  expect(seen.status).toBe(status)
  if (status === 400) expect(seen.json).toMatchObject({ errorCode: 'domainInvalid' })
})

test.each(['', 'Host:\r\n'])('a request without a host gets a 400 (%j)', async (line) => {
  const { origin } = await startTestServer()
  const answer = await speak(origin, `GET /healthz HTTP/1.1\r\n${line}Connection: close\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(jsonOf(answer)).toMatchObject({ errorCode: 'domainInvalid' })
})

test('an expectation that nobody knows changes nothing', async () => {
  const { send } = await startTestServer()
  expect((await send(handlersPath, { headers: { expect: 'wonders' } })).status).toBe(200)
})

test('a page of another site gets nothing, and no leave to ask for more', async () => {
  const { send } = await startTestServer()
  const headers = { origin: 'https://evil.example' }
  const seen = await send(handlersPath, { headers })
  expect([seen.status, seen.json]).toMatchObject([400, { errorCode: 'domainInvalid' }])
  const asked = await send(handlersPath, {
    verb: 'OPTIONS',
    headers: { origin: 'http://localhost' },
  })
  expect(asked.status).toBe(405)
  expect(Object.keys(asked.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test.each(['text/plain', 'application/x-www-form-urlencoded', undefined])(
  'a body of type %s is refused, so that a page must ask first',
  async (type) => {
    const { send, asked } = await startTestServer()
    const headers = type === undefined ? {} : { 'content-type': type }
    const body = '{"connector":"crm","method":"get"}'
    expect((await send('/api/calls', { verb: 'POST', body, headers })).status).toBe(415)
    expect(asked).toEqual([])
  },
)

test('a token in the query, or under another scheme, is none', async () => {
  const { send } = await startTestServer()
  expect((await send(`${handlersPath}?access_token=team`, { token: null })).status).toBe(401)
  const headers = { authorization: 'Basic team' }
  expect((await send(handlersPath, { token: null, headers })).status).toBe(401)
})

test('a path that is not there is a 404 with a body like any other', async () => {
  const { send } = await startTestServer()
  for (const path of ['/', '/api', '/api/apps/support', '//api/calls', '/api/calls/1']) {
    const seen = await send(path)
    expect([path, seen.status, seen.json]).toMatchObject([
      path,
      404,
      { errorCode: 'entityMissing' },
    ])
  }
})

test('HEAD is answered like GET, without a body', async () => {
  const { send } = await startTestServer()
  const seen = await send(handlersPath, { verb: 'HEAD' })
  expect([seen.status, seen.text]).toEqual([200, ''])
  expect(seen.headers.etag).toBe((await send(handlersPath)).headers.etag)
})

test('a body without an end is cut off at its limit', async () => {
  const { origin } = await startTestServer({ limits: { bodyBytes: 10_000 } })
  const headers = { authorization: 'Bearer team', 'content-type': 'application/json' }
  const request = httpRequest(origin + handlersPath, { method: 'PUT', headers, agent: false })
  request.on('error', () => {})
  const flood = setInterval(() => request.write('x'.repeat(5_000)), 1)
  const [response] = await once(request, 'response')
  clearInterval(flood)
  expect([response.statusCode, response.headers.connection]).toEqual([413, 'close'])
  request.destroy()
})

test('what is no HTTP gets an answer in JSON', async () => {
  const { origin } = await startTestServer()
  const answer = await speak(origin, 'GARBAGE\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(jsonOf(answer)).toMatchObject({ errorCode: 'entityInvalid' })
})

test('headers that are too large get a 431', async () => {
  const { origin } = await startTestServer()
  const answer = await speak(origin, `GET / HTTP/1.1\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 431 /)
  expect(jsonOf(answer)).toMatchObject({ message: 'The headers are too large.' })
})

test('headers that never end are cut off', async () => {
  const { origin } = await startTestServer({ limits: { headersMs: 200 } })
  const answer = await speak(origin, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 408 /)
})

test('a body that never ends is cut off, and is nobody’s bug', async () => {
  const events: ServerEvent[] = []
  const answered = Promise.withResolvers<void>()
  const log = (event: ServerEvent) => {
    events.push(event)
    if (event.kind === 'answered') answered.resolve()
  }
  const { origin } = await startTestServer({ limits: { requestMs: 300, headersMs: 200 }, log })
  const head = `PUT ${handlersPath} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer team\r\n`
  const type = 'Content-Type: application/json\r\nContent-Length: 10\r\n\r\n['
  expect(await speak(origin, head + type)).toMatch(/^HTTP\/1\.1 408 /)
  await answered.promise
  expect(events.map(({ kind }) => kind)).toEqual(['answered'])
})

test('a refused request that is not read to its end closes its connection', async () => {
  const { origin } = await startTestServer()
  const head = `PUT ${handlersPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n`
  expect(await speak(origin, `${head}[`)).toMatch(/^HTTP\/1\.1 401 .*connection: close/is)
})

test('one connection serves request after request', async () => {
  const { origin } = await startTestServer()
  const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n'
  const answer = await speak(origin, `${get}\r\n${get}Connection: close\r\n\r\n`)
  expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
})

/** A runtime whose calls end when the test says so. */
function heldCalls() {
  const waiting: (() => void)[] = []
  const arrivals = new EventTarget()
  return {
    calls: {
      call: (_request: unknown, { signal }: { readonly signal: AbortSignal }) =>
        new Promise<Outcome>((resolve, reject) => {
          waiting.push(() => resolve(success))
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          arrivals.dispatchEvent(new Event('arrival'))
        }),
    },
    async arrived(count: number) {
      while (waiting.length < count) await once(arrivals, 'arrival')
    },
    count: () => waiting.length,
    release() {
      for (const end of waiting) end()
    },
  }
}

const call = { verb: 'POST', json: { connector: 'crm', method: 'get' } } as const

test('a request above the limit is told to come again, and health is still answered', async () => {
  const held = heldCalls()
  const { send } = await startTestServer({ calls: held.calls, limits: { requests: 2 } })
  const begun = [send('/api/calls', call), send('/api/calls', call)]
  await held.arrived(2)
  const refused = await send(handlersPath)
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
  expect(refused.json).toMatchObject({ errorCode: 'tooManyRequests' })
  expect((await send('/healthz')).status).toBe(200)
  held.release()
  expect((await Promise.all(begun)).map(({ status }) => status)).toEqual([200, 200])
  expect((await send(handlersPath)).status).toBe(200)
})

test('a tenant that has too many calls at work keeps no other one out', async () => {
  const held = heldCalls()
  const { send } = await startTestServer({ calls: held.calls, limits: { callsPerTenant: 1 } })
  const begun = send('/api/calls', call)
  await held.arrived(1)
  expect((await send('/api/calls', { ...call, token: 'both' })).status).toBe(429)
  const other = send('/api/calls', { ...call, token: 'stranger' })
  await held.arrived(2)
  held.release()
  expect([(await begun).status, (await other).status]).toEqual([200, 200])
})

test('a call is aborted when whoever asked for it goes away', async () => {
  const aborted = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const calls = {
    call: (_request: unknown, { signal }: { readonly signal: AbortSignal }) => {
      arrived.resolve()
      return new Promise<Outcome>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.resolve()
          reject(signal.reason)
        })
      })
    },
  }
  const { origin } = await startTestServer({ calls })
  const headers = { authorization: 'Bearer team', 'content-type': 'application/json' }
  const request = httpRequest(`${origin}/api/calls`, { method: 'POST', headers, agent: false })
  request.on('error', () => {})
  request.end(JSON.stringify(call.json))
  await arrived.promise
  request.destroy()
  await aborted.promise
})

async function startHeld(
  drainMs: number,
  log: (event: ServerEvent) => void = () => {},
): Promise<ReturnType<typeof heldCalls> & RunningServer> {
  const held = heldCalls()
  const guard = tokensFrom(entries)
  const server = await startServer({
    calls: held.calls,
    apps: null,
    guard,
    limits: { drainMs },
    log,
  })
  return {
    ...held,
    origin: server.origin,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

test('disposal lets begun calls end, and takes no new connection', async () => {
  const held = await startHeld(10_000)
  const begun = send(`${held.origin}/api/calls`, call)
  await held.arrived(1)
  const closed = held[Symbol.asyncDispose]()
  await expect(send(`${held.origin}/healthz`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  held.release()
  const { status, headers } = await begun
  expect([status, headers.connection]).toEqual([200, 'close'])
  await closed
})

test('disposal begins nothing that comes down an open connection', async () => {
  const refused = Promise.withResolvers<void>()
  const held = await startHeld(10_000, (event) => {
    if (event.kind === 'answered' && event.status === 503) refused.resolve()
  })
  const body = JSON.stringify(call.json)
  const request =
    `POST /api/calls HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer team\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const socket = connect(portOf(held.origin), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(request)
  await held.arrived(1)
  const closed = held[Symbol.asyncDispose]()
  socket.write(request)
  await refused.promise
  held.release()
  await closed
  expect(held.count()).toBe(1)
})

test('disposal gives up what does not end in time, and says so', async () => {
  const held = await startHeld(50)
  const begun = send(`${held.origin}/api/calls`, call)
  await held.arrived(1)
  await held[Symbol.asyncDispose]()
  const { status, json } = await begun
  expect([status, json]).toMatchObject([503, { message: 'The server is being stopped.' }])
})

test('a bug answers nothing of itself, and is told to whoever runs the server', async () => {
  const events: unknown[] = []
  const bug = new TypeError('secret detail')
  const calls = { call: () => Promise.reject(bug) }
  const { send } = await startTestServer({ calls, log: (event) => events.push(event) })
  const { status, json, text } = await send('/api/calls', call)
  expect([status, json]).toMatchObject([500, { errorCode: 'genericError' }])
  expect(text).not.toContain('secret')
  expect(events).toMatchObject([
    { kind: 'bug', error: bug },
    { kind: 'answered', status: 500 },
  ])
})

test('a caller who takes nothing of its answer counts, and is given up', async () => {
  const content = 'x'.repeat(32 * 1024 * 1024)
  const ready = Promise.withResolvers<void>()
  const { origin, send } = await startTestServer({
    calls: { call: async () => ({ ...success, content }) },
    limits: { requests: 1, answerMs: 300 },
    log: ({ kind }) => kind === 'answered' && ready.resolve(),
  })
  const socket = connect(portOf(origin), '127.0.0.1').pause()
  socket.on('error', () => {})
  const body = JSON.stringify(call.json)
  socket.write(
    `POST /api/calls HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer team\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await ready.promise
  expect((await send(handlersPath)).status).toBe(429)
  await expect.poll(async () => (await send(handlersPath)).status, { timeout: 5_000 }).toBe(200)
  socket.destroy()
})
