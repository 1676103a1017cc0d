/** Says what a reply means: the rules first, then the hook, which has the last word. */
import { readReply, readText } from '../http/body.ts'
import type { Reply, ReplyContent } from '../model/call.ts'
import { renewalsOf } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import type { Recovery, Verdict } from '../model/verdict.ts'
import { matchRules, type RuleMatch } from '../rules/match.ts'
import type { Trip } from './attempt.ts'
import { withoutEchoes } from './echoes.ts'
import { errorGlobals, responseGlobals, scriptGlobals } from './globals.ts'
import { failureOfHook, type HookReturn, returnedFalse, runHook, signalOf } from './hooks.ts'
import { dataOf, tryParse } from './json-text.ts'
import { concealDeclared } from './lookup-values.ts'

/** What there is to judge: a reply and its content, or the lack of both. */
type Evidence = { readonly reply: Reply; readonly content: ReplyContent } | null

export async function judge(trip: Trip, received: Reply): Promise<Verdict> {
  const reply = withoutEchoes(received, trip.execution.placeholders)
  const content = readContent(trip, reply)
  const match = matchingRule(trip, reply, content)
  if (match?.type === 'ExpiredToken') {
    const by = renewalFor(trip, match)
    if (trip.execution.renewals.has(by)) {
      return {
        kind: 'recover',
        by,
        because: `ExpiredToken rule ${match.index}`,
        otherwise: failureOfRule(match, reply),
      }
    }
  }
  const failure = match ? failureOfRule(match, reply) : failureOfStatus(trip, reply)
  if (failure) return afterError(trip, failure, { reply, content })
  return afterAction(trip, reply, content)
}

/** No response came: `after_error` may say what that means, but it cannot undo it by accident. */
export async function judgeSilence(trip: Trip, failure: CallFailure): Promise<Verdict> {
  return afterError(trip, failure, null)
}

function readContent(trip: Trip, reply: Reply): ReplyContent {
  const { call, placeholders, trail, kind } = trip.execution
  const read = readReply(reply, call.method.response)
  if (read.warning !== null) trail.add({ kind: 'warning', message: read.warning })
  const safe = kind === 'lookup' ? concealDeclared(trip, read) : read
  const text = placeholders.scrub(safe.text)
  if (text === safe.text) return safe
  return { ...safe, text, content: tryParse(text) }
}

function matchingRule(trip: Trip, reply: Reply, content: ReplyContent): RuleMatch | null {
  const { method, connector } = trip.execution.call
  const response = {
    status: reply.status,
    headers: reply.headers,
    get content() {
      return content.content
    },
  }
  const match = matchRules({ method: method.errors, connector: connector.errors }, response)
  if (match) {
    const { type, level, index, message } = match
    trip.execution.trail.add({ kind: 'rule', type, level, index, message })
  }
  return match
}

/** Where a connector can renew in two ways, its rule says by which; the parser sees to it. */
function renewalFor(trip: Trip, match: RuleMatch): Recovery {
  if (match.renew) return match.renew === 'oauth' ? 'refresh' : 'session'
  return renewalsOf(trip.execution.call.connector)[0] ?? 'refresh'
}

function failureOfRule(match: RuleMatch, reply: Reply): CallFailure {
  return new CallFailure(match.type, match.message, {
    httpCode: reply.status,
    blockIndex: match.index,
  })
}

function failureOfStatus(trip: Trip, reply: Reply): CallFailure | null {
  const { method, connector } = trip.execution.call
  if (reply.status >= 200 && reply.status < 300) return null
  if ((method.unmatched ?? connector.unmatched) === 'success') return null
  const text = reply.reason === '' ? '' : ` ${reply.reason}`
  return new CallFailure('HttpError', `HTTP ${reply.status}${text}`, { httpCode: reply.status })
}

async function afterAction(trip: Trip, reply: Reply, content: ReplyContent): Promise<Verdict> {
  const head = { headers: reply.headers, url: reply.url }
  const result = await runHook(trip, 'after_action', responseGlobals(trip, reply, content))
  return accepted(trip, result, { content: () => content.content, status: reply.status, head })
}

/** No request was made: `after_action` has the response that `before_action` may have begun. */
export async function judgeScript(trip: Trip, response: Json): Promise<Verdict> {
  const result = await runHook(trip, 'after_action', scriptGlobals(trip, response))
  return accepted(trip, result, { content: () => response, status: 200 })
}

type Acceptable = {
  /** Parsed only where the script has not put something in its place. */
  readonly content: () => Json
  readonly status: number
  readonly head?: Pick<Reply, 'headers' | 'url'>
}

function accepted(trip: Trip, result: HookReturn | null, reply: Acceptable): Verdict {
  const accept = (content: Json): Verdict => ({ ...reply, kind: 'accept', content })
  if (!result) return accept(reply.content())
  if (result.kind === 'threw') {
    return signalOf(trip, result, null) ?? { kind: 'reject', failure: failureOfHook(trip, result) }
  }
  if (result.falseAt !== null) {
    return { kind: 'reject', failure: returnedFalse('after_action', result.falseAt) }
  }
  const changed = result.read('method_response')
  return accept(changed === undefined ? reply.content() : dataOf(changed))
}

async function afterError(trip: Trip, failure: CallFailure, evidence: Evidence): Promise<Verdict> {
  const scrub = (text: string) => trip.execution.placeholders.scrub(text)
  const methodError = describe(failure, evidence, scrub)
  const result = await runHook(
    trip,
    'after_error',
    errorGlobals(trip, methodError, evidence?.reply ?? null),
  )
  if (!result) return { kind: 'reject', failure }
  const standing = failure.blockIndex === undefined ? null : failure
  if (result.kind === 'threw') {
    const signal = signalOf(trip, result, standing)
    if (signal) return signal
    const thrown = failureOfHook(trip, result)
    return { kind: 'reject', failure: evidence ? thrown : stillSilent(trip, failure, thrown) }
  }
  if (result.kind === 'returned' && result.falseAt !== null) {
    return { kind: 'reject', failure: returnedFalse('after_error', result.falseAt) }
  }
  const said = result.read('method_error') ?? result.read('error_response')
  return isJsonObject(said) ? lastWord(said, failure, evidence) : { kind: 'reject', failure }
}

/** Dialect section 14, 7: `error` is never null, so that the documented samples work. */
function describe(
  failure: CallFailure,
  evidence: Evidence,
  scrub: (text: string) => string,
): JsonObject {
  const text = evidence ? scrub(readText(evidence.reply)) : ''
  return {
    statusCode: evidence?.reply.status ?? null,
    reasonPhrase: evidence?.reply.reason ?? '',
    content: text,
    error:
      errorMember(evidence) ?? ruleText(failure) ?? (evidence?.reply.reason || failure.message),
    type: failure.type,
    isError: true,
    isWarning: false,
    isSuccess: false,
  }
}

function errorMember(evidence: Evidence): Json {
  const content = evidence?.content.content
  return isJsonObject(content) && Object.hasOwn(content, 'error') ? (content.error ?? null) : null
}

function ruleText(failure: CallFailure): string | null {
  return failure.blockIndex === undefined ? null : failure.message
}

/** The documented samples call `statusCode.toString()`: without a response that must not hide why. */
function stillSilent(trip: Trip, failure: CallFailure, thrown: CallFailure): CallFailure {
  const message = `after_error threw where there was no response: ${thrown.message}`
  trip.execution.trail.add({ kind: 'warning', message })
  const { reason } = failure
  return new CallFailure(failure.type, failure.message, {
    ...(reason === undefined ? {} : { reason }),
    cause: thrown,
  })
}

/** A script may turn an error into a success or a warning (dialect section 14, 7 and 8). */
function lastWord(said: JsonObject, failure: CallFailure, evidence: Evidence): Verdict {
  const status = evidence?.reply.status ?? null
  const content = dataOf(said.content ?? null)
  if (said.isSuccess === true) {
    const head = evidence && { headers: evidence.reply.headers, url: evidence.reply.url }
    return { kind: 'accept', content, status: status ?? 0, ...(head ? { head } : {}) }
  }
  if (said.isWarning === true || said.isError === false) {
    return { kind: 'warn', content, message: failure.message, status }
  }
  return { kind: 'reject', failure }
}
