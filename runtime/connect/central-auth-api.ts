/** The three requests that CentralAuth's server side knows; each failure comes out as a `LoginError`. */
import { isJsonObject, type Json, type JsonObject, parseJson } from '../model/json.ts'
import type { Secret } from '../model/secret.ts'
import { LoginError } from './login-error.ts'

export type CentralAuthApiOptions = {
  /** `https://centralauth.com`, or a domain of one's own; without a slash at its end. */
  readonly baseUrl: string
  readonly clientId: string | null
  readonly secret: Secret
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number
}

/** Whose browser asks, as CentralAuth checks it against that of the login. */
export type Visitor = {
  readonly ip: string
  readonly userAgent: string
  readonly deviceId: string | null
}

export type GrantedToken = { readonly accessToken: Secret; readonly expiresIn: number | null }

export class CentralAuthApi {
  readonly #options: CentralAuthApiOptions

  constructor(options: CentralAuthApiOptions) {
    this.#options = options
  }

  /** Trades a code for an access token. The answer of the server is all that vouches for the code. */
  async verify(
    login: { readonly code: string; readonly redirectUri: string; readonly verifier: Secret },
    toSecret: (text: string) => Secret,
  ): Promise<GrantedToken> {
    const content = await this.#post('verify', {
      contentType: 'application/x-www-form-urlencoded',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: login.code,
        redirect_uri: login.redirectUri,
        code_verifier: login.verifier.reveal(),
      }).toString(),
    })
    const token = isJsonObject(content) ? content.access_token : null
    if (typeof token !== 'string' || token === '') {
      throw new LoginError('entityInvalid', 'The token answer has no access token.')
    }
    return { accessToken: toSecret(token), expiresIn: secondsIn(content as JsonObject) }
  }

  /** The user of an access token, as seen from `domain`. */
  async userinfo(token: Secret, domain: string, visitor: Visitor): Promise<JsonObject> {
    const content = await this.#post(`userinfo?domain=${encodeURIComponent(domain)}`, {
      contentType: 'text/plain',
      body: token.reveal(),
      headers: {
        'auth-ip': visitor.ip,
        'user-agent': visitor.userAgent,
        ...(visitor.deviceId === null ? {} : { 'device-id': visitor.deviceId }),
      },
    })
    if (isJsonObject(content)) return content
    throw new LoginError('entityInvalid', 'The answer about the user holds no user.')
  }

  async logout(token: Secret): Promise<void> {
    await this.#post('logout', { contentType: 'text/plain', body: token.reveal() })
  }

  async #post(path: string, request: Post): Promise<Json> {
    const { baseUrl, fetch, timeoutMs } = this.#options
    let status: number
    let text: string
    try {
      const response = await fetch(`${baseUrl}/api/v1/${path}`, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          authorization: this.#basic(),
          'content-type': request.contentType,
          ...request.headers,
        },
        body: request.body,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = response.status
      text = await readText(response)
    } catch (cause) {
      if (cause instanceof LoginError) throw cause
      throw new LoginError('networkError', 'CentralAuth could not be reached.', { cause })
    }
    const content = jsonOf(text)
    if (status >= 200 && status < 300) return content
    throw refusalOf(status, content)
  }

  /** RFC 7617. A client without an id has a secret all the same. */
  #basic(): string {
    const { clientId, secret } = this.#options
    const pair = `${clientId ?? ''}:${secret.reveal()}`
    return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  }
}

type Post = {
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const longestAnswer = 1024 * 1024

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > longestAnswer) throw new LoginError('genericError', 'The answer is too long.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOf(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return null
  }
}

/** Sometimes only the message is there; sometimes neither, as from a proxy in between. */
function refusalOf(status: number, content: Json): LoginError {
  const { errorCode, message } = isJsonObject(content) ? content : {}
  const code = typeof errorCode === 'string' && errorCode !== '' ? errorCode : null
  const text = typeof message === 'string' ? message : ''
  return new LoginError(
    code ?? 'genericError',
    code === null && text === '' ? `HTTP ${status}` : text,
  )
}

function secondsIn({ expires_in: seconds }: JsonObject): number | null {
  const number = typeof seconds === 'string' && seconds !== '' ? Number(seconds) : seconds
  return typeof number === 'number' && Number.isFinite(number) && number > 0
    ? Math.floor(number)
    : null
}
