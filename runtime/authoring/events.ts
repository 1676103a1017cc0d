/** The events of the dialect (section 2) as authors learn of them, in the order in which they run. */
import type { HookEvent } from '../model/ports.ts'

export type EventFact = {
  readonly name: HookEvent
  /** What the event belongs to: it never runs for anything else. */
  readonly of: 'call' | 'webhook' | 'oauth'
  readonly runs: string
  /** What a strict `false` does. Every other value counts as `true`. */
  readonly onFalse: string
}

const fails = 'the call fails with `ScriptError`'

export const events: readonly EventFact[] = [
  {
    name: 'before_webhook',
    of: 'webhook',
    runs: 'when a webhook comes in, before anything else',
    onFalse: 'the sender is answered `method_response` and `method_response_headers`, and no more',
  },
  {
    name: 'after_webhook',
    of: 'webhook',
    runs: 'when a webhook has been taken; may replace what it brought',
    onFalse: 'the webhook is ignored',
  },
  {
    name: 'webhook_condition',
    of: 'webhook',
    runs: 'last, and picks one of two exits',
    onFalse: 'the false exit is taken',
  },
  {
    name: 'before_action',
    of: 'call',
    runs: 'before each request: every page, and every replay',
    onFalse: 'the call stops, and nothing is sent',
  },
  {
    name: 'after_action',
    of: 'call',
    runs: 'after each answer that counts as a success; once for each page',
    onFalse: fails,
  },
  {
    name: 'after_error',
    of: 'call',
    runs: 'after each answer that counts as an error, and where no answer came',
    onFalse: fails,
  },
  {
    name: 'after_action_paging',
    of: 'call',
    runs: 'once, over all pages together; also where there is only one',
    onFalse: fails,
  },
  {
    name: 'action_condition',
    of: 'call',
    runs: 'last, and picks one of two exits',
    onFalse: 'the false exit is taken',
  },
  {
    name: 'before_oauth2_authorise',
    of: 'oauth',
    runs: 'before the browser is sent to the vendor’s login page',
    onFalse: 'the login fails with `ScriptError`',
  },
  {
    name: 'before_oauth2_token',
    of: 'oauth',
    runs: 'before the first access token is asked for, by any grant',
    onFalse: 'the login fails with `ScriptError`',
  },
  {
    name: 'after_oauth2_token',
    of: 'oauth',
    runs: 'after the answer to that; may give its fields their standard names',
    onFalse: 'the login fails with `ScriptError`',
  },
  {
    name: 'before_oauth2_refresh',
    of: 'oauth',
    runs: 'before an access token is refreshed',
    onFalse: 'the refresh fails with `ScriptError`',
  },
  {
    name: 'after_oauth2_refresh',
    of: 'oauth',
    runs: 'after the answer to that; may give its fields their standard names',
    onFalse: 'the refresh fails with `ScriptError`',
  },
  {
    name: 'after_oauth2_refresh_error',
    of: 'oauth',
    runs: 'after a refresh that the vendor refused; `isSuccess` makes `content` the answer',
    onFalse: 'nothing: the refusal stands',
  },
]

/** Events of the original platform that nothing here runs. */
export const absentEvents: ReadonlyMap<string, string> = new Map([
  ['before_partner_webhook', 'there is no webhook address that several connectors share'],
  ['before_step_delete', 'there are no cycles whose steps could be deleted'],
])

export const eventNames: readonly HookEvent[] = events.map(({ name }) => name)

export function eventFact(name: string): EventFact | null {
  return events.find((event) => event.name === name) ?? null
}
