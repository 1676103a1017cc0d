import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { listenOnLoopback, readBody } from '../support/loopback.ts'

export type Seen = {
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type PlayedAnswer = {
  readonly status: number
  readonly content?: unknown
  readonly text?: string
}

/** CentralAuth as its documentation has it: a login page, and the requests of the server side. */
export interface CentralAuthServer extends AsyncDisposable {
  readonly origin: string
  readonly clientId: string
  readonly secret: string
  readonly apiKey: string
  /** What the login page sends back instead of a code. */
  refuse(parameters: Readonly<Record<string, string>>): void
  /** What an endpoint answers from now on: `verify`, `userinfo`, `logout`, `organization`. */
  answer(endpoint: string, answer: PlayedAnswer): void
  seen(path: string): readonly Seen[]
  /** A token of a session that is good. */
  session(): string
}

export const theUser = {
  id: 'user-1',
  email: 'ada@example.com',
  gravatar: 'https://gravatar.example/1',
  verified: true,
  blocked: false,
  organizationId: 'org1',
  created: '2025-01-01T00:00:00Z',
  updated: '2025-01-01T00:00:00Z',
  lastLogin: null,
}

export async function startCentralAuth(
  options: { readonly expiresIn?: number | null } = {},
): Promise<CentralAuthServer> {
  const { expiresIn = 3600 } = options
  const [clientId, secret, apiKey] = ['org1', 's3cret-of-org1', 'api-key-of-org1']
  const codes = new Map<string, { readonly challenge: string; readonly redirectUri: string }>()
  const sessions = new Set<string>()
  const played = new Map<string, PlayedAnswer>()
  const seen: Seen[] = []
  let refusal: Readonly<Record<string, string>> | null = null
  const basic = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`

  function login(query: URLSearchParams): PlayedAnswer & { readonly location?: string } {
    const redirectUri = query.get('redirect_uri') ?? ''
    const back = new URL(redirectUri)
    back.searchParams.set('state', query.get('state') ?? '')
    if (refusal) {
      for (const [name, value] of Object.entries(refusal)) back.searchParams.set(name, value)
      return { status: 302, location: back.href }
    }
    const code = randomUUID()
    codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri })
    back.searchParams.set('code', code)
    return { status: 302, location: back.href }
  }

  /** It takes the bare callback address, although the login had a place to return to in it. */
  function verify(form: URLSearchParams): PlayedAnswer {
    const known = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const bare = (uri: string) => uri.split('?')[0]
    const matches = bare(known?.redirectUri ?? '') === bare(form.get('redirect_uri') ?? '-')
    if (known?.challenge !== challenge || !matches) return refused('loginAttemptInvalid')
    const token = randomUUID()
    sessions.add(token)
    return {
      status: 200,
      content: { access_token: token, id_token: 'jwe', expires_in: expiresIn, expires_at: null },
    }
  }

  function serve({ path, body, headers }: Seen): PlayedAnswer {
    const [endpoint = ''] = path.replace('/api/v1/', '').split('/')
    const answer = played.get(endpoint)
    if (answer) return answer
    if (endpoint === 'organization') {
      if (headers.authorization !== `Bearer ${apiKey}`) return refused('noPermission', 403)
      return { status: 200, content: { id: path.split('/').at(-1), name: 'The organization' } }
    }
    if (headers.authorization !== basic) return refused('noPermission', 403)
    if (endpoint === 'verify') return verify(new URLSearchParams(body))
    if (!sessions.has(body)) return refused('sessionInvalid')
    if (endpoint === 'userinfo') return { status: 200, content: theUser }
    if (endpoint !== 'logout') return refused('entityMissing', 404)
    sessions.delete(body)
    return { status: 200, text: '' }
  }

  const listening = await listenOnLoopback(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://central-auth')
    const one: Seen = {
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: await readBody(request),
    }
    seen.push(one)
    const answer = one.path === '/login' ? login(one.query) : serve(one)
    const location = 'location' in answer ? { location: String(answer.location) } : {}
    const type = answer.text === undefined ? 'application/json' : 'text/html'
    response.writeHead(answer.status, { 'content-type': type, ...location })
    response.end(answer.text ?? JSON.stringify(answer.content ?? null))
  })

  return {
    origin: listening.origin,
    ...{ clientId, secret, apiKey },
    refuse: (parameters) => {
      refusal = parameters
    },
    answer: (endpoint, answer) => {
      played.set(endpoint, answer)
    },
    seen: (path) => seen.filter((one) => one.path === path),
    session: () => {
      const token = randomUUID()
      sessions.add(token)
      return token
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}

function refused(errorCode: string, status = 400): PlayedAnswer {
  return { status, content: { errorCode, message: `CentralAuth says ${errorCode}` } }
}
