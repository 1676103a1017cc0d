/** Who serves the two addresses of a login on the loopback address. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { memoryAttempts } from './attempts.ts'
import { type Arrival, arrive, beginLogin, settle } from './browser-login.ts'
import { readCallback } from './callback.ts'
import { cookieLine, readCookie } from './cookies.ts'
import type { FinishedLogin, LoginPorts, LoginTarget } from './login.ts'
import { attemptMs } from './login-attempt.ts'
import { LoginError } from './login-error.ts'
import { failurePage, failureResponse, loginErrorOf, successPage } from './login-failure.ts'

export type DeskParts = {
  readonly target: LoginTarget
  /** Whether a login that failed may be tried again. */
  readonly retry: boolean
  readonly onRefused: ((error: LoginError) => void) | undefined
  readonly ports: LoginPorts
  readonly signal: AbortSignal
  readonly origin: string
  readonly path: string
}

export class Desk {
  readonly #parts: DeskParts
  readonly #attempts
  readonly #end = Promise.withResolvers<FinishedLogin>()
  #settling = false
  #late: unknown = null

  constructor(parts: DeskParts) {
    this.#parts = parts
    this.#attempts = memoryAttempts(parts.ports.now)
    this.finished.catch(() => {})
  }

  get finished(): Promise<FinishedLogin> {
    return this.#end.promise
  }

  succeeded(): Promise<boolean> {
    return this.finished.then(
      () => true,
      () => false,
    )
  }

  giveUp(reason: unknown): void {
    this.#end.reject(reason)
  }

  /** Ends the waiting, but not a login that is being finished: what comes of it counts. */
  runOut(reason: unknown): void {
    this.#late = reason
    if (!this.#settling) this.giveUp(reason)
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    incoming.resume()
    try {
      const { response, after } = await this.#answer(incoming)
      await write(response, outgoing)
      after?.()
    } catch (error) {
      await write(failureResponse(error), outgoing)
      this.giveUp(error)
    }
  }

  /** What is answered, and what is to happen once it has been. */
  async #answer(incoming: IncomingMessage): Promise<Answer> {
    const { origin, path } = this.#parts
    // A name that points here does not make its page ours: only our own address is answered.
    if (`http://${incoming.headers.host}` !== origin) {
      return { response: failureResponse(new LoginError('domainInvalid')) }
    }
    const url = URL.parse(incoming.url ?? '', origin)
    if (incoming.method !== 'GET' || url?.origin !== origin) {
      return { response: failureResponse(new LoginError('entityInvalid', 'Only GET is answered.')) }
    }
    const request = new Request(url, { headers: headersOf(incoming) })
    if (url.pathname === path) return this.#finish(request)
    if (url.pathname === '/login') return { response: await this.#begin(request) }
    return {
      response: failureResponse(
        new LoginError('entityMissing', 'There is nothing at this address.'),
      ),
    }
  }

  async #begin(request: Request): Promise<Response> {
    const { target, ports, origin, path } = this.#parts
    const errorMessage = new URL(request.url).searchParams.get('error_message')
    const { location, ticket } = await beginLogin(
      target,
      {
        attempts: this.#attempts,
        redirectUri: `${origin}${path}`,
        ...(errorMessage ? { errorMessage } : {}),
      },
      ports,
    )
    const headers = { location: location.href, 'cache-control': 'no-store' }
    const response = new Response(null, { status: 302, headers })
    response.headers.set('referrer-policy', 'no-referrer')
    response.headers.set('set-cookie', this.#cookie(ticket, (6 * attemptMs) / 1000))
    return response
  }

  async #finish(request: Request): Promise<Answer> {
    const { ports } = this.#parts
    let arrival: Arrival
    try {
      const callback = readCallback(new URL(request.url))
      const ticket = readCookie(request.headers, this.#cookieName())
      arrival = await arrive({ callback, ticket }, this.#attempts, ports)
    } catch (error) {
      // Not an answer to a login of ours, or too late: whoever is at it is not disturbed.
      return { response: failurePage(demandLoginError(error), '/login') }
    }
    return this.#settle(arrival)
  }

  async #settle(arrival: Arrival): Promise<Answer> {
    const { ports, signal, onRefused } = this.#parts
    this.#settling = true
    try {
      const finished = await settle(arrival, ports, signal)
      const { failure } = finished.verification
      const unverified = failure && new LoginError('sessionNotVerified', failure.message)
      return {
        response: unverified
          ? failurePage(unverified, null)
          : successPage(arrival.login.connector.title, [this.#cookie('', 0)]),
        after: () => this.#end.resolve(finished),
      }
    } catch (error) {
      const refusal = demandLoginError(error)
      const retry = this.#parts.retry && this.#late === null
      const after = retry ? () => onRefused?.(refusal) : () => this.giveUp(refusal)
      return { response: failurePage(refusal, retry ? '/login' : null), after }
    } finally {
      this.#settling = false
    }
  }

  /** Cookies do not tell ports apart, and two logins may be under way on one machine. */
  #cookieName(): string {
    return `hookline_login_${new URL(this.#parts.origin).port || '80'}`
  }

  #cookie(value: string, maxAge: number): string {
    return cookieLine(this.#cookieName(), value, { maxAge, secure: false })
  }
}

type Answer = { readonly response: Response; readonly after?: () => void }

function demandLoginError(error: unknown): LoginError {
  const known = loginErrorOf(error)
  if (known) return known
  throw error
}

function headersOf(incoming: IncomingMessage): Headers {
  const { cookie } = incoming.headers
  return new Headers(cookie === undefined ? {} : { cookie })
}

/** Resolves when the answer has gone out, or nobody is there to take it any more. */
async function write(response: Response, outgoing: ServerResponse): Promise<void> {
  const gone = new Promise<void>((resolve) => outgoing.once('close', () => resolve()))
  const headers: string[] = ['connection', 'close']
  for (const [name, value] of response.headers) headers.push(name, value)
  outgoing.writeHead(response.status, headers)
  outgoing.end(await response.text())
  await gone
}
