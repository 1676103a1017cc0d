/**
 * The hooks around a token request (dialect section 2): what they may change of it, and of its
 * answer. `refresh` is a request by refresh token; `token` is any other grant.
 */
import type { RawTokenAnswer } from '../../auth/oauth.ts'
import { contentOf } from '../../auth/token-answer.ts'
import { writeForm } from '../../http/form.ts'
import type { WireRequest } from '../../model/call.ts'
import type { OAuth2Scheme } from '../../model/connector.ts'
import { CallFailure } from '../../model/failure.ts'
import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts'
import type { HookEvent } from '../../model/ports.ts'
import type { Trip } from '../attempt.ts'
import { eventGlobals, readable, writable } from '../globals.ts'
import { failureOfHook, type HookReturn, runHook } from '../hooks.ts'
import { dataOf } from '../json-text.ts'
import { resolveDeep } from '../wire.ts'
import { concealAnswer, concealForm, concealHeaders, showsUndeclared } from './conceal.ts'

export type TokenRequestKind = 'token' | 'refresh'

/** `before_oauth2_token` or `before_oauth2_refresh`: form and headers, with placeholders in them. */
export async function beforeTokenRequest(
  trip: Trip,
  kind: TokenRequestKind,
  request: WireRequest,
): Promise<WireRequest> {
  const { placeholders } = trip.execution
  const text = Buffer.from(request.body ?? []).toString('utf8')
  const form = Object.fromEntries(new URLSearchParams(text))
  const headers = concealHeaders(request.headers, placeholders)
  const globals = {
    ...eventGlobals(trip),
    method_endpoint: readable(request.url),
    method_request: writable(concealForm(form, placeholders)),
    method_request_headers: { ...writable(headers), kind: 'headers' as const },
  }
  const event: HookEvent = kind === 'token' ? 'before_oauth2_token' : 'before_oauth2_refresh'
  const result = await runHook(trip, event, globals)
  if (!result) return request
  demandTrue(trip, event, result)

  const changedBody = result.read('method_request')
  const changedHeaders = result.read('method_request_headers')
  const sent = isJsonObject(changedHeaders)
    ? textsOf(resolveDeep(changedHeaders, placeholders))
    : request.headers
  if (changedBody === undefined) return { ...request, headers: sent }
  const body = resolveDeep(changedBody, placeholders)
  return { ...request, headers: sent, body: Buffer.from(encode(body, sent), 'utf8') }
}

/**
 * An answer with its secrets, and as the script left it. Why there is no token in it is told of the
 * second: a script may have put a secret where the vendor says what went wrong.
 */
export type HookedAnswer = { readonly answer: RawTokenAnswer; readonly shown: RawTokenAnswer }

/** `after_oauth2_token` or `after_oauth2_refresh`: an answer of a 2xx, its tokens placeholders. */
export async function afterTokenAnswer(
  trip: Trip,
  kind: TokenRequestKind,
  answer: RawTokenAnswer,
): Promise<HookedAnswer> {
  const { placeholders } = trip.execution
  const event: HookEvent = kind === 'token' ? 'after_oauth2_token' : 'after_oauth2_refresh'
  const content = contentOf(answer) ?? answer.body
  const safe = concealAnswer(content, schemeOf(trip).answer, placeholders)
  const result = await runHook({ ...trip, discard: showsUndeclared(safe) }, event, {
    ...eventGlobals(trip),
    method_response: writable(safe),
    statusCode: readable(answer.status),
  })
  if (!result) return { answer, shown: answer }
  demandTrue(trip, event, result)
  const changed = result.read('method_response')
  return changed === undefined ? { answer, shown: answer } : answerOf(trip, dataOf(changed))
}

/**
 * `after_oauth2_refresh_error` has the last word over a refresh that failed: `isSuccess` makes its
 * `content` the answer. Resolves to null where the failure stands; throws the script's own.
 */
export async function afterRefreshError(
  trip: Trip,
  answer: RawTokenAnswer,
  failure: CallFailure,
): Promise<HookedAnswer | null> {
  const { placeholders } = trip.execution
  const safe = concealAnswer(contentOf(answer) ?? answer.body, schemeOf(trip).answer, placeholders)
  const event = 'after_oauth2_refresh_error'
  const result = await runHook({ ...trip, discard: showsUndeclared(safe) }, event, {
    ...eventGlobals(trip),
    method_error: writable(
      describe(answer, safe, {
        type: failure.type,
        error: placeholders.scrub(failure.reason ?? failure.message),
      }),
    ),
  })
  if (!result) return null
  if (result.kind === 'threw') throw inOtherWords(failure, failureOfHook(trip, result))
  const said = result.read('method_error')
  if (!isJsonObject(said) || said.isSuccess !== true) return null
  return answerOf(trip, dataOf(said.content ?? null))
}

function describe(
  answer: RawTokenAnswer,
  content: Json,
  failure: { readonly type: string; readonly error: string },
): JsonObject {
  return {
    statusCode: answer.status,
    reasonPhrase: '',
    content: typeof content === 'string' ? content : JSON.stringify(content),
    ...failure,
    isError: true,
    isWarning: false,
    isSuccess: false,
  }
}

/** What the failure means for the connection stays the vendor's to say. */
function inOtherWords(failure: CallFailure, thrown: CallFailure): CallFailure {
  const { type, reason, httpCode } = failure
  return new CallFailure(type, thrown.message, {
    ...(reason === undefined ? {} : { reason }),
    ...(httpCode === undefined ? {} : { httpCode }),
    cause: thrown,
  })
}

export function demandTrue(trip: Trip, event: HookEvent, result: HookReturn): void {
  if (result.kind === 'threw') throw failureOfHook(trip, result)
  if (result.value) return
  throw new CallFailure('ScriptError', `the connector's ${event} returned false`, {
    reason: 'returned-false',
  })
}

function encode(body: Json, headers: Readonly<Record<string, string>>): string {
  if (typeof body === 'string') return body
  const [, type = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  return /\bjson\b/i.test(type) ? JSON.stringify(body) : writeForm(body)
}

function textsOf(value: Json): Readonly<Record<string, string>> {
  const entries = Object.entries(isJsonObject(value) ? value : {})
  return Object.fromEntries(
    entries.filter(([, text]) => text !== null).map(([name, text]) => [name, String(text)]),
  )
}

function answerOf({ execution }: Trip, content: Json): HookedAnswer {
  return {
    answer: rawAnswer(resolveDeep(content, execution.placeholders)),
    shown: rawAnswer(content),
  }
}

function rawAnswer(content: Json): RawTokenAnswer {
  const body = typeof content === 'string' ? content : JSON.stringify(content)
  return { status: 200, contentType: 'application/json', body }
}

function schemeOf({ execution: { call } }: Trip): OAuth2Scheme {
  if (call.connector.auth.type !== 'oauth2') throw new TypeError('only OAuth 2 has token requests')
  return call.connector.auth
}
