/**
 * The globals that scripts have (dialect section 3.2): which, of what type, and in which events a
 * script may read them or change them with effect. The declarations for editors, the analysis of
 * `check` and the tests of the runtime all read this one table.
 */
import type { HookEvent } from '../model/ports.ts'

export type GlobalFact = {
  readonly name: string
  /** As TypeScript writes it. */
  readonly type: string
  readonly doc: string
  readonly readIn: readonly HookEvent[]
  /** Where a change takes effect; elsewhere it is lost when the hook ends. */
  readonly writtenIn: readonly HookEvent[]
}

const call: readonly HookEvent[] = [
  'before_action',
  'after_action',
  'after_error',
  'after_action_paging',
  'action_condition',
]
const webhook: readonly HookEvent[] = ['before_webhook', 'after_webhook', 'webhook_condition']
const tokenRequest: readonly HookEvent[] = ['before_oauth2_token', 'before_oauth2_refresh']
const tokenAnswer: readonly HookEvent[] = ['after_oauth2_token', 'after_oauth2_refresh']
const oauth: readonly HookEvent[] = [
  'before_oauth2_authorise',
  ...tokenRequest,
  ...tokenAnswer,
  'after_oauth2_refresh_error',
]
const everywhere: readonly HookEvent[] = [...webhook, ...call, ...oauth]

export const globals: readonly GlobalFact[] = [
  {
    name: 'method_endpoint',
    type: 'string',
    doc: 'The URL, its `{{fields}}` not filled in yet.',
    readIn: [...webhook, ...call, 'before_oauth2_authorise', ...tokenRequest],
    writtenIn: ['before_action', 'before_oauth2_authorise'],
  },
  {
    name: 'method_request',
    type: 'any',
    doc: 'The body, before it is encoded.',
    readIn: ['before_webhook', ...call, ...tokenRequest],
    writtenIn: ['before_action', ...tokenRequest],
  },
  {
    name: 'method_request_headers',
    type: 'Headers',
    doc: 'Name → text, found by any case of the name. What a script adds is sent.',
    readIn: [...webhook, ...call, ...tokenRequest],
    writtenIn: ['before_action', ...tokenRequest],
  },
  {
    name: 'method_request_parameters',
    type: 'Record<string, any>',
    doc: 'The query. What a script adds is sent.',
    readIn: [...webhook, ...call],
    writtenIn: ['before_action'],
  },
  {
    name: 'method_request_mergefields',
    type: 'Record<string, any>',
    doc: 'Values for the `{{fields}}` of the URL.',
    readIn: call,
    writtenIn: ['before_action'],
  },
  {
    name: 'method_response',
    type: 'any',
    doc: 'The content of the answer, parsed; in `after_action_paging` all pages together.',
    readIn: [...webhook, 'after_action', 'after_action_paging', 'action_condition', ...tokenAnswer],
    writtenIn: [
      'before_webhook',
      'after_webhook',
      'after_action',
      'after_action_paging',
      ...tokenAnswer,
    ],
  },
  {
    name: 'method_response_headers',
    type: 'Headers',
    doc: 'Found by any case of a name. In `before_webhook`: those of the reply.',
    readIn: ['before_webhook', 'after_action', 'after_action_paging', 'action_condition'],
    writtenIn: ['before_webhook'],
  },
  {
    name: 'statusCode',
    type: 'number | null',
    doc: 'The status of the answer; null for a method without a request.',
    readIn: ['after_action', ...tokenAnswer],
    writtenIn: [],
  },
  {
    name: 'reasonPhrase',
    type: 'string | null',
    doc: 'The words beside the status.',
    readIn: ['after_action'],
    writtenIn: [],
  },
  {
    name: 'method_error',
    type: 'MethodError',
    doc: 'What went wrong; set `isSuccess` or `isWarning` to have the last word.',
    readIn: ['after_error', 'after_oauth2_refresh_error'],
    writtenIn: ['after_error', 'after_oauth2_refresh_error'],
  },
  {
    name: 'error_response',
    type: 'MethodError',
    doc: 'An older name of `method_error`.',
    readIn: ['after_error'],
    writtenIn: ['after_error'],
  },
  {
    name: 'action_data',
    type: 'Record<string, any>',
    doc: 'An object of your own: `{}` at first, and kept over the hooks, pages and replays of a call.',
    readIn: everywhere,
    writtenIn: everywhere,
  },
  {
    name: 'script_parameters',
    type: 'Readonly<Record<string, any>>',
    doc: 'Values whose place is `in: script`. A sensitive one is a stand-in.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'method_auth_value',
    type: 'string | null',
    doc: 'The key or the access token, as a stand-in that becomes the real one when it is sent.',
    readIn: [...webhook, ...call],
    writtenIn: [],
  },
  {
    name: 'oauth_client_id',
    type: 'string | null',
    doc: 'The OAuth client’s name. Only where `auth` is oauth2.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'oauth_client_secret',
    type: 'string | null',
    doc: 'The OAuth client’s secret, as a stand-in. Only where `auth` is oauth2.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'last_successful_run_date',
    type: 'string',
    doc: 'When this method last ran well through this connection (ISO 8601); 1970 where it never did.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'next_last_successful_run_date',
    type: 'string | Date | null',
    doc: 'Assign the date that the next run is to read; the beginning of this run unless assigned.',
    readIn: ['after_action_paging'],
    writtenIn: ['after_action_paging'],
  },
  {
    name: 'http_method',
    type: "'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'",
    doc: 'The verb of the request.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'method_raw_request',
    type: 'string | null',
    doc: 'The body as text: as it is sent, or of a webhook as it came, for what it was signed by.',
    readIn: [...webhook, ...call],
    writtenIn: [],
  },
  {
    name: 'method_raw_response',
    type: 'string | null',
    doc: 'The body as it came, as text.',
    readIn: ['after_action', 'after_error'],
    writtenIn: [],
  },
  {
    name: 'method_response_fields',
    type: 'readonly string[]',
    doc: 'The names under `response_fields` of the method.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'method_response_fields_in_use',
    type: 'readonly string[]',
    doc: 'Those of them that somebody reads later; a script may ask the vendor for no more.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'method_response_parameters_in_use',
    type: 'readonly string[]',
    doc: 'An older name of `method_response_fields_in_use`.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'script_execution_context',
    type: "'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'",
    doc: 'Whether this is a real run or a test.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'cycle_variables',
    type: 'Readonly<Record<string, any>>',
    doc: 'Variables of the cycle around the call.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'cycle_id',
    type: 'string',
    doc: 'The cycle around the call; empty where there is none.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'cycle_step_id',
    type: 'string',
    doc: 'The step that makes the call; empty where there is none.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'cyclr_account_id',
    type: 'string',
    doc: 'The tenant.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'external_account_id',
    type: 'string',
    doc: 'The connection.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'transaction_id',
    type: 'string',
    doc: 'The call.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'cyclr_transaction_id',
    type: 'string',
    doc: 'The same as `transaction_id`.',
    readIn: everywhere,
    writtenIn: [],
  },
  {
    name: 'service_domain',
    type: 'string',
    doc: 'Where the platform around the call is reached; empty unless the caller says.',
    readIn: everywhere,
    writtenIn: [],
  },
]

export function globalFact(name: string): GlobalFact | null {
  return globals.find((one) => one.name === name) ?? null
}
