import type { CallRequest } from '../model/call.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import { nearest } from '../model/nearest.ts'
import { type Answer, notFound, refusal } from './answer.ts'
import { readJson } from './body.ts'
import { type Exchange, visibleApp } from './exchange.ts'
import { keepForLater, notForLater } from './later.ts'
import { outcomeBody } from './outcome-body.ts'
import { inTurn } from './turns.ts'

/**
 * Makes one call, for the tenant of the token. The answer is 200 whatever the vendor said: what the
 * call came to is in its `kind`. With `async`, the call is kept for a worker: the answer is 202.
 */
export async function takeCall(exchange: Exchange): Promise<Answer> {
  const { request, caller, parts } = exchange
  if (caller.readOnly) return refusal('noPermission')
  const body = await readJson(request, parts.limits)
  if ('refused' in body) return body.refused
  const read = readRequest(body.value)
  if ('fault' in read) return refusal(read.missing ? 'missingFields' : 'entityInvalid', read.fault)
  const { async: isForLater = false, ...asked } = read.request
  const unfit = isForLater ? notForLater(asked, exchange) : null
  if (unfit !== null) return refusal('entityInvalid', unfit)
  const { app } = asked
  if (app !== undefined && !visibleApp(exchange, app)) return notFound()
  const call = { ...asked, tenant: caller.tenant }
  return isForLater ? keepForLater(call, exchange) : makeCall(call, exchange)
}

function makeCall(call: CallRequest, { parts, signal }: Exchange): Promise<Answer> {
  return inTurn(parts, call.tenant, async () => {
    const outcome = await parts.calls.call(call, { signal })
    parts.metrics.countCall(outcome)
    return { status: 200, body: outcomeBody(outcome, call) }
  })
}

type Asked = Omit<CallRequest, 'tenant' | 'step'> & { readonly async?: boolean }
type Read = { readonly request: Asked } | { readonly fault: string; readonly missing: boolean }

const mostRetries = 10
const contexts = ['RUNNING_TRANSACTION', 'CONNECTOR_TESTING', 'STEP_TESTING'] as const

/** What each field must be. Whose call it is, and which scripts it runs, is not the body's to say. */
const fields: Readonly<Record<string, { test: (value: Json) => boolean; is: string }>> = {
  connector: { test: isText, is: 'a text' },
  method: { test: isText, is: 'a text' },
  connection: { test: isText, is: 'a text' },
  app: { test: isText, is: 'a text' },
  source: { test: isText, is: 'a text' },
  idempotencyKey: { test: isText, is: 'a text' },
  input: { test: isJsonObject, is: 'an object' },
  fields: { test: isJsonObject, is: 'an object' },
  fieldsInUse: { test: isTexts, is: 'a list of texts' },
  context: {
    test: (value) => contexts.some((context) => context === value),
    is: `one of ${contexts.join(', ')}`,
  },
  async: { test: (value) => typeof value === 'boolean', is: 'true or false' },
  retries: {
    test: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= mostRetries,
    is: `a whole number from 0 to ${mostRetries}`,
  },
  cycle: {
    test: isCycle,
    is: 'an object with the texts id, stepId and serviceDomain and the object variables, or some of them',
  },
}

function readRequest(value: Json): Read {
  if (!isJsonObject(value)) return { fault: 'The body must be an object.', missing: false }
  for (const [key, member] of Object.entries(value)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined
    if (!field) return { fault: unknownField(key), missing: false }
    if (!field.test(member)) return { fault: `${key} must be ${field.is}.`, missing: false }
  }
  for (const key of ['connector', 'method']) {
    if (!Object.hasOwn(value, key)) return { fault: `${key} is missing.`, missing: true }
  }
  return { request: value as unknown as Asked }
}

function unknownField(key: string): string {
  const meant = nearest(key, Object.keys(fields))
  const cure =
    meant === null ? `Known: ${Object.keys(fields).join(', ')}.` : `Did you mean ${meant}?`
  return `There is no field ${key.slice(0, 100)}. ${cure}`
}

function isTexts(value: Json): boolean {
  return Array.isArray(value) && value.every(isText)
}

function isText(value: Json): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 1_000
}

function isCycle(value: Json): boolean {
  if (!isJsonObject(value)) return false
  const { id = '', stepId = '', serviceDomain = '', variables = {}, ...others }: JsonObject = value
  const named = [id, stepId, serviceDomain].every((text) => typeof text === 'string')
  return named && isJsonObject(variables) && Object.keys(others).length === 0
}
