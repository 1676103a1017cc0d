import type { IncomingMessage } from 'node:http'
import { Secret } from '../model/secret.ts'

/** Whom a request comes from, as its token says; nothing else in a request does. */
export type Caller = {
  readonly tenant: string
  /** Whose apps it may see; null: of every group. */
  readonly groups: ReadonlySet<string> | null
  /** May look, not change or call. */
  readonly readOnly: boolean
  /** May see what concerns all tenants: the metrics. */
  readonly operator: boolean
}

/** Whose browser or program it is; CentralAuth holds it against that of the login. */
export type Visitor = {
  readonly ip: string
  readonly userAgent: string
  readonly deviceId: string | null
}

/**
 * Says who a token belongs to; null where nobody's. Rejects with `UsageError` where that cannot be
 * found out, so that nobody is let in by a failure.
 */
export type Guard = (token: Secret, visitor: Visitor, signal: AbortSignal) => Promise<Caller | null>

/** RFC 6750 section 2.1. Never from the query, which ends up in logs. */
export function bearerOf(request: IncomingMessage): Secret | null {
  const [, token] = /^Bearer +([\w\-.~+/]+=*) *$/i.exec(request.headers.authorization ?? '') ?? []
  return token === undefined ? null : new Secret(token)
}

/** Of the socket: a header that names another address could be anybody's invention. */
export function visitorOf({ socket, headers }: IncomingMessage): Visitor {
  const device = headers['device-id']
  return {
    ip: (socket.remoteAddress ?? '0.0.0.0').replace(/^::ffff:/, ''),
    userAgent: headers['user-agent'] ?? 'native',
    deviceId: typeof device === 'string' ? device : null,
  }
}

export function mayUse(caller: Caller, group: string): boolean {
  return caller.groups === null || caller.groups.has(group)
}
