import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenOnLoopback, readBody, sendJson } from '../../support/loopback.ts'
import { fixtures } from './adapter.ts'

/** A request as it came over the wire. */
export type Received = {
  readonly method: string
  readonly path: string
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** The vendor that every attack talks to, and the token endpoint behind it. */
export interface AttackVendor extends AsyncDisposable {
  readonly origin: string
  readonly host: string
  /** What came in since the last time it was taken. `broken`: bytes that were no request. */
  take(): { readonly received: readonly Received[]; readonly broken: number }
  reacts(reaction: Reaction): void
}

/** How it answers from now on. */
export type Reaction = {
  /** Whose credential it rejects: nobody's, everybody's, or that of the first token. */
  readonly rejects: 'none' | 'all' | 'first'
  /** Where `/v1/redirect` leads; to itself unless said. */
  readonly location?: string
}

/** What the token endpoint hands out. */
export const renewedToken = 'canary-token-renewed-51c6e0d7'

export async function startAttackVendor(): Promise<AttackVendor> {
  let received: Received[] = []
  let broken = 0
  let reaction: Reaction = { rejects: 'none' }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', rawHeaders } = request
    received.push({ method, path, rawHeaders, body: await readBody(request) })
    if (path.startsWith('/oauth/token')) {
      sendJson(response, 200, { access_token: renewedToken, token_type: 'Bearer', expires_in: 60 })
    } else if (path.startsWith('/v1/start')) sendJson(response, 200, {})
    else if (path.startsWith('/v1/redirect')) {
      response.writeHead(302, { location: reaction.location ?? path }).end()
    } else if (isRejected(request)) sendJson(response, 401, fixtures.error.body)
    else sendJson(response, 200, fixtures.response)
  }

  function isRejected({ headers }: IncomingMessage): boolean {
    if (reaction.rejects === 'first') return headers.authorization !== `Bearer ${renewedToken}`
    return reaction.rejects === 'all'
  }

  const listening = await listenOnLoopback((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  listening.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') broken++
    socket.destroy()
  })
  return {
    origin: listening.origin,
    host: new URL(listening.origin).host,
    take() {
      const taken = { received, broken }
      received = []
      broken = 0
      return taken
    },
    reacts(next) {
      reaction = next
    },
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  }
}
