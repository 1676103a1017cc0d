import type { Reply } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import { isName } from '../model/ids.ts'
import { isJsonObject, type Json, parseJson } from '../model/json.ts'
import type { EgressPolicy, Send } from '../model/ports.ts'
import type { Secret } from '../model/secret.ts'
import { UsageError } from '../model/usage-error.ts'
import type { Caller, Guard, Visitor } from './guard.ts'

export type CentralAuthGuardOptions = {
  /** `https://centralauth.com`, or a domain of one's own. */
  readonly baseUrl: string
  readonly clientId: string
  readonly secret: Secret
  /** The origin that the login's callback is at: tokens are bound to it. */
  readonly callbackOrigin: string
  readonly send: Send
  readonly allowPrivate?: readonly string[]
}

/**
 * Lets in the users of a CentralAuth server. Their organisation is their tenant and their one group
 * of apps. Every request is asked about: a session that was ended there is over here.
 */
export function centralAuthGuard(options: CentralAuthGuardOptions): Guard {
  const url = new URL(`${options.baseUrl.replace(/\/+$/, '')}/api/v1/userinfo`)
  const policy: EgressPolicy = {
    // Nowhere else, also by a redirect: the token of a person is in the body.
    origins: [{ origin: url.origin, pathPrefix: url.pathname }],
    allowPrivate: options.allowPrivate ?? [],
    requestMs: 10_000,
    responseBytes: 64 * 1024,
    redirects: 0,
  }
  return async (token, visitor, signal) => {
    const reply = await ask(options, { url, token, visitor, policy }, signal)
    if (reply.status >= 200 && reply.status < 300) return callerIn(reply)
    if (reply.status >= 400 && reply.status < 500 && reply.status !== 429) return null
    throw unavailable()
  }
}

type Question = {
  readonly url: URL
  readonly token: Secret
  readonly visitor: Visitor
  readonly policy: EgressPolicy
}

async function ask(
  { clientId, secret, callbackOrigin, send }: CentralAuthGuardOptions,
  { url, token, visitor, policy }: Question,
  signal: AbortSignal,
): Promise<Reply> {
  const basic = Buffer.from(`${clientId}:${secret.reveal()}`).toString('base64')
  const domain = encodeURIComponent(callbackOrigin)
  const request = {
    verb: 'POST',
    url: `${url.href}?domain=${domain}`,
    headers: {
      Authorization: `Basic ${basic}`,
      'Content-Type': 'text/plain',
      'User-Agent': visitor.userAgent,
      'auth-ip': visitor.ip,
      ...(visitor.deviceId === null ? {} : { 'device-id': visitor.deviceId }),
    },
    body: Buffer.from(token.reveal()),
    credentialHeaders: ['Authorization'],
  } as const
  try {
    return await send(request, policy, signal)
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    throw unavailable(error)
  }
}

/** An answer that is no user lets nobody in. */
function callerIn({ body }: Reply): Caller | null {
  const user = parsed(Buffer.from(body).toString('utf8'))
  if (!isJsonObject(user)) return null
  const { organizationId: group, blocked } = user
  if (typeof group !== 'string' || !isName(group) || blocked === true) return null
  return { tenant: group, groups: new Set([group]), readOnly: false, operator: false }
}

function parsed(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return null
  }
}

function unavailable(cause?: unknown): UsageError {
  return new UsageError('networkError', 'Whose token this is cannot be found out just now', {
    ...(cause === undefined ? {} : { cause }),
  })
}
