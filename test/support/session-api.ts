import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenOnLoopback, readBody, sendJson } from './loopback.ts'

/** What a session API has seen so far. `calls` leaves logins out. */
export type SessionCounts = {
  readonly logins: number
  readonly loginsAccepted: number
  readonly calls: number
  readonly good: number
}

/** An API that wants a login first, and forgets it when it pleases. */
export interface SessionApi extends AsyncDisposable {
  readonly origin: string
  readonly username: string
  readonly password: string
  counts(): SessionCounts
  /** Forgets every session. */
  expireAll(): void
}

export type SessionApiOptions = {
  /** A session dies after that many calls; unless said, only by `expireAll`. */
  readonly usesPerSession?: number
}

type Answer = { readonly status: number; readonly content: unknown }

/** How a dead session is answered, by the first part of the path. */
const rejections: Readonly<Record<string, Answer>> = {
  'by-200': { status: 200, content: { error_code: 'You are not logged on.' } },
  'by-403': { status: 403, content: { message: 'The session has ended.' } },
}

/**
 * Starts an API with sessions: `POST /login` with `{username, password}` answers
 * `{session: {id}, expires}`; `/by-200/…` and `/by-403/…` want that id in the header `X-Session`.
 */
export async function startSessionApi(options: SessionApiOptions = {}): Promise<SessionApi> {
  const username = 'ada'
  const password = 'correct horse battery staple'
  const counts = { logins: 0, loginsAccepted: 0, calls: 0, good: 0 }
  /** Session id → uses left. */
  const sessions = new Map<string, number>()

  function logIn(body: string): Answer {
    counts.logins += 1
    const given = JSON.parse(body) as { username?: unknown; password?: unknown }
    if (given.username !== username || given.password !== password) {
      return { status: 401, content: { error_code: 'Wrong user name or password.' } }
    }
    counts.loginsAccepted += 1
    const id = randomUUID()
    sessions.set(id, options.usesPerSession ?? Number.POSITIVE_INFINITY)
    return { status: 200, content: { session: { id }, expires: '2099-01-01T00:00:00Z' } }
  }

  function answer(request: IncomingMessage): Answer {
    counts.calls += 1
    const rejection = rejections[request.url?.split('/')[1] ?? '']
    if (!rejection) return { status: 404, content: { message: 'There is nothing here.' } }
    const id = String(request.headers['x-session'] ?? '')
    const left = sessions.get(id) ?? 0
    if (left === 0) return rejection
    sessions.set(id, left - 1)
    counts.good += 1
    const invoices = [{ number: 'A-1001', total: 120 }]
    return { status: 200, content: { invoices, asked: counts.good } }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    const isLogin = request.method === 'POST' && request.url === '/login'
    const { status, content } = isLogin ? logIn(body) : answer(request)
    sendJson(response, status, content)
  }

  const listening = await listenOnLoopback((request, response) => {
    void serve(request, response)
  })
  return {
    origin: listening.origin,
    username,
    password,
    counts: () => ({ ...counts }),
    expireAll: () => sessions.clear(),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}
