/**
 * Login by CentralAuth for any server that speaks `Request` and `Response`: the four actions under
 * the names, options and answers of the library that its guide uses, so that the guide's code runs.
 */
import { challengeOf } from '../auth/authorization.ts'
import type { JsonObject } from '../model/json.ts'
import { Secret } from '../model/secret.ts'
import { type AttemptStore, sealedAttempts } from './attempts.ts'
import { demandCode, readCallback } from './callback.ts'
import { CentralAuthApi, type Visitor } from './central-auth-api.ts'
import { cookieLine, readCookie } from './cookies.ts'
import { attemptMs, beginAttempt, takeAttempt } from './login-attempt.ts'
import { LoginError } from './login-error.ts'
import { demandReturn, permitReturn } from './return-to.ts'

export type CentralAuthOptions = {
  /** Null leaves it out of the login; undefined is a mistake. */
  readonly clientId: string | null | undefined
  readonly secret: string | undefined
  /** `https://centralauth.com`, or a domain of one's own. Plain http on the loopback address only. */
  readonly authBaseUrl: string | undefined
  /** Where `callback` is mounted. */
  readonly callbackUrl: string | undefined
  /** Origins that a browser may be sent back to, beside that of `callbackUrl`. */
  readonly allowedOrigins?: readonly string[]
  /** Where logins wait. Unless said, encrypted in a cookie, by a key made from `secret`. */
  readonly attempts?: AttemptStore
  readonly fetch?: typeof globalThis.fetch
  /** Of one request to CentralAuth, in milliseconds; 10,000 unless said. */
  readonly timeoutMs?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export type LoginOptions = {
  readonly returnTo?: string | null
  readonly email?: string | null
  /** Comes back to `onStateReceived`. It must not be guessable; made up unless given. */
  readonly state?: string | null
  /** Shown by the login page: why the last attempt failed. */
  readonly errorMessage?: string | null
}

export type CallbackOptions = {
  readonly onStateReceived?: (request: Request, state: string) => boolean | Promise<boolean>
  /** A response takes the place of the redirect, with its cookies. */
  readonly onAfterCallback?: (
    request: Request,
    response: Response,
    user: JsonObject,
    // biome-ignore lint/suspicious/noConfusingVoidType: a callback without a return is what it allows
  ) => Response | null | undefined | void | Promise<Response | null | undefined | void>
}

export type LogoutOptions = {
  readonly returnTo?: string | null
  /** Ends the session at CentralAuth as well, and so for every application. */
  readonly logoutSessionWide?: boolean
}

const tokenCookie = 'access_token'
/** As versions before 1.0 of the library wrote it. */
const olderTokenCookie = 'accessToken'
const attemptCookie = 'login_attempt'
const oneYear = 31_536_000

export class CentralAuthClass {
  readonly #clientId: string | null
  readonly #baseUrl: string
  readonly #callbackUrl: string
  readonly #allowed: readonly string[]
  readonly #attempts: AttemptStore
  readonly #api: CentralAuthApi
  readonly #now: () => number

  /** Throws `LoginError` where an option is missing; of several, the last of their order. */
  constructor(options: CentralAuthOptions) {
    const { clientId, secret, authBaseUrl, callbackUrl } = demandOptions(options)
    this.#clientId = clientId
    this.#baseUrl = authBaseUrl
    this.#callbackUrl = callbackUrl
    this.#allowed = options.allowedOrigins ?? []
    this.#attempts = options.attempts ?? sealedAttempts(secret)
    this.#now = options.now ?? Date.now
    this.#api = new CentralAuthApi({
      ...{ baseUrl: authBaseUrl, clientId, secret },
      fetch: options.fetch ?? globalThis.fetch,
      timeoutMs: options.timeoutMs ?? 10_000,
    })
  }

  /** Sends the browser to the login page. Rejects with `LoginError` (domainInvalid). */
  async login(request: Request, options: LoginOptions = {}): Promise<Response> {
    const redirectUri = new URL(this.#callbackUrl)
    redirectUri.searchParams.set('return_to', this.#returnOfLogin(request, options.returnTo))
    const { attempt, ticket } = await beginAttempt(
      this.#attempts,
      {
        // The token request repeats the bare address, without the place to return to.
        redirectUri: this.#callbackUrl,
        purpose: {},
        ...(options.state ? { state: options.state } : {}),
      },
      this.#now(),
    )
    const url = new URL(`${this.#baseUrl}/login`)
    const parameters = {
      redirect_uri: redirectUri.href,
      client_id: this.#clientId,
      response_type: 'code',
      state: attempt.state,
      code_challenge: challengeOf(attempt.verifier),
      code_challenge_method: 'S256',
      email: options.email,
      error_message: options.errorMessage,
    }
    for (const [name, value] of Object.entries(parameters)) {
      if (value) url.searchParams.set(name, value)
    }
    return redirect(url.href, [this.#cookie(attemptCookie, ticket, keptSeconds)])
  }

  /**
   * Finishes a login: stores the access token in a cookie and sends the browser on. Rejects with
   * `LoginError`; a login that fails leaves no cookie behind.
   */
  async callback(request: Request, options: CallbackOptions = {}): Promise<Response> {
    const url = new URL(request.url)
    const back = readCallback(url)
    if (back.state && options.onStateReceived) {
      const known = await options.onStateReceived(request, back.state)
      if (!known) throw new LoginError('stateInvalid', 'State verification failed.')
    }
    const ticket = readCookie(request.headers, attemptCookie)
    const attempt = await takeAttempt(this.#attempts, { state: back.state, ticket }, this.#now())
    const code = demandCode(back)
    const returnTo = this.#returnOf(url, url.searchParams.get('return_to'))
    const granted = await this.#api.verify({ ...attempt, code }, (text) => new Secret(text))
    const user = await this.#userOf(granted.accessToken, request.headers)
    const response = redirect(returnTo, [
      this.#cookie(tokenCookie, cookieValue(granted.accessToken), granted.expiresIn ?? oneYear),
      this.#cookie(attemptCookie, '', 0),
    ])
    return (await options.onAfterCallback?.(request, response, user)) ?? response
  }

  /** 200 with the user as JSON; with `null`, and the cookie cleared, where nobody is logged in. */
  async user(request: Request | Headers): Promise<Response> {
    try {
      const user = await this.getUserData(request)
      if (user) return Response.json(user, { headers: uncached })
    } catch (error) {
      if (!(error instanceof LoginError)) throw error
    }
    return Response.json(null, { headers: [...uncached, ...this.#forgetToken()] })
  }

  /** The user, or null where there is no token. Rejects with `LoginError` where it is no good. */
  async getUserData(request: Request | Headers): Promise<JsonObject | null> {
    const headers = request instanceof Headers ? request : request.headers
    const token = tokenOf(headers)
    return token && this.#userOf(token, headers)
  }

  /** Forgets the token, and sends the browser on. Rejects with `LoginError` (domainInvalid). */
  async logout(request: Request, options: LogoutOptions = {}): Promise<Response> {
    const url = new URL(request.url)
    const returnTo = this.#returnOf(url, options.returnTo || url.searchParams.get('return_to'))
    const token = tokenOf(request.headers)
    if (options.logoutSessionWide && token) {
      await this.#api.logout(token).catch((error: unknown) => {
        if (!(error instanceof LoginError)) throw error
      })
    }
    return redirect(
      returnTo,
      this.#forgetToken().map(([, line]) => line),
    )
  }

  #userOf(token: Secret, headers: Headers): Promise<JsonObject> {
    return this.#api.userinfo(token, new URL(this.#callbackUrl).origin, visitorOf(headers))
  }

  /** What was asked for, then where the browser came from, as far as it may go back there. */
  #returnOfLogin(request: Request, configured: string | null | undefined): string {
    const url = new URL(request.url)
    const named = configured || url.searchParams.get('return_to')
    const referer = URL.parse(request.headers.get('referer') ?? '')
    const fromLogin = referer?.origin === new URL(this.#baseUrl).origin
    const back = named || fromLogin || !referer ? null : permitReturn(referer.href, this.#places())
    return back ?? this.#returnOf(url, named)
  }

  /** A named place must be allowed; else it is the request's own origin, as far as that is known. */
  #returnOf(url: URL, named: string | null): string {
    if (named) return demandReturn(named, this.#places())
    return permitReturn(url.origin, this.#places()) ?? new URL(this.#callbackUrl).origin
  }

  #places(): { readonly base: string; readonly allowed: readonly string[] } {
    return { base: this.#callbackUrl, allowed: this.#allowed }
  }

  #forgetToken(): [string, string][] {
    return [tokenCookie, olderTokenCookie].map((name) => ['set-cookie', this.#cookie(name, '', 0)])
  }

  #cookie(name: string, value: string, maxAge: number): string {
    return cookieLine(name, value, { maxAge, secure: !isLoopback(this.#callbackUrl) })
  }
}

/** Longer than the attempt itself, so that who comes too late is told so. */
const keptSeconds = (6 * attemptMs) / 1000
const uncached: [string, string][] = [['cache-control', 'no-store']]

type Demanded = {
  readonly clientId: string | null
  readonly secret: Secret
  readonly authBaseUrl: string
  readonly callbackUrl: string
}

function demandOptions({
  clientId,
  secret,
  authBaseUrl,
  callbackUrl,
}: CentralAuthOptions): Demanded {
  if (!authBaseUrl) throw new LoginError('authBaseUrlMissing')
  if (!callbackUrl) throw new LoginError('callbackUrlMissing')
  if (!secret) throw new LoginError('secretMissing')
  if (clientId === undefined || clientId === '') throw new LoginError('organizationIdMissing')
  if (!isSafe(callbackUrl)) throw new LoginError('callbackUrlInvalid')
  if (!isSafe(authBaseUrl)) {
    throw new LoginError('entityInvalid', 'authBaseUrl must be https: the secret goes there.')
  }
  return {
    ...{ clientId, callbackUrl, secret: new Secret(secret) },
    authBaseUrl: authBaseUrl.replace(/\/+$/, ''),
  }
}

function isSafe(text: string): boolean {
  return URL.parse(text)?.protocol === 'https:' || isLoopback(text)
}

function isLoopback(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'http:' && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
}

/** RFC 6750 section 2.1; another scheme's header says nothing of the cookie. */
function tokenOf(headers: Headers): Secret | null {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  const token = bearer ?? readCookie(headers, tokenCookie) ?? readCookie(headers, olderTokenCookie)
  return token === null || token === undefined ? null : new Secret(token)
}

/** A token that no cookie can hold would end the line, and begin one of its own. */
function cookieValue(token: Secret): string {
  const value = token.reveal()
  if (/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(value)) return value
  throw new LoginError('entityInvalid', 'The access token cannot be kept in a cookie.')
}

function visitorOf(headers: Headers): Visitor {
  const forwarded = headers.get('x-forwarded-for')?.split(',')[0]?.trim()
  return {
    ip: forwarded || headers.get('x-real-ip') || '0.0.0.0',
    userAgent: headers.get('user-agent') || 'native',
    deviceId: headers.get('device-id'),
  }
}

function redirect(location: string, cookies: readonly string[]): Response {
  return new Response(null, {
    status: 302,
    headers: [
      ['location', location],
      ...uncached,
      ...cookies.map((line): [string, string] => ['set-cookie', line]),
    ],
  })
}
