/**
 * The HTTP surface, for programs on this machine or behind somebody's proxy. Binds the loopback
 * interface unless told otherwise, lets nobody in without a token, speaks JSON only.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { UsageError } from '../model/usage-error.ts'
import type { AppStore } from '../route/app-store.ts'
import { StoreFailure } from '../store/store-failure.ts'
import { type Answer, answerFor, notFound, refusal } from './answer.ts'
import type {
  CallJobs,
  Calls,
  Exchange,
  Route,
  ServerEvent,
  ServerLimits,
  ServerParts,
} from './exchange.ts'
import { bearerOf, type Caller, type Guard, visitorOf } from './guard.ts'
import { isForUs, loopbackHosts } from './hosts.ts'
import { Metrics } from './metrics.ts'
import { findRoute } from './routes.ts'
import { tooMany } from './turns.ts'
import { demandWebhookSecret, withoutKey } from './webhook-address.ts'
import type { WebhookOptions } from './webhooks.ts'

export type ServerOptions = {
  /** A runtime. It is not disposed of with the server. */
  readonly calls: Calls
  readonly apps: AppStore | null
  readonly guard: Guard
  /** Keeps calls for later, which a worker makes. None are unless said. */
  readonly jobs?: CallJobs | null
  /** Takes what vendors send. Nothing is taken unless said. */
  readonly webhooks?: WebhookOptions | null
  /** 127.0.0.1 unless said. */
  readonly host?: string
  /** Any free one unless said. */
  readonly port?: number
  /** Names, `name` or `name:port`, under which it may be called, beside those of the loopback. */
  readonly hosts?: readonly string[]
  readonly limits?: Partial<ServerLimits>
  readonly log?: (event: ServerEvent) => void
}

/** A server that listens. Disposing of it lets begun requests end, and takes no new ones. */
export interface RunningServer extends AsyncDisposable {
  /** `http://127.0.0.1:8080`. */
  readonly origin: string
}

const usualLimits: ServerLimits = {
  bodyBytes: 1024 * 1024,
  requests: 64,
  callsPerTenant: 16,
  headersMs: 10_000,
  requestMs: 30_000,
  answerMs: 30_000,
  drainMs: 30_000,
}

/**
 * Starts a server. Rejects with the system's error where it cannot listen, and with `UsageError`
 * (`entityInvalid`) where the secret of the webhooks is too short.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits = { ...usualLimits, ...options.limits }
  const { calls, apps, guard, jobs = null, webhooks = null, log = () => {} } = options
  if (webhooks !== null) demandWebhookSecret(webhooks.secret)
  const metrics = new Metrics()
  const parts = { calls, apps, guard, jobs, webhooks, limits, metrics, busy: new Map(), log }
  const desk = new Desk(parts, options)
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
      keepAliveTimeout: 5_000,
      // Ours to refuse, as all else: with a body.
      requireHostHeader: false,
    },
    (request, response) => void desk.take(request, response),
  )
  server.maxConnections = 1_000
  server.on('checkExpectation', (request, response) => void desk.take(request, response))
  server.on('clientError', refuseGarbage)
  await listen(server, options)
  return { origin: originOf(server), [Symbol.asyncDispose]: () => desk.close(server) }
}

/** Where requests come in, one by one, and are counted until they are answered. */
class Desk {
  readonly #parts: ServerParts
  readonly #hosts: ReadonlySet<string>
  readonly #stop = new AbortController()
  readonly #open = new Set<Promise<void>>()
  #isClosing = false

  constructor(parts: ServerParts, { hosts = [] }: ServerOptions) {
    this.#parts = parts
    this.#hosts = new Set([...loopbackHosts, ...hosts].map((name) => name.toLowerCase()))
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = this.#serve(request, response)
    this.#open.add(work)
    await work
    this.#open.delete(work)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now()
    const gone = new AbortController()
    response.once('close', () => gone.abort(new Error('the caller went away')))
    const signal = AbortSignal.any([gone.signal, this.#stop.signal])
    const seen: { caller: Caller | null } = { caller: null }
    let answer: Answer
    try {
      answer = await this.#answer(request, { signal, seen })
    } catch (error) {
      answer = this.#failed(error, signal.aborted || request.errored !== null)
    }
    const { status } = answer
    this.#parts.metrics.count('hookline_http_requests_total', { status: String(status) })
    send(response, answer, this.#isClosing || isUnread(request))
    const [path = ''] = withoutKey(request.url ?? '').split('?')
    const tenant = seen.caller?.tenant ?? null
    const ms = performance.now() - began
    this.#parts.log({ kind: 'answered', verb: request.method ?? '', path, status, ms, tenant })
    await this.#taken(response)
  }

  /** An answer may be large, and is in memory until it was taken: its request counts so long. */
  async #taken(response: ServerResponse): Promise<void> {
    if (response.closed) return
    const giveUp = () => response.destroy()
    const { promise, resolve } = Promise.withResolvers<void>()
    response.once('close', resolve)
    const { answerMs } = this.#parts.limits
    const { signal } = this.#stop
    response.setTimeout(answerMs, giveUp)
    const tooSlow = setTimeout(giveUp, signal.aborted ? 1_000 : 10 * answerMs)
    signal.addEventListener('abort', giveUp)
    await promise
    signal.removeEventListener('abort', giveUp)
    clearTimeout(tooSlow)
  }

  async #answer(
    request: IncomingMessage,
    { signal, seen }: { readonly signal: AbortSignal; readonly seen: { caller: Caller | null } },
  ): Promise<Answer> {
    if (!isForUs(request.headers, this.#hosts)) return refusal('domainInvalid')
    if (this.#isClosing) return stopping()
    const found = findRoute(request.method ?? '', request.url ?? '')
    if (found.kind === 'no-such-path') return notFound()
    if (found.kind === 'no-such-verb') return wrongVerb(found.allow)
    const { route, parameters } = found
    if (route.open !== true && this.#open.size >= this.#parts.limits.requests) return tooMany()
    const caller = route.admit
      ? route.admit(parameters, this.#parts)
      : await this.#admit(request, route, signal)
    if (caller === null) return route.admit ? notFound() : unknownCaller()
    seen.caller = caller
    const exchange: Exchange = { request, parameters, caller, signal, parts: this.#parts }
    return await route.run(exchange)
  }

  async #admit(
    request: IncomingMessage,
    route: Route,
    signal: AbortSignal,
  ): Promise<Caller | null> {
    if (route.open === true) return nobody
    const token = bearerOf(request)
    if (token === null) return null
    try {
      return await this.#parts.guard(token, visitorOf(request), signal)
    } catch (error) {
      if (error instanceof StoreFailure) throw error
      if (error instanceof UsageError && error.errorCode === 'networkError') throw error
      throw new Error('nobody can be let in', { cause: error })
    }
  }

  /** Who went away gets no answer, whatever it says. */
  #failed(error: unknown, isGone: boolean): Answer {
    if (isGone) return stopping()
    const answer = answerFor(error)
    if (answer.status >= 500) this.#parts.log({ kind: 'bug', error })
    return answer
  }

  /** Ends when everything that was begun has its answer, or was given up at the deadline. */
  async close(server: Server): Promise<void> {
    this.#isClosing = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    const deadline = setTimeout(
      () => this.#stop.abort(new Error('the server stops')),
      this.#parts.limits.drainMs,
    )
    while (this.#open.size > 0) await Promise.allSettled(this.#open)
    clearTimeout(deadline)
    server.closeIdleConnections()
    const cut = setTimeout(() => server.closeAllConnections(), 1_000)
    await closed
    clearTimeout(cut)
  }
}

const nobody: Caller = { tenant: '', groups: new Set(), readOnly: true, operator: false }

function unknownCaller(): Answer {
  const headers = { 'www-authenticate': 'Bearer' }
  return refusal('tokenInvalid', 'An access token is missing in this request, or is not known.', {
    headers,
  })
}

function wrongVerb(allow: readonly string[]): Answer {
  const list = allow.join(', ')
  const headers = { allow: list }
  return refusal('entityInvalid', `This path knows ${list}.`, { status: 405, headers })
}

function stopping(): Answer {
  return refusal('genericError', 'The server is being stopped.', { status: 503 })
}

/** A connection whose request was not read to its end is of no use for another one. */
function isUnread({ headers, complete }: IncomingMessage): boolean {
  const isEmpty = headers['transfer-encoding'] === undefined && !Number(headers['content-length'])
  return !isEmpty && !complete
}

function send(response: ServerResponse, answer: Answer, isLast: boolean): void {
  const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  response.writeHead(answer.status, {
    ...(text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(isLast ? { connection: 'close' } : {}),
    ...answer.headers,
  })
  response.end(text)
}

/** What is no HTTP, too long, or too late gets its answer by hand: there is no response for it. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, reason] = garbage[error.code ?? ''] ?? ['400 Bad Request', 'This is no HTTP.']
  const text = JSON.stringify(refusal('entityInvalid', reason).body)
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  )
}

const garbage: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The headers are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request did not come in time.'],
}

async function listen(server: Server, { host = '127.0.0.1', port = 0 }: ServerOptions) {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  await promise
  server.off('error', reject)
}

function originOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}`
}
