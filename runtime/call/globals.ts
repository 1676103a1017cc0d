/** The globals of each event, as dialect section 3.2 lists them; all of them JSON text. */
import { authValueText } from '../auth/authorise.ts'
import { encodeBody, readText } from '../http/body.ts'
import type { Reply, ReplyContent } from '../model/call.ts'
import type { Json, JsonObject } from '../model/json.ts'
import type { HookGlobal } from '../model/ports.ts'
import { Secret } from '../model/secret.ts'
import type { Trip } from './attempt.ts'
import { mentions } from './scripts.ts'

export type Globals = Readonly<Record<string, HookGlobal>>

/** `before_action`: everything of the request may be changed. */
export function requestGlobals(trip: Trip): Globals {
  const { request } = trip
  const isScript = trip.execution.call.method.type === 'script'
  return {
    ...eventGlobals(trip),
    ...rawRequest(trip),
    method_endpoint: writable(request.endpoint),
    method_request: writable(bodyToSee(trip)),
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
    ...rawResponse(trip, reply),
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

/** All that came, and the headers that came with the last of it. */
export type Whole = {
  readonly content: Json
  readonly headers: Readonly<Record<string, string>>
}

/** `after_action_paging`: the whole response, and what may be said for the next run. */
export function wholeGlobals(trip: Trip, whole: Whole): Globals {
  return {
    ...conditionGlobals(trip, whole),
    method_response: writable(whole.content),
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

/** `after_error` sees one object (dialect section 14, 7), by its old name too. */
export function errorGlobals(trip: Trip, methodError: JsonObject, reply: Reply | null): Globals {
  const alias = mentions(trip.execution.call, 'error_response')
  return {
    ...eventGlobals(trip),
    ...requestToRead(trip),
    ...(reply ? rawResponse(trip, reply) : {}),
    method_error: writable(methodError),
    ...(alias ? { error_response: writable(methodError) } : {}),
  }
}

/** What every event has. */
export function eventGlobals(trip: Trip): Globals {
  const { call, actionData, placeholders, runDate } = trip.execution
  const { connection, connector, cycle, method } = call
  const authValue = method.ignoreAuth ? null : authValueText(trip.credential.auth)
  const concealed = authValue === null ? null : placeholders.conceal(new Secret(authValue))
  return {
    ...(connector.auth.type === 'oauth2' ? clientGlobals(trip) : {}),
    action_data: writable(actionData.current),
    script_parameters: readable(trip.built.scriptParameters),
    cycle_variables: readable(cycle.variables),
    cycle_id: readable(cycle.id),
    cycle_step_id: readable(cycle.stepId),
    cyclr_account_id: readable(connection.tenant),
    external_account_id: readable(connection.id),
    cyclr_transaction_id: readable(call.id),
    transaction_id: readable(call.id),
    service_domain: readable(cycle.serviceDomain),
    script_execution_context: readable(call.context),
    last_successful_run_date: readable(runDate.last.toISOString()),
    http_method: readable(method.verb),
    method_auth_value: readable(concealed),
    method_response_fields: readable(method.responseFields),
    method_response_fields_in_use: readable(call.fieldsInUse),
    method_response_parameters_in_use: readable(call.fieldsInUse),
  }
}

function clientGlobals({ execution, credential }: Trip): Globals {
  const { auth } = execution.call.connector
  const { ClientId: ownId, ClientSecret: secret } = credential.properties
  const id = (auth.type === 'oauth2' ? auth.clientId : null) ?? ownId?.reveal() ?? null
  return {
    oauth_client_id: readable(id),
    oauth_client_secret: readable(secret ? execution.placeholders.conceal(secret) : null),
  }
}

function requestToRead(trip: Trip): Globals {
  const { request } = trip
  return {
    ...rawRequest(trip),
    method_endpoint: readable(request.endpoint),
    method_request: readable(bodyToSee(trip)),
    method_request_headers: { ...readable(request.headers), kind: 'headers' },
    method_request_parameters: readable(request.query),
    method_request_mergefields: readable(request.mergefields),
  }
}

/**
 * The dialect knows the body as an object, whose members scripts add, read and delete; a connector's
 * script does so for every method. A request without a body therefore has an empty one for them. If it
 * stays empty none is sent, as before; a definition that wants `{}` to be sent says `body: {}`.
 */
function bodyToSee({ execution: { call }, request }: Trip): Json {
  const isText = call.method.bodyType === 'text' || call.method.bodyType === 'binary'
  return request.body ?? (isText ? null : {})
}

/** The body as text, with placeholders in it. It may be large: made for those who may look at it. */
function rawRequest({ execution: { call }, request }: Trip): Globals {
  if (!mentions(call, 'method_raw_request')) return {}
  const { bodyType, xmlRoot } = call.method
  const { bytes } = encodeBody(request.body, bodyType, { xmlRoot })
  return { method_raw_request: readable(bytes && Buffer.from(bytes).toString('utf8')) }
}

function rawResponse({ execution: { call, placeholders } }: Trip, reply: Reply): Globals {
  if (!mentions(call, 'method_raw_response')) return {}
  return { method_raw_response: readable(placeholders.scrub(readText(reply))) }
}

export function readable(value: Json): HookGlobal {
  return { json: JSON.stringify(value), writable: false, kind: 'value' }
}

export function writable(value: Json): HookGlobal {
  return { json: JSON.stringify(value), writable: true, kind: 'value' }
}
