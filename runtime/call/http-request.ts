/** The dialect's `http_request` (section 14, 13): a script's own request, under the call's policy. */
import { readText } from '../http/body.ts'
import type { Verb } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import type { Trip } from './attempt.ts'
import { withoutEchoes } from './echoes.ts'
import { sendOnce } from './send.ts'
import { assemble, type Draft } from './wire.ts'

const verbs = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/**
 * Sends what a script asks for, with the connection's authentication unless the script set that
 * header. It never renews and never waits out a 429: the status is the script's to read. Rejects
 * with a plain `Error` where there was no response.
 */
export async function httpRequest(trip: Trip, argument: Json, signal: AbortSignal): Promise<Json> {
  const { execution } = trip
  const draft = draftOf(argument, (text) => execution.placeholders.resolve(text))
  const both = AbortSignal.any([execution.signal, signal])
  const reply = await sendOnce(
    { ...trip, execution: { ...execution, signal: both } },
    assemble(trip, draft),
  )
  if (reply instanceof CallFailure) throw reply
  const asked = isJsonObject(argument) ? argument : {}
  const { headers } = withoutEchoes(reply, execution.placeholders)
  return {
    status_code: reply.status,
    headers,
    content: execution.placeholders.scrub(readText(reply)),
    request: asked,
  }
}

/** Known keys only, each of its own kind. */
function draftOf(argument: Json, resolve: (text: string) => string): Draft {
  if (!isJsonObject(argument)) throw new Error('http_request takes an object')
  const { url, parameters, headers, data } = argument
  if (typeof url !== 'string') throw new Error('http_request needs a `url`')
  return {
    verb: verbOf(argument.method),
    address: url,
    query: textsOf(parameters, 'parameters'),
    headers: textsOf(headers, 'headers'),
    body: data === undefined || data === null ? null : bodyOf(data, resolve),
  }
}

function verbOf(method: Json | undefined): Verb {
  const verb = verbs.find((known) => known === String(method ?? 'GET').toUpperCase())
  if (verb) return verb
  throw new Error(`http_request knows ${verbs.join(', ')}`)
}

function textsOf(value: Json | undefined, name: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (!isJsonObject(value)) throw new Error(`http_request takes an object as \`${name}\``)
  return texts(value)
}

function texts(object: JsonObject): Readonly<Record<string, string>> {
  const given = Object.entries(object).filter(([, value]) => value !== null)
  return Object.fromEntries(
    given.map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
}

/** Sent as it is; what is no text is sent as JSON, though its author should have said so. */
function bodyOf(data: Json, resolve: (text: string) => string): Uint8Array {
  return Buffer.from(resolve(typeof data === 'string' ? data : JSON.stringify(data)), 'utf8')
}
