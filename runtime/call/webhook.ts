/** What the vendor sends us, and what the hooks make of it (dialect section 2). */
import { readReply, readText } from '../http/body.ts'
import type { Attempt, Call, Reply } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { HookEvent, Ports } from '../model/ports.ts'
import type { Verdict } from '../model/verdict.ts'
import type { ReceivedRequest, WebhookOutcome } from '../model/webhook.ts'
import { departFrom, type Trip } from './attempt.ts'
import { withoutSecrets } from './conclude.ts'
import { beginExecution, type Execution } from './execution.ts'
import { eventGlobals, type Globals, readable, writable } from './globals.ts'
import { failureOfHook, type HookReturn, runHook, signalOf } from './hooks.ts'
import { dataOf } from './json-text.ts'
import { renewed } from './pages.ts'
import { onlyPage } from './paging.ts'
import { mentions } from './scripts.ts'
import { expectedFailure, storedCredential } from './store-away.ts'
import { replyOf, type WebhookReply } from './webhook-reply.ts'

/** Rejects only with the reason of an aborted signal, or with a bug of our own. */
export async function receiveWebhook(
  call: Call,
  received: ReceivedRequest,
  context: { readonly ports: Ports; readonly signal: AbortSignal },
): Promise<WebhookOutcome> {
  const { ports, signal } = context
  using execution = beginExecution(call, ports, signal)
  signal.throwIfAborted()
  const webhook: Execution = { ...execution, kind: 'webhook' }
  const ending = await failing(signal, () => receiveUntilSettled(webhook, received))
  const common = { call: call.id, trail: execution.trail.trail() }
  if (ending.kind !== 'failure') return { ...common, ...ending }
  const redact = (text: string) => execution.placeholders.redact(text)
  return { ...common, kind: 'failure', failure: withoutSecrets(ending.failure, redact) }
}

type Ending =
  | WebhookReply
  | { readonly kind: 'ignored' }
  | { readonly kind: 'accepted'; readonly content: Json; readonly exit?: boolean }
type Failed = { readonly kind: 'failure'; readonly failure: CallFailure }
type Recovering = Extract<Verdict, { kind: 'recover' }>

async function failing(
  signal: AbortSignal,
  work: () => Promise<Ending | Failed>,
): Promise<Ending | Failed> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    const failure = expectedFailure(error)
    if (!failure) throw error
    return { kind: 'failure', failure }
  }
}

/** A hook whose `http_request` met a dead credential may ask for a renewal, as in any call. */
async function receiveUntilSettled(
  execution: Execution,
  received: ReceivedRequest,
): Promise<Ending | Failed> {
  const reply = asReply(execution, received)
  let credential = await storedCredential(execution)
  for (let cause: Attempt['cause'] = 'first'; ; cause = 'replay') {
    const ending = await receiveOnce(execution, { received, reply, credential, cause })
    if (ending.kind !== 'recover') return ending
    credential = await renewed(execution, ending, credential)
  }
}

type Arrival = {
  readonly received: ReceivedRequest
  readonly reply: Reply
  readonly credential: Credential
  readonly cause: Attempt['cause']
}

async function receiveOnce(
  execution: Execution,
  arrival: Arrival,
): Promise<Ending | Failed | Recovering> {
  const { trail } = execution
  trail.begin(arrival.cause)
  let kind = 'failure'
  try {
    const trip = departFrom(execution, { credential: arrival.credential, position: onlyPage })
    const ending = await passHooks(trip, arrival)
    kind = ending.kind
    return ending
  } finally {
    trail.end(kind)
  }
}

async function passHooks(trip: Trip, arrival: Arrival): Promise<Ending | Failed | Recovering> {
  // Making globals makes the credential known, so that the body is searched for it.
  const globals = beforeGlobals(trip, arrival)
  const body = contentOf(trip, arrival.reply)
  const before = await hook(trip, 'before_webhook', {
    ...globals,
    method_request: { json: body.text, writable: false, kind: 'body' },
  })
  if (before && 'kind' in before) return before
  if (before && before.result.kind === 'returned' && before.result.falseAt !== null) {
    return replyOf(trip, before.result)
  }
  const after = await hook(trip, 'after_webhook', {
    ...requestGlobals(trip, arrival),
    method_response: { json: body.text, writable: true, kind: 'body' },
  })
  if (after && 'kind' in after) return after
  if (after?.result.kind === 'returned' && !after.result.value) return { kind: 'ignored' }
  const changed = after?.result.read('method_response')
  const content = changed === undefined ? body.content() : dataOf(changed)
  const condition = await hook(trip, 'webhook_condition', {
    ...requestGlobals(trip, arrival),
    method_response: readable(content),
  })
  if (condition && 'kind' in condition) return condition
  const said = condition?.result
  return said?.kind === 'returned'
    ? { kind: 'accepted', content, exit: said.value }
    : { kind: 'accepted', content }
}

/** Null where no script has a handler; else what it returned, or why the webhook ends here. */
async function hook(
  trip: Trip,
  event: HookEvent,
  globals: Globals,
): Promise<{ readonly result: HookReturn } | Failed | Recovering | null> {
  const result = await runHook(trip, event, globals)
  if (result?.kind !== 'threw') return result && { result }
  const signal = signalOf(trip, result, null)
  if (signal?.kind === 'recover') return signal
  const failure = signal?.kind === 'reject' ? signal.failure : failureOfHook(trip, result)
  return { kind: 'failure', failure }
}

function beforeGlobals(trip: Trip, arrival: Arrival): Globals {
  return {
    ...requestGlobals(trip, arrival),
    method_response: writable(null),
    method_response_headers: { ...writable({}), kind: 'headers' },
  }
}

/** The request as it came, but for secrets of the connection; `http_method` is its own. */
function requestGlobals(trip: Trip, { received, reply }: Arrival): Globals {
  const { method, url, headers } = received
  const ofEvent = eventGlobals(trip)
  const scrub = (text: string) => trip.execution.placeholders.scrub(text)
  const query = URL.parse(url, 'http://webhook.invalid')?.searchParams ?? []
  return {
    ...ofEvent,
    ...rawBody(trip, reply, scrub),
    http_method: readable(method),
    method_endpoint: readable(scrub(url)),
    method_request_headers: { ...readable(each(lowerCase(headers), scrub)), kind: 'headers' },
    method_request_parameters: readable(each(Object.fromEntries(query), scrub)),
  }
}

/** What a vendor has signed, byte for byte where it is UTF-8; made for those who may look at it. */
function rawBody(trip: Trip, reply: Reply, scrub: (text: string) => string): Globals {
  if (!mentions(trip.execution.call, 'method_raw_request')) return {}
  const text = reply.body.length === 0 ? null : scrub(readText(reply))
  return { method_raw_request: readable(text) }
}

function each(
  texts: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]))
}

/** A body is read as a response's is. Throws ResponseTooLarge where it is larger than one may be. */
function asReply({ call }: Execution, { url, headers, body }: ReceivedRequest): Reply {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : (body ?? new Uint8Array())
  const { responseBytes } = call.connector.limits
  if (bytes.byteLength <= responseBytes) {
    return { status: 200, reason: '', headers: lowerCase(headers), body: bytes, url }
  }
  throw new CallFailure(
    'ResponseTooLarge',
    `The webhook ${call.method.name} is larger than ${responseBytes} bytes`,
  )
}

/** Whoever knows a secret of the connection and sends it gets a placeholder into the script. */
function contentOf({ execution }: Trip, reply: Reply) {
  const { call, placeholders, trail } = execution
  const read = readReply(reply, call.method.response)
  if (read.warning !== null) trail.add({ kind: 'warning', message: read.warning })
  const text = placeholders.scrub(read.text)
  return { text, content: () => (text === read.text ? read.content : dataOf(text)) }
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}
