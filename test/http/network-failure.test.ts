import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createSend } from '../../runtime/http/send.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import {
  fixture,
  get,
  listen,
  never,
  ok,
  openSend,
  policy,
  request,
  startTls,
  startUpstream,
  textOf,
} from './upstream.ts'

const extraCaFile = fixture('localhost.cert.pem')

describe('createSend() and TLS: a connection', () => {
  test('is made with an authority of the operator’s, for HTTP/1.1', async () => {
    const { port, protocols } = await startTls()
    const origin = `https://localhost:${port}`
    const reply = await openSend({ extraCaFile })(request(origin), policy([origin]), never)
    expect(textOf(reply)).toBe('over TLS')
    expect(protocols).toEqual(['http/1.1'])
  })

  test('is not made with an authority that nobody trusts', async () => {
    const { port } = await startTls()
    const origin = `https://localhost:${port}`
    await expect(openSend()(request(origin), policy([origin]), never)).rejects.toMatchObject({
      type: 'ConnectionError',
      reason: 'tls',
      message: `Failed to establish a connection with ${origin}/: its certificate is not signed by an authority that is trusted here (DEPTH_ZERO_SELF_SIGNED_CERT)`,
    })
  })

  test('is not made without trust, whatever the environment says', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    onTestFinished(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    })
    const { port } = await startTls()
    const origin = `https://localhost:${port}`
    const sent = openSend()(request(origin), policy([origin]), never)
    await expect(sent).rejects.toMatchObject({ reason: 'tls' })
  })

  test('is not made with an expired certificate', async () => {
    const { port } = await startTls('expired.cert.pem')
    const origin = `https://localhost:${port}`
    const sent = openSend({ extraCaFile })(request(origin), policy([origin]), never)
    await expect(sent).rejects.toMatchObject({
      reason: 'tls',
      message: expect.stringContaining('its certificate has expired'),
    })
  })

  test('is not made with a certificate for another name', async () => {
    const { port } = await startTls()
    const origin = `https://other.example:${port}`
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }]
    const sent = openSend({ extraCaFile, lookup })(request(origin), policy([origin]), never)
    await expect(sent).rejects.toMatchObject({
      reason: 'tls',
      message: expect.stringContaining('its certificate is for another name'),
    })
  })

  test('is not made where no TLS is spoken', async () => {
    const upstream = await startUpstream(ok)
    const origin = `https://127.0.0.1:${upstream.port}`
    const plain = createHttpServer((_request, response) => response.end('plain'))
    const plainOrigin = `https://127.0.0.1:${await listen(plain)}`
    const sent = openSend()(request(plainOrigin), policy([origin, plainOrigin]), never)
    await expect(sent).rejects.toMatchObject({ type: 'ConnectionError', reason: 'tls' })
  })

  test('is not left for one without TLS', async () => {
    const upstream = await startUpstream(ok)
    const server = createHttpsServer({
      key: readFileSync(fixture('localhost.key.pem')),
      cert: readFileSync(fixture('localhost.cert.pem')),
    })
    server.on('request', (_request, response) => {
      response.writeHead(302, { location: `${upstream.origin}/` }).end()
    })
    const origin = `https://localhost:${await listen(server)}`
    const sent = openSend({ extraCaFile })(
      request(origin),
      policy([origin, upstream.origin]),
      never,
    )
    await expect(sent).rejects.toMatchObject({
      reason: 'redirect',
      message: `${origin}/ redirects from https to http`,
    })
    expect(upstream.received).toEqual([])
  })
})

describe('createSend() with an extraCaFile', () => {
  test('must be there, and hold a certificate', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookline-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const empty = join(folder, 'empty.pem')
    writeFileSync(empty, 'nothing')
    expect(() => createSend({ extraCaFile: join(folder, 'absent.pem') })).toThrow(UsageError)
    expect(() => createSend({ extraCaFile: empty })).toThrow(
      `The certificate file ${empty} cannot be used`,
    )
  })
})

describe('networkFailure() says that a connection failed', () => {
  test('because nothing listens', async () => {
    const server = createHttpServer()
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    )
    await new Promise((resolve) => server.close(resolve))
    const origin = `http://127.0.0.1:${port}`
    const sent = openSend()(request(`${origin}/a?key=secret`), policy([origin]), never)
    await expect(sent).rejects.toMatchObject({
      type: 'ConnectionError',
      reason: 'connect',
      message: `Failed to establish a connection with ${origin}/a: nothing listens there (ECONNREFUSED)`,
    })
  })

  test.each([
    ['at once', ''],
    ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
    [
      'in a compressed body',
      'HTTP/1.1 200 OK\r\ncontent-length: 30\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08',
    ],
    ['in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nha'],
  ])('because it is reset %s', async (_when, text) => {
    const upstream = await startUpstream((socket) => {
      if (text === '') socket.resetAndDestroy()
      else socket.write(text, 'latin1', () => setImmediate(() => socket.resetAndDestroy()))
    })
    await expect(get(upstream)).rejects.toMatchObject({ type: 'ConnectionError', reason: 'reset' })
  })

  test.each([
    ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nha'],
  ])('because it is closed %s', async (_when, text) => {
    const upstream = await startUpstream((socket) => socket.end(text))
    await expect(get(upstream)).rejects.toMatchObject({ type: 'ConnectionError' })
  })

  test('because what comes back is not HTTP', async () => {
    const upstream = await startUpstream((socket) => socket.write('SSH-2.0-OpenSSH_9\r\n'))
    await expect(get(upstream)).rejects.toMatchObject({
      type: 'ConnectionError',
      reason: 'protocol',
      message: expect.stringContaining('what came back is not HTTP'),
    })
  })
})
