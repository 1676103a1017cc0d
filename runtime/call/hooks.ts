/** Runs one event of the dialect, and says what its result means for the call. */

import { CallFailure } from '../model/failure.ts'
import type { HookEvent, HookGlobal, HookResult } from '../model/ports.ts'
import type { Recovery, Verdict } from '../model/verdict.ts'
import type { Trip } from './attempt.ts'
import { capabilityOf } from './capability.ts'
import { type ReadBack, readBackOf } from './read-back.ts'
import { inAuthorsPlaces, placesInWords } from './script-places.ts'
import { mayDefine, scriptsOf } from './scripts.ts'

/** A result whose globals are read by name, parsed. */
export type HookReturn = Exclude<HookResult, { kind: 'absent' }> & {
  readonly read: ReadBack
}

type Threw = Extract<HookReturn, { kind: 'threw' }>

/**
 * Runs an event's handlers; null where no script has one, and then nothing was started. Writes the
 * trail, and keeps `action_data`.
 */
export async function runHook(
  trip: Trip,
  event: HookEvent,
  globals: Readonly<Record<string, HookGlobal>>,
): Promise<HookReturn | null> {
  const { call, ports, signal, trail, actionData, kind } = trip.execution
  if (!mayDefine(call, event)) return null

  const began = ports.now()
  const scripts = scriptsOf(call)
  const running = ports.sandbox.run(
    {
      connection: call.connection,
      event,
      scripts,
      globals,
      hookMs: call.connector.limits.hookMs,
      urgent: kind === 'lookup' || kind === 'renewal',
      discard: trip.discard ?? false,
      capability: capabilityOf(trip),
    },
    signal,
  )
  const result = await inAuthorsPlaces(running, scripts).catch((error: unknown) => {
    if (error instanceof CallFailure) {
      const { type: failure } = error
      trail.add({ kind: 'hook', event, ms: ports.now() - began, result: 'failed', failure })
    }
    throw error
  })
  if (result.kind === 'absent') return null

  for (const { level, text } of result.log) trail.add({ kind: 'log', level, text })
  for (const message of result.warnings) trail.add({ kind: 'warning', message })
  trail.add({ kind: 'hook', event, ms: ports.now() - began, ...hookEnding(result) })

  const read = readBackOf(result, (message) => trail.add({ kind: 'warning', message }))
  actionData.current = read('action_data') ?? actionData.current
  return { ...result, read }
}

function hookEnding(result: Exclude<HookResult, { kind: 'absent' }>) {
  if (result.kind === 'threw') {
    const { level, name, message } = result
    return { result: 'threw' as const, thrown: message ? `${name}: ${message}` : name, level }
  }
  return result.falseAt === null
    ? { result: 'returned' as const }
    : { result: 'stopped' as const, level: result.falseAt }
}

/**
 * What an auth exception asks for: a renewal if one is left, else the failure. Null where nothing of
 * the kind was thrown. `standing` is the failure of a rule that matched before the script ran.
 */
export function signalOf(
  trip: Trip,
  result: HookReturn,
  standing: CallFailure | null,
): Verdict | null {
  if (result.kind !== 'threw' || !result.signal) return null
  const by = result.signal
  const { position } = placesInWords(result.positions, scriptsOf(trip.execution.call))
  const because = `${result.name} in ${position ?? result.level}`
  const otherwise = standing ?? exhausted(trip, by, result)
  const canRenew = renewable(trip, by) && trip.execution.renewals.has(by)
  return canRenew
    ? { kind: 'recover', by, because, otherwise }
    : { kind: 'reject', failure: otherwise }
}

/** True where the connector has that way of renewing at all. */
function renewable({ execution: { call } }: Trip, by: Recovery): boolean {
  const { auth, postInstall } = call.connector
  return by === 'refresh' ? auth.type === 'oauth2' : postInstall !== null
}

function exhausted(trip: Trip, by: Recovery, result: Threw): CallFailure {
  const { connector } = trip.execution.call
  const type = by === 'refresh' ? 'AuthRefreshFailed' : 'AuthSessionFailed'
  const own = result.message === '' ? '' : `: ${result.message}`
  if (!renewable(trip, by)) {
    const lacks = by === 'refresh' ? 'no OAuth 2 token to refresh' : 'no post_install lookup'
    return new CallFailure(type, `${result.name}, but ${connector.name} has ${lacks}${own}`, {
      reason: 'no-renewal',
      ...placesInWords(result.positions, scriptsOf(trip.execution.call)),
    })
  }
  if (trip.execution.kind === 'lookup') {
    return new CallFailure(type, `The lookup itself threw ${result.name}${own}`, {
      reason: 'lookup-rejected',
    })
  }
  const again = `The vendor rejected the renewed credential (${result.name}${own})`
  return new CallFailure(type, again, { reason: 'rejected-again' })
}

/** The failure that any other thrown value is (dialect section 14, 4). */
export function failureOfHook(trip: Trip, result: Threw): CallFailure {
  const scripts = scriptsOf(trip.execution.call)
  return new CallFailure(
    'ScriptError',
    result.message || result.name,
    placesInWords(result.positions, scripts),
  )
}

/** Strict `false` from an `after_*` handler (dialect section 14, 3). */
export function returnedFalse(event: HookEvent, level: string): CallFailure {
  return new CallFailure('ScriptError', `the ${level}'s ${event} returned false`, {
    reason: 'returned-false',
  })
}
