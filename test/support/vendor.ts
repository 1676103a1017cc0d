import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { listenOnLoopback, readBody, sendJson } from './loopback.ts'

/** A request as the vendor got it. */
export type SeenRequest = {
  readonly method: string
  /** With its query, as it came. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One way to answer a request. It may also never answer, or cut the line. */
export type Reaction = (
  request: SeenRequest,
  response: ServerResponse,
  signal: AbortSignal,
) => void | Promise<void>

/** A vendor that a story scripts: it plays its reactions in order, the last one for ever. */
export interface Vendor extends AsyncDisposable {
  readonly origin: string
  readonly host: string
  /** What came in, oldest first. */
  readonly requests: readonly SeenRequest[]
  /** Queues reactions to the next requests, one each; replaces what was played for ever. */
  answers(...reactions: readonly Reaction[]): void
  /** Reacts to every request on this path, whatever is queued. */
  on(path: string, reaction: Reaction): void
  /** Resolves when so many requests have come in. */
  received(count: number): Promise<void>
}

export async function startVendor(): Promise<Vendor> {
  const requests: SeenRequest[] = []
  const queue: Reaction[] = []
  const routes = new Map<string, Reaction>()
  const arrivals = new EventTarget()
  const closing = new AbortController()

  function next(request: SeenRequest): Reaction {
    const routed = routes.get(request.path.split('?')[0] ?? '')
    if (routed) return routed
    const queued = queue.length > 1 ? queue.shift() : queue[0]
    return queued ?? json({ error: 'the story has no answer for this request' }, { status: 500 })
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming)
    const { method = 'GET', url: path = '/', headers } = incoming
    const request = { method, path, headers, body }
    requests.push(request)
    arrivals.dispatchEvent(new Event('arrival'))
    await next(request)(request, response, closing.signal)
  }

  const listening = await listenOnLoopback((incoming, response) => {
    // A reaction that the test's end cuts short has nobody left to tell.
    serve(incoming, response).catch(() => response.destroy())
  })
  return {
    origin: listening.origin,
    host: new URL(listening.origin).host,
    requests,
    answers(...reactions) {
      queue.splice(0, queue.length, ...reactions)
    },
    on: (path, reaction) => routes.set(path, reaction),
    async received(count) {
      while (requests.length < count) await once(arrivals, 'arrival')
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await listening[Symbol.asyncDispose]()
    },
  }
}

export type Head = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

export function json(content: unknown, head: Head = {}): Reaction {
  return text(JSON.stringify(content), 'application/json', head)
}

export function text(body: string | Buffer, type: string, head: Head = {}): Reaction {
  return (_request, response) => {
    response.writeHead(head.status ?? 200, { 'content-type': type, ...writable(head) })
    response.end(body)
  }
}

/** Answers what the request looked like, for a story to read in the outcome. */
export function echo(): Reaction {
  return (request, response) => sendJson(response, 200, request)
}

export function redirect(location: string, status = 302): Reaction {
  return (_request, response) => {
    response.writeHead(status, { location })
    response.end()
  }
}

/** Answers 429 (RFC 6585 section 4). `retryAfter` is what the header says: seconds, or a date. */
export function tooManyRequests(retryAfter?: string): Reaction {
  return json(
    { error: 'rate_limited' },
    { status: 429, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } },
  )
}

/** Compresses the body; with `lie`, says so and sends something else. */
export function compressed(coding: 'gzip' | 'deflate' | 'br', body: string, lie = false): Reaction {
  const coders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }
  const bytes = lie ? Buffer.from(body) : coders[coding](body)
  return text(bytes, 'application/json', { headers: { 'content-encoding': coding } })
}

/** Takes the request and never answers. */
export function hang(): Reaction {
  return () => {}
}

/** Cuts the line without an answer, or in the middle of one. */
export function reset(after: 'request' | 'headers' | 'half-a-body' = 'request'): Reaction {
  return async (_request, response) => {
    const { socket } = response
    if (after !== 'request') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.flushHeaders()
    }
    if (after === 'half-a-body') {
      await new Promise((resolve) => response.write('{"half":', resolve))
    }
    socket?.resetAndDestroy()
  }
}

/** Sends one byte at a time, `everyMs` apart, for ever. */
export function trickle(everyMs: number): Reaction {
  return async (_request, response, signal) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    while (!response.destroyed) {
      response.write(' ')
      await wait(everyMs, undefined, { signal })
    }
  }
}

/** Sends a valid JSON text of that many bytes; gigabytes cost no memory here. */
export function flood(bytes: number): Reaction {
  return async (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    await pipeline(Readable.from(quotedText(bytes)), response)
  }
}

function* quotedText(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(64 * 1024, 'a')
  yield Buffer.from('"')
  for (let left = bytes - 2; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
  yield Buffer.from('"')
}

/** Waits for `until`, then reacts: for stories in which two things happen at once. */
export function after(until: Promise<unknown>, reaction: Reaction): Reaction {
  return async (request, response, signal) => {
    await until
    await reaction(request, response, signal)
  }
}

function writable({ headers = {} }: Head): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  )
}
