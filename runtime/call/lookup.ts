/**
 * The post-install property value lookup as a renewal that the vault can run: one attempt of the
 * lookup method, which cannot itself renew (dialect section 14, 12).
 */
import type { Step } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import type { Method } from '../model/connector.ts'
import { CallFailure, isOutage } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import type { Renewal } from '../model/ports.ts'
import { Secret } from '../model/secret.ts'
import type { Verdict } from '../model/verdict.ts'
import { attempt } from './attempt.ts'
import type { Execution } from './execution.ts'
import { lookupValues } from './lookup-values.ts'
import { onlyPage } from './paging.ts'
import { TrailRecorder } from './trail.ts'

/** `steps` receives what the lookup did, for the trail. */
export function lookupRenewal(execution: Execution, steps: Step[]): Renewal {
  const { limits } = execution.call.connector
  return {
    by: 'session',
    repeatable: true,
    timeoutMs: limits.requestMs + 2 * limits.hookMs,
    send: async (current, signal) => {
      const lookup = lookupExecution(execution, signal)
      try {
        return JSON.stringify(await lookUp(lookup, current))
      } finally {
        steps.push(...lookup.trail.trail().attempts.flatMap((made) => made.steps))
      }
    },
    read: async (answer) => ({ by: 'session', session: readValues(answer) }),
  }
}

/** The same call's secrets and connection, but the lookup's method, trail and scratch object. */
function lookupExecution(execution: Execution, signal: AbortSignal): Execution {
  const { call, ports, placeholders } = execution
  const method = lookupMethod(execution)
  return {
    ...execution,
    call: { ...call, method: { ...method, paging: null }, input: {}, step: null, fields: null },
    signal,
    trail: new TrailRecorder(ports.now, (text) => placeholders.redact(text)),
    used: { credential: null },
    renewals: new Set(),
    actionData: { current: {} },
    kind: 'lookup',
  }
}

async function lookUp(lookup: Execution, current: Credential): Promise<Record<string, string>> {
  const credential = { ...current, session: {} }
  const { verdict } = await attempt(lookup, {
    credential,
    position: onlyPage,
    cause: 'first',
  })
  if (verdict.kind !== 'accept' && verdict.kind !== 'warn') throw refused(lookup, verdict)
  const values = valuesOf(lookup, verdict.content)
  if (Object.keys(values).length === 0) {
    const { name } = lookup.call.method
    throw new CallFailure('AuthSessionFailed', `The answer of ${name} has none of the properties`, {
      reason: 'no-values',
    })
  }
  return values
}

/** What a script passed on as a placeholder becomes a secret again here, in the vault's own text. */
function valuesOf(lookup: Execution, content: Json): Record<string, string> {
  const { call, placeholders } = lookup
  const found = lookupValues(call.connector, content)
  for (const { name, sensitive } of call.connector.properties) {
    if (!sensitive && placeholders.holdsSecret(found.get(name) ?? '')) throw exposed(lookup, name)
  }
  return Object.fromEntries([...found].map(([name, value]) => [name, placeholders.resolve(value)]))
}

/** Scripts see the property as it is, from the next call on. */
function exposed({ call }: Execution, property: string): CallFailure {
  return new CallFailure(
    'AuthSessionFailed',
    `The answer of ${call.method.name} puts a secret into \`${property}\`, which is not \`sensitive\``,
    { reason: 'not-sensitive' },
  )
}

type Refusal = Exclude<Verdict, { kind: 'accept' } | { kind: 'warn' }>

/** A refusal is not an outage: only a vendor who said so has the connection marked. */
function refused(lookup: Execution, verdict: Refusal): CallFailure {
  const { name } = lookup.call.method
  if (verdict.kind === 'stop') {
    return new CallFailure('AuthSessionFailed', `${name} was stopped: ${verdict.message}`, {
      reason: 'lookup-stopped',
    })
  }
  const cause = verdict.kind === 'recover' ? verdict.otherwise : verdict.failure
  if (cause.type === 'InvalidCredential') return cause
  const outage = cause.type === 'HttpError' && isOutage(cause.httpCode ?? 0)
  return new CallFailure('AuthSessionFailed', `${name} failed: ${cause.message}`, {
    reason: outage ? 'outage' : (cause.reason ?? 'lookup-failed'),
    ...(cause.httpCode === undefined ? {} : { httpCode: cause.httpCode }),
    cause,
  })
}

function readValues(answer: string): Readonly<Record<string, Secret>> {
  const values = JSON.parse(answer) as Record<string, string>
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, new Secret(value)]),
  )
}

function lookupMethod({ call }: Execution): Method {
  const { postInstall, methods } = call.connector
  const method = postInstall ? methods.get(postInstall.method) : undefined
  if (!method) throw new TypeError('the connector names no lookup method')
  return method
}
