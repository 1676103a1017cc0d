import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createSend, type SendOptions } from '../../runtime/http/send.ts'
import type { Reply, WireRequest } from '../../runtime/model/call.ts'
import type { EgressPolicy, Send } from '../../runtime/model/ports.ts'

/** A TCP server that says exactly the bytes it is told to, and keeps those it was sent. */
export type Upstream = {
  readonly port: number
  readonly origin: string
  /** One text per connection, as it came (Latin-1). */
  readonly received: readonly string[]
}

export type Answer = (socket: Socket, request: string) => void

/** Starts an upstream on 127.0.0.1 which answers each whole request; it ends with its test. */
export async function startUpstream(answer: Answer): Promise<Upstream> {
  const received: string[] = []
  const server = createServer((socket) => {
    const index = received.push('') - 1
    let pending = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received[index] += chunk.toString('latin1')
      pending += chunk.toString('latin1')
      if (!isWhole(pending)) return
      const request = pending
      pending = ''
      answer(socket, request)
    })
  })
  const port = await listen(server)
  return { port, origin: `http://127.0.0.1:${port}`, received }
}

/** Says one fixed answer to every request. */
export function says(...lines: readonly string[]): Answer {
  return (socket) => socket.write(lines.join('\r\n'), 'latin1')
}

/** An answer with the right length: status line, headers, empty line, body. */
export function answerOf(
  status: string,
  headers: readonly string[],
  body: string | Buffer,
): Buffer {
  const bytes = Buffer.from(body)
  const head = [`HTTP/1.1 ${status}`, ...headers, `content-length: ${bytes.length}`, '', '']
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes])
}

export const ok: Answer = (socket) => socket.write(answerOf('200 OK', [], 'fine'))

export function redirectTo(location: string, status = 302): Answer {
  return (socket) => socket.write(answerOf(`${status} Moved`, [`location: ${location}`], ''))
}

/** Listens on a random port of 127.0.0.1 until the test is over. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

/** A `send` which is disposed of when the test is over. */
export function openSend(options: SendOptions = {}): Send {
  const opened = createSend(options)
  onTestFinished(() => opened[Symbol.asyncDispose]())
  return opened.send
}

export function request(url: string, fields: Partial<WireRequest> = {}): WireRequest {
  return { verb: 'GET', url, headers: {}, body: null, credentialHeaders: [], ...fields }
}

/** A policy for these origins, with loopback allowed. */
export function policy(
  origins: readonly string[],
  fields: Partial<EgressPolicy> = {},
): EgressPolicy {
  return {
    origins: origins.map((origin) => ({ origin, pathPrefix: '/' })),
    allowPrivate: ['127.0.0.0/8', '::1/128'],
    requestMs: 5000,
    responseBytes: 1024 * 1024,
    ...fields,
  }
}

export const never: AbortSignal = new AbortController().signal

/** Sends to one upstream, under a policy that allows that one. */
export async function get(
  upstream: Upstream,
  fields: Partial<WireRequest> & { readonly path?: string } = {},
  limits: Partial<EgressPolicy> = {},
): Promise<Reply> {
  const { path = '/', ...rest } = fields
  const send = openSend()
  return await send(
    request(`${upstream.origin}${path}`, rest),
    policy([upstream.origin], limits),
    never,
  )
}

export function textOf(reply: Reply): string {
  return Buffer.from(reply.body).toString('utf8')
}

function isWhole(message: string): boolean {
  const [head = '', ...rest] = message.split('\r\n\r\n')
  if (rest.length === 0) return false
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  return rest.join('\r\n\r\n').length >= length
}

/** A file among the fixtures: a certificate for localhost, its key, and one that has expired. */
export function fixture(name: string): string {
  return new URL(`fixtures/${name}`, import.meta.url).pathname
}

/** A TLS server for HTTP/2 and 1.1, which keeps the protocols that its clients agreed to. */
export async function startTls(certificate = 'localhost.cert.pem') {
  const server = createSecureServer({
    allowHTTP1: true,
    key: readFileSync(fixture('localhost.key.pem')),
    cert: readFileSync(fixture(certificate)),
  })
  const protocols: unknown[] = []
  server.on('request', (incoming, response) => {
    protocols.push((incoming.socket as { alpnProtocol?: unknown }).alpnProtocol)
    response.end('over TLS')
  })
  return { port: await listen(server), protocols }
}
