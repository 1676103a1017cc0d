/**
 * The same login for whoever embeds the runtime: four actions over web-standard `Request` and
 * `Response`, to be mounted in any server. Who may log in for which connection is for the embedder to
 * say: every action is told its connection, and believes it.
 */
import type { JsonObject } from '../model/json.ts'
import { UsageError } from '../model/usage-error.ts'
import { type AttemptStore, memoryAttempts } from './attempts.ts'
import { arrive, beginLogin, settle } from './browser-login.ts'
import { readCallback } from './callback.ts'
import { cookieLine, readCookie } from './cookies.ts'
import type { Disconnection } from './disconnect.ts'
import type { FinishedLogin, LoginPorts, LoginTarget } from './login.ts'
import { attemptMs } from './login-attempt.ts'
import { LoginError } from './login-error.ts'
import { successPage } from './login-failure.ts'
import type { ConnectionRef } from './new-connection.ts'
import { demandReturn } from './return-to.ts'
import type { Identity } from './whoami.ts'

export type ConnectionLoginOptions = {
  /** Where `callback` is mounted, exactly as the vendor knows it. */
  readonly callbackUrl: string
  /** Origins that a browser may be sent back to, beside that of `callbackUrl`. */
  readonly allowedOrigins?: readonly string[]
  /** Where logins wait; in the memory of this process unless said. */
  readonly attempts?: AttemptStore
}

/** What the runtime does for a mounted login. */
export type ConnectionLoginPorts = LoginPorts & {
  readonly whoami: (ref: ConnectionRef, signal: AbortSignal) => Promise<Identity>
  readonly disconnect: (ref: ConnectionRef, signal: AbortSignal) => Promise<Disconnection>
}

export type BeginOptions = { readonly returnTo?: string; readonly errorMessage?: string | null }

export type ArriveOptions = {
  /** A response takes the place of the redirect, with its cookies. */
  readonly onAfterCallback?: (
    request: Request,
    response: Response,
    finished: FinishedLogin,
  ) => Response | null | Promise<Response | null>
}

const attemptCookie = 'hookline_login'

export class ConnectionLogin {
  readonly #options: ConnectionLoginOptions
  readonly #attempts: AttemptStore
  readonly #ports: ConnectionLoginPorts

  /** Throws `UsageError` (callbackUrlInvalid) for an address that no vendor would send a code to. */
  constructor(ports: ConnectionLoginPorts, options: ConnectionLoginOptions) {
    const url = URL.parse(options.callbackUrl)
    if (!url || !/^https?:$/.test(url.protocol) || url.hash !== '') {
      throw new UsageError('callbackUrlInvalid', 'callbackUrl is not an address of http or https')
    }
    this.#options = options
    this.#attempts = options.attempts ?? memoryAttempts(ports.now)
    this.#ports = ports
  }

  /**
   * Sends the browser to the vendor. Rejects with `UsageError` for a connection that cannot be made,
   * or with `LoginError` (domainInvalid, organizationIdMissing).
   */
  async login(
    request: Request,
    target: LoginTarget,
    { returnTo, errorMessage }: BeginOptions = {},
  ): Promise<Response> {
    const { searchParams } = new URL(request.url)
    const named = returnTo ?? searchParams.get('return_to')
    const { location, ticket } = await beginLogin(
      target,
      {
        attempts: this.#attempts,
        redirectUri: this.#options.callbackUrl,
        ...(named ? { returnTo: this.#demandReturn(named) } : {}),
        ...(errorMessage ? { errorMessage } : {}),
      },
      this.#ports,
    )
    return redirect(location.href, this.#cookie(ticket, keptSeconds))
  }

  /**
   * Finishes the login: the connection is stored, its values looked up, its test call made. Rejects
   * with `LoginError`: nothing is stored then, unless its code is `sessionNotVerified`.
   */
  async callback(request: Request, { onAfterCallback }: ArriveOptions = {}): Promise<Response> {
    const callback = readCallback(new URL(request.url))
    const ticket = readCookie(request.headers, attemptCookie)
    const arrival = await arrive({ callback, ticket }, this.#attempts, this.#ports)
    const finished = await settle(arrival, this.#ports, unhurried())
    const { failure } = finished.verification
    if (failure) throw new LoginError('sessionNotVerified', failure.message, { cause: failure })
    const forgotten = this.#cookie('', 0)
    const response =
      arrival.returnTo === null
        ? successPage(arrival.login.connector.title, [forgotten])
        : redirect(arrival.returnTo, forgotten)
    return (await onAfterCallback?.(request, response, finished)) ?? response
  }

  /** 200 with what the test call says of the connection, as JSON; `null` where it does not work. */
  async user(request: Request, ref: ConnectionRef): Promise<Response> {
    const { user } = await this.#ports.whoami(ref, request.signal)
    return Response.json(user, { headers: { 'cache-control': 'no-store' } })
  }

  /**
   * Ends the connection, and tells the vendor where it can be told. Answers with a redirect where
   * there is a place to return to, else with `{revocation}` as JSON.
   */
  async logout(
    request: Request,
    ref: ConnectionRef,
    { returnTo }: Pick<BeginOptions, 'returnTo'> = {},
  ): Promise<Response> {
    const named = returnTo ?? new URL(request.url).searchParams.get('return_to')
    const permitted = named ? this.#demandReturn(named) : null
    const { revocation } = await this.#ports.disconnect(ref, unhurried())
    if (permitted !== null) return redirect(permitted, this.#cookie('', 0))
    const content: JsonObject = { revocation }
    return Response.json(content, { headers: { 'cache-control': 'no-store' } })
  }

  #demandReturn(target: string): string {
    const { callbackUrl, allowedOrigins = [] } = this.#options
    return demandReturn(target, { base: callbackUrl, allowed: allowedOrigins })
  }

  #cookie(value: string, maxAge: number): string {
    const secure = new URL(this.#options.callbackUrl).protocol === 'https:'
    return cookieLine(attemptCookie, value, { maxAge, secure })
  }
}

/** Longer than the attempt itself, so that who comes too late is told so. */
const keptSeconds = (6 * attemptMs) / 1000

/** Tokens that are on their way are not lost because a browser has left; requests end by themselves. */
function unhurried(): AbortSignal {
  return new AbortController().signal
}

function redirect(location: string, cookie: string): Response {
  const headers = { location, 'set-cookie': cookie, 'cache-control': 'no-store' }
  return new Response(null, { status: 302, headers })
}
