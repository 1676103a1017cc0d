import type { Credential } from '../../model/connection.ts'
import type { Method } from '../../model/connector.ts'
import { asMethodName } from '../../model/ids.ts'
import { departFrom, type Trip } from '../attempt.ts'
import type { Execution } from '../execution.ts'
import { onlyPage } from '../paging.ts'
import { TrailRecorder } from '../trail.ts'

/**
 * The trip of hooks around an OAuth request: only the connector's script takes part, with a scratch
 * object of its own, in the slot that is kept for renewals. Its `http_request` carries no credential,
 * as the one there is may be dead.
 */
export function hookTrip(execution: Execution, credential: Credential, signal: AbortSignal): Trip {
  const { call, ports, placeholders } = execution
  const ofConnector = { ...call, method: oauthMethod, input: {}, step: null, fields: null }
  const trail = new TrailRecorder(ports.now, (text) => placeholders.redact(text))
  const inRenewal: Execution = {
    ...execution,
    call: ofConnector,
    signal,
    trail,
    renewals: new Set(),
    actionData: { current: {} },
    kind: 'renewal',
  }
  return departFrom(inRenewal, { credential, position: onlyPage })
}

/** Stands where a method would: OAuth requests have none. */
export const oauthMethod: Method = {
  name: asMethodName('oauth2'),
  title: 'OAuth 2',
  type: 'script',
  verb: 'POST',
  path: '',
  query: {},
  headers: {},
  parameters: [],
  body: null,
  bodyType: 'none',
  xmlRoot: 'root',
  response: 'auto',
  ignoreAuth: true,
  replay: 'always',
  idempotencyKey: null,
  errors: [],
  unmatched: null,
  paging: null,
  outboundPaging: null,
  rateLimit: null,
  responseFields: [],
  script: null,
}
