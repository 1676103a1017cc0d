import { type Built, buildRequest } from '../auth/build.ts'
import type { Attempt, PagePosition, Request } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json } from '../model/json.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Execution } from './execution.ts'
import { requestGlobals } from './globals.ts'
import { failureOfHook, runHook, signalOf } from './hooks.ts'
import { judge, judgeScript, judgeSilence } from './judge.ts'
import { sendWithWaiting } from './send.ts'
import { toWire } from './wire.ts'

/** What the steps of one attempt share. Nothing of it is left for the next one. */
export type Trip = {
  readonly execution: Execution
  readonly credential: Credential
  readonly built: Built
  /** As the hooks left it. */
  readonly request: Request
  /** True for a hook that sees in clear what may be a secret (dialect section 14, 14). */
  readonly discard?: boolean
}

/** What an attempt starts from, beside its call. */
export type Departure = {
  readonly credential: Credential
  readonly position: PagePosition
  readonly cause: Attempt['cause']
}

/** Where an attempt came to, and the trip that led there. */
export type Arrival = { readonly verdict: Verdict; readonly trip: Trip }

/**
 * One trip: before → send → judge. It starts from the call as it was asked for, never from an
 * earlier attempt's request: `before_action` may have written the old token into that one.
 */
export async function attempt(execution: Execution, departure: Departure): Promise<Arrival> {
  const { cause, position } = departure
  const { trail, call, used } = execution
  used.credential = departure.credential
  trail.begin(cause, call.method.paging === null ? undefined : position.number)
  let arrival: Arrival | null = null
  try {
    arrival = await travel(execution, departure)
    return arrival
  } finally {
    trail.end(arrival ? nameOf(arrival.verdict) : 'failure')
  }
}

async function travel(execution: Execution, departure: Departure): Promise<Arrival> {
  const trip = departFrom(execution, departure)
  const before = await prepare(trip)
  if ('verdict' in before) return { verdict: before.verdict, trip }

  const ready = { ...trip, request: before.request }
  return { verdict: await perform(ready, before.response), trip: ready }
}

export function departFrom(
  execution: Execution,
  { credential, position }: Pick<Departure, 'credential' | 'position'>,
): Trip {
  const { call, placeholders, runDate } = execution
  const setting = { credential, placeholders, page: position, lastRun: runDate.last }
  const built = buildRequest(call, setting)
  return { execution, credential, built, request: built.request }
}

/** A method of type `script` has what its hooks make of nothing; a reply to a webhook is not sent. */
async function perform(trip: Trip, response: Json | undefined): Promise<Verdict> {
  const { type } = trip.execution.call.method
  if (type === 'script') return judgeScript(trip, response ?? null)
  if (type === 'webhook_response') {
    const { headers, body } = trip.request
    return { kind: 'accept', content: { headers, body }, status: 200 }
  }
  const sent = await sendWithWaiting(trip, toWire(trip))
  return sent instanceof CallFailure ? judgeSilence(trip, sent) : judge(trip, sent)
}

type Prepared =
  | { readonly request: Request; readonly response?: Json | undefined }
  | { readonly verdict: Verdict }

/** Lets `before_action` have its say about the request. */
async function prepare(trip: Trip): Promise<Prepared> {
  const result = await runHook(trip, 'before_action', requestGlobals(trip))
  if (!result) return { request: trip.request }
  if (result.kind === 'threw') {
    return {
      verdict: signalOf(trip, result, null) ?? {
        kind: 'reject',
        failure: failureOfHook(trip, result),
      },
    }
  }
  if (result.kind === 'returned' && result.falseAt !== null) {
    const message = `the ${result.falseAt}'s before_action returned false`
    return { verdict: { kind: 'stop', message } }
  }
  return {
    request: changedRequest(trip.request, result.read),
    response: result.read('method_response'),
  }
}

function changedRequest(request: Request, value: (name: string) => Json | undefined): Request {
  const endpoint = value('method_endpoint')
  const body = value('method_request')
  return {
    ...request,
    endpoint: typeof endpoint === 'string' ? endpoint : request.endpoint,
    mergefields: texts(value('method_request_mergefields')) ?? request.mergefields,
    query: texts(value('method_request_parameters')) ?? request.query,
    headers: texts(value('method_request_headers')) ?? request.headers,
    body: body === undefined ? request.body : body,
  }
}

/** Names and values as they can be sent; null and undefined take a name away. */
function texts(value: Json | undefined): Readonly<Record<string, string>> | null {
  if (value === undefined) return null
  if (!isJsonObject(value)) return {}
  const entries = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(
    entries.map(([name, item]) => [
      name,
      typeof item === 'object' ? JSON.stringify(item) : String(item),
    ]),
  )
}

function nameOf(verdict: Verdict): string {
  if (verdict.kind === 'reject') return verdict.failure.type
  return verdict.kind === 'recover' ? `recover by ${verdict.by}` : verdict.kind
}
