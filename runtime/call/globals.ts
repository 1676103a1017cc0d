/** The globals of each event, as dialect section 3.2 lists them; all of them JSON text. */
import { authValueText } from '../auth/authorise.ts'
import type { Reply, ReplyContent } from '../model/call.ts'
import type { Json } from '../model/json.ts'
import type { HookGlobal } from '../model/ports.ts'
import { Secret } from '../model/secret.ts'
import type { Trip } from './attempt.ts'

export type Globals = Readonly<Record<string, HookGlobal>>

/** `before_action`: everything of the request may be changed. */
export function requestGlobals(trip: Trip): Globals {
  const { request } = trip
  const isScript = trip.execution.call.method.type === 'script'
  return {
    ...eventGlobals(trip),
    method_endpoint: writable(request.endpoint),
    method_request: writable(request.body),
    method_request_headers: { ...writable(request.headers), kind: 'headers' },
    method_request_parameters: writable(request.query),
    method_request_mergefields: writable(request.mergefields),
    ...(isScript ? { method_response: writable(null) } : {}),
  }
}

/** `after_action`: the response may be changed, the request is there to read. */
export function responseGlobals(trip: Trip, reply: Reply, content: ReplyContent): Globals {
  return {
    ...eventGlobals(trip),
    ...requestToRead(trip),
    method_response: { json: content.text, writable: true, kind: 'body' },
    method_response_headers: { ...readable(reply.headers), kind: 'headers' },
    statusCode: readable(reply.status),
    reasonPhrase: readable(reply.reason),
  }
}

/** `after_action` of a method without a request: there is a response, and no status. */
export function scriptGlobals(trip: Trip, response: Json): Globals {
  return {
    ...eventGlobals(trip),
    ...requestToRead(trip),
    method_response: writable(response),
    method_response_headers: { ...readable({}), kind: 'headers' },
    statusCode: readable(null),
    reasonPhrase: readable(null),
  }
}

/** `after_action_paging`: the whole response, and what may be said for the next run. */
export function wholeGlobals(trip: Trip, { content, headers }: Whole): Globals {
  return {
    ...conditionGlobals(trip, { content, headers }),
    method_response: writable(content),
    next_last_successful_run_date: writable(null),
  }
}

/** `action_condition` reads, and says yes or no. */
export function conditionGlobals(trip: Trip, { content, headers }: Whole): Globals {
  return {
    ...eventGlobals(trip),
    ...requestToRead(trip),
    method_response: readable(content),
    method_response_headers: { ...readable(headers), kind: 'headers' },
  }
}

/** All that came, and the headers that came with the last of it. */
export type Whole = {
  readonly content: Json
  readonly headers: Readonly<Record<string, string>>
}

/** `after_error` sees one object (dialect section 14, 7). */
export function errorGlobals(trip: Trip, methodError: Json): Globals {
  return { ...eventGlobals(trip), ...requestToRead(trip), method_error: writable(methodError) }
}

function requestToRead({ request }: Trip): Globals {
  return {
    method_endpoint: readable(request.endpoint),
    method_request: readable(request.body),
    method_request_headers: { ...readable(request.headers), kind: 'headers' },
    method_request_parameters: readable(request.query),
    method_request_mergefields: readable(request.mergefields),
  }
}

/** What every event has. */
export function eventGlobals(trip: Trip): Globals {
  const { call, actionData, placeholders } = trip.execution
  const authValue = call.method.ignoreAuth ? null : authValueText(trip.credential.auth)
  const concealed = authValue === null ? null : placeholders.conceal(new Secret(authValue))
  return {
    action_data: writable(actionData.current),
    script_parameters: readable(trip.built.scriptParameters),
    cycle_variables: readable(call.cycle.variables),
    cycle_id: readable(call.cycle.id),
    cycle_step_id: readable(call.cycle.stepId),
    cyclr_account_id: readable(call.connection.tenant),
    external_account_id: readable(call.connection.id),
    cyclr_transaction_id: readable(call.id),
    transaction_id: readable(call.id),
    script_execution_context: readable(call.context),
    http_method: readable(call.method.verb),
    method_auth_value: readable(concealed),
  }
}

export function readable(value: Json): HookGlobal {
  return { json: JSON.stringify(value), writable: false, kind: 'value' }
}

export function writable(value: Json): HookGlobal {
  return { json: JSON.stringify(value), writable: true, kind: 'value' }
}
