/** What vendors send: from their request to what the scripts make of it, and back. */
import type { IncomingMessage } from 'node:http'
import { type CallFailure, failureTypes } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Secret } from '../model/secret.ts'
import type { ReceivedRequest, WebhookOutcome, WebhookRequest } from '../model/webhook.ts'
import { type Answer, later, notFound, refusal } from './answer.ts'
import { readBytes, tooLarge } from './body.ts'
import type { Exchange, ServerParts } from './exchange.ts'
import type { Caller } from './guard.ts'
import { inTurn } from './turns.ts'
import { targetOf, type WebhookTarget, webhookPath, withoutKey } from './webhook-address.ts'

/** How a server takes webhooks. */
export type WebhookOptions = {
  /** What addresses are made of: 32 characters at least, the same wherever they are to be known. */
  readonly secret: Secret
  /** A runtime. */
  readonly calls: {
    receive(
      request: WebhookRequest,
      options: { readonly signal: AbortSignal },
    ): Promise<WebhookOutcome>
  }
  /**
   * Takes what was accepted, before its sender hears that it was: a rejection answers 500, or 503
   * for `StoreFailure`, and most senders then send it again. It may come twice in any case.
   */
  readonly accept: (webhook: AcceptedWebhook) => void | Promise<void>
}

/** A webhook that the scripts let pass. */
export type AcceptedWebhook = WebhookTarget & {
  readonly call: string
  readonly content: Json
  /** What `webhook_condition` said; null where no script defines it. */
  readonly exit: boolean | null
}

export function admitByKey(
  parameters: Exchange['parameters'],
  { webhooks }: ServerParts,
): Caller | null {
  const target = webhooks && targetOf(parameters, webhooks.secret)
  if (!target) return null
  return { tenant: target.tenant, groups: new Set(), readOnly: true, operator: false }
}

/** What is accepted and what is ignored answer the same: the filter is nobody's business. */
export async function takeWebhook(exchange: Exchange): Promise<Answer> {
  const { request, parameters, parts, signal } = exchange
  const { webhooks, limits } = parts
  const target = webhooks && targetOf(parameters, webhooks.secret)
  if (!target) return notFound()
  return inTurn(parts, target.tenant, async () => {
    const read = await readBytes(request, limits)
    if ('refused' in read) return read.refused
    const { connection, ...names } = target
    const outcome = await webhooks.calls.receive(
      {
        ...names,
        ...(connection === null ? {} : { connection }),
        request: receivedFrom(request, read.bytes),
      },
      { signal },
    )
    parts.metrics.count('hookline_webhooks_total', { outcome: outcome.kind })
    if (outcome.kind === 'failure') return failed(exchange, target, outcome.failure)
    if (outcome.kind === 'reply') return replyFrom(outcome)
    if (outcome.kind === 'accepted') {
      const { call, content, exit = null } = outcome
      await webhooks.accept({ ...target, call, content, exit })
    }
    return { status: 200, body: {} }
  })
}

/** Tells a tenant the address of one of its connections. */
export function readAddress({ parameters, caller, parts }: Exchange): Answer {
  if (!parts.webhooks) return notFound()
  if (caller.readOnly) return refusal('noPermission')
  const { connector = '', connection = '', method = '' } = parameters
  const target = {
    ...{ tenant: caller.tenant, connector, method },
    connection: connection === '-' ? null : connection,
  }
  return { status: 200, body: { path: webhookPath(target, parts.webhooks.secret) } }
}

function receivedFrom(request: IncomingMessage, bytes: Buffer): ReceivedRequest {
  const headers = Object.entries(request.headersDistinct).map(([name, values = []]) => [
    name,
    values.join(', '),
  ])
  return {
    method: request.method ?? '',
    url: withoutKey(request.url ?? ''),
    headers: Object.fromEntries(headers),
    body: bytes.length === 0 ? null : bytes,
  }
}

/** Theirs is the frame of the answer, and what a browser keeps for everybody of this origin. */
const notForScripts =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|date|set-cookie|access-control-.*|strict-transport-security|clear-site-data|alt-svc)$/

/** A page of a script's making can do nothing in a browser. */
const inert = {
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
}

function replyFrom({ status, headers, body }: Extract<WebhookOutcome, { kind: 'reply' }>): Answer {
  const kept = Object.entries(headers).filter(([name]) => !notForScripts.test(name))
  return { status, body, headers: { ...Object.fromEntries(kept), ...inert } }
}

/** The sender learns whether to send it again; why it failed is for whoever runs the server. */
function failed({ parts }: Exchange, target: WebhookTarget, failure: CallFailure): Answer {
  const { tenant, connector, connection, method } = target
  parts.log({ kind: 'webhook-failed', tenant, connector, connection, method, failure })
  const { type, reason = '' } = failure
  if (gone.has(reason)) return notFound()
  if (type === 'ResponseTooLarge') return tooLarge(parts.limits.bodyBytes)
  if (failureTypes[type].worker === 'give-up') return refusal('genericError')
  return later('Try again later.')
}

/** There is nothing behind this address any more, or for now. */
const gone: ReadonlySet<string> = new Set([
  ...['unknown-connector', 'unknown-method', 'not-a-webhook'],
  ...['sessionMissing', 'sessionInactive'],
])
