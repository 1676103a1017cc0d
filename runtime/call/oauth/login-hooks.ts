/** The hooks of a login, for whoever leads one: on the way out, and around the exchange of the code. */
import type { RawTokenAnswer } from '../../auth/oauth.ts'
import type { Call, WireRequest } from '../../model/call.ts'
import type { ConnectionKey, Credential } from '../../model/connection.ts'
import type { Connector } from '../../model/connector.ts'
import { CallFailure } from '../../model/failure.ts'
import { asCallId } from '../../model/ids.ts'
import type { Ports } from '../../model/ports.ts'
import type { Trip } from '../attempt.ts'
import { beginExecution } from '../execution.ts'
import { eventGlobals, writable } from '../globals.ts'
import { runHook } from '../hooks.ts'
import { hookTrip, oauthMethod } from './hook-trip.ts'
import { afterTokenAnswer, beforeTokenRequest, demandTrue } from './token-hooks.ts'

/** Whose login it is. The connection need not be stored yet. */
export type HookedLogin = {
  readonly connector: Connector
  readonly key: ConnectionKey
  readonly properties: Credential['properties']
}

/** Each rejects with `CallFailure` of the Script types where the hook says no. */
export interface LoginHooks extends Disposable {
  /** `before_oauth2_authorise` may change the address, but not what the answer is checked against. */
  authorise(url: URL): Promise<URL>
  /** `before_oauth2_token`, on the way to the token endpoint. */
  beforeToken(request: WireRequest): Promise<WireRequest>
  /** `after_oauth2_token`, before an answer with a 2xx is read. */
  afterToken(answer: RawTokenAnswer): Promise<RawTokenAnswer>
}

/** They share `action_data`. Dispose them when the login has ended. */
export async function openLoginHooks(
  login: HookedLogin,
  portsFor: (call: Call) => Promise<Ports>,
  signal: AbortSignal,
): Promise<LoginHooks> {
  const call = loginCall(login)
  const execution = beginExecution(call, await portsFor(call), signal)
  const trip = hookTrip(execution, noCredential(login), execution.signal)
  return {
    authorise: (url) => authorise(trip, url),
    beforeToken: (request) => beforeTokenRequest(trip, 'token', request),
    afterToken: async (answer) => {
      const good = answer.status >= 200 && answer.status < 300
      return good ? (await afterTokenAnswer(trip, 'token', answer)).answer : answer
    },
    [Symbol.dispose]: () => execution[Symbol.dispose](),
  }
}

/** What the answer of a login is checked against (RFC 6749 section 10.12, RFC 7636). */
const kept = ['state', 'code_challenge', 'code_challenge_method', 'redirect_uri', 'nonce']

async function authorise(trip: Trip, url: URL): Promise<URL> {
  const event = 'before_oauth2_authorise'
  const globals = { ...eventGlobals(trip), method_endpoint: writable(url.href) }
  const result = await runHook(trip, event, globals)
  if (!result) return url
  demandTrue(trip, event, result)
  const said = result.read('method_endpoint') ?? url.href
  const changed = URL.parse(String(said))
  if (!changed || !/^https?:$/.test(changed.protocol)) {
    throw new CallFailure('ScriptError', `${event} left no URL in method_endpoint`, {
      reason: 'bad-return',
    })
  }
  for (const name of kept) {
    const value = url.searchParams.get(name)
    if (value !== null) changed.searchParams.set(name, value)
  }
  return changed
}

function noCredential({ properties }: HookedLogin): Credential {
  const counters = { generation: 0, refreshed: 0, lookedUp: 0 }
  return { ...counters, auth: { kind: 'none' }, properties, session: {} }
}

function loginCall({ connector, key }: HookedLogin): Call {
  const now = new Date()
  const renewal = { count: 0, lastAt: null, failures: 0, lastFailure: null, coolingUntil: null }
  return {
    id: asCallId('login'),
    connector,
    method: oauthMethod,
    connection: {
      ...key,
      connector: connector.name,
      state: 'sessionNotVerified',
      reason: null,
      createdAt: now,
      updatedAt: now,
      renewal,
    },
    input: {},
    fields: null,
    step: null,
    cycle: { id: '', stepId: '', variables: {}, serviceDomain: '' },
    idempotencyKey: '',
    retries: 0,
    context: 'RUNNING_TRANSACTION',
    fieldsInUse: [],
  }
}
