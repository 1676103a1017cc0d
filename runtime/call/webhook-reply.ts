import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json } from '../model/json.ts'
import type { WebhookOutcome } from '../model/webhook.ts'
import type { Trip } from './attempt.ts'
import type { HookReturn } from './hooks.ts'

export type WebhookReply = Omit<Extract<WebhookOutcome, { kind: 'reply' }>, 'call' | 'trail'>

/**
 * What `before_webhook` leaves for the sender: `method_response`, as JSON unless it is a text, and
 * `method_response_headers`. Neither secrets nor placeholders get out. Throws ScriptError
 * (`bad-return`) for a header that is none.
 */
export function replyOf({ execution }: Trip, result: HookReturn): WebhookReply {
  const said = result.read('method_response') ?? null
  const text = said === null ? '' : typeof said === 'string' ? said : JSON.stringify(said)
  const type = typeof said === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  const redact = (part: string) => execution.placeholders.redact(part)
  const headers = headersOf(result.read('method_response_headers'), redact)
  return {
    kind: 'reply',
    status: 200,
    headers: said === null ? headers : { 'content-type': type, ...headers },
    body: redact(text),
  }
}

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

function headersOf(
  said: Json | undefined,
  redact: (text: string) => string,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(isJsonObject(said) ? said : {})) {
    if (value === null) continue
    const text = redact(typeof value === 'object' ? JSON.stringify(value) : String(value))
    if (!headerName.test(name) || !headerValue.test(text)) throw noHeader(name)
    headers[name.toLowerCase()] = text
  }
  return headers
}

function noHeader(name: string): CallFailure {
  return new CallFailure(
    'ScriptError',
    `method_response_headers has a header that cannot be sent: ${JSON.stringify(name.slice(0, 100))}`,
    { reason: 'bad-return' },
  )
}
