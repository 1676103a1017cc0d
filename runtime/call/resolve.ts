/** From what a caller asks for, in names, to a call with everything in it. */
import type { Call, CallRequest } from '../model/call.ts'
import type { Connection, ConnectionKey } from '../model/connection.ts'
import type { Connector, Method, Script } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { asCallId, asConnectionId, asMethodName, asTenant, isName } from '../model/ids.ts'
import { nearest } from '../model/nearest.ts'
import type { Catalogue, Connections } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'
import type { WebhookRequest } from '../model/webhook.ts'

export type Registry = {
  readonly catalogue: Catalogue
  readonly connections: Connections
  /** Makes a step's script ready for the sandbox; it is taken as it is where this is left out. */
  readonly prepareStep?: (step: Script) => Promise<Script>
}

/**
 * Throws `CallFailure`: DefinitionInvalid (reasons `unknown-connector`, `unknown-method`),
 * InvalidCredential (reasons `sessionMissing`, `sessionInactive`); and `UsageError` where the
 * request names no tenant.
 */
export async function resolveCall(
  request: CallRequest,
  { catalogue, connections, prepareStep = async (step) => step }: Registry,
  randomId: () => string,
): Promise<Call> {
  const key = connectionKey(request.tenant, request.connection ?? 'none')
  const connector = await findConnector(request.connector, catalogue)
  const method = findMethod(request.method, connector)
  const connection = await findConnection(request, key, { connector, connections })
  const id = asCallId(randomId())
  return {
    id,
    connector,
    method,
    connection,
    input: request.input ?? {},
    step: request.step ? await prepareStep(request.step) : null,
    cycle: {
      id: request.cycle?.id ?? '',
      stepId: request.cycle?.stepId ?? '',
      variables: request.cycle?.variables ?? {},
      serviceDomain: request.cycle?.serviceDomain ?? '',
    },
    idempotencyKey: request.idempotencyKey ?? id,
    retries: request.retries ?? 0,
    context: request.context ?? 'RUNNING_TRANSACTION',
    fieldsInUse: request.fieldsInUse ?? method.responseFields,
    fields: request.fields ?? null,
  }
}

/** Throws `UsageError` (`missingFields`, `entityInvalid`) for a name that cannot be one. */
export function connectionKey(tenant: string, connection: string): ConnectionKey {
  if (typeof tenant !== 'string' || tenant === '') {
    throw new UsageError('missingFields', 'A call needs its tenant', {
      cure: 'Pass `tenant`: whose connection and storage this is',
    })
  }
  for (const [what, name] of [
    ['tenant', tenant],
    ['connection', connection],
  ] as const) {
    if (isName(name)) continue
    throw new UsageError('entityInvalid', `\`${name}\` cannot name a ${what}`, {
      cure: 'Use 1 to 128 letters, digits, `.`, `_`, `@` and `-`, beginning with a letter or digit',
    })
  }
  return { tenant: asTenant(tenant), id: asConnectionId(connection) }
}

/** As `resolveCall`, for a method of type `webhook`; DefinitionInvalid (`not-a-webhook`) for others. */
export async function resolveWebhook(
  { request: _, ...rest }: WebhookRequest,
  registry: Registry,
  randomId: () => string,
): Promise<Call> {
  const call = await resolveCall(rest, registry, randomId)
  if (call.method.type === 'webhook') return call
  throw new CallFailure(
    'DefinitionInvalid',
    `${call.connector.name} ${call.method.name} receives nothing: its type is ${call.method.type}`,
    { reason: 'not-a-webhook' },
  )
}

export async function findConnector(name: string, catalogue: Catalogue): Promise<Connector> {
  const connector = await catalogue.find(name)
  if (connector) return connector
  const suggestion = suggest(name, await catalogue.names())
  throw new CallFailure('DefinitionInvalid', `There is no connector \`${name}\`${suggestion}`, {
    reason: 'unknown-connector',
  })
}

function findMethod(name: string, connector: Connector): Method {
  const method = connector.methods.get(asMethodName(name))
  if (method) return method
  const suggestion = suggest(name, [...connector.methods.keys()])
  throw new CallFailure(
    'DefinitionInvalid',
    `${connector.name} has no method \`${name}\`${suggestion}`,
    { reason: 'unknown-method' },
  )
}

function suggest(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates)
  return near === null ? '' : `; did you mean \`${near}\`?`
}

type Origin = { readonly connector: Connector; readonly connections: Connections }

async function findConnection(
  request: CallRequest,
  key: ConnectionKey,
  { connector, connections }: Origin,
): Promise<Connection> {
  const isOpen = connector.auth.type === 'none'
  if (isOpen && request.connection === undefined) return anonymous(key, connector)
  const connection = await connections.get(key)
  if (!connection && isOpen && connector.properties.length === 0) {
    // It would have nothing to give: the call is none that a person has to connect first.
    return anonymous(connectionKey(key.tenant, 'none'), connector)
  }
  if (!connection) {
    throw unusable(`There is no connection \`${key.id}\` to ${connector.name}`, 'sessionMissing')
  }
  if (connection.connector !== connector.name) {
    throw unusable(
      `The connection \`${key.id}\` is one to ${connection.connector}, not to ${connector.name}`,
      'sessionMissing',
    )
  }
  if (connection.state === 'sessionInactive') {
    const why = connection.reason === null ? '' : `: ${connection.reason}`
    throw unusable(`The connection \`${key.id}\` is disabled${why}`, 'sessionInactive')
  }
  return connection
}

function unusable(message: string, reason: string): CallFailure {
  return new CallFailure('InvalidCredential', message, { reason })
}

/** A connector without authentication needs no connection, and nothing of it is stored. */
function anonymous(key: ConnectionKey, connector: Connector): Connection {
  const now = new Date()
  return {
    ...key,
    connector: connector.name,
    state: 'active',
    reason: null,
    createdAt: now,
    updatedAt: now,
    renewal: { count: 0, lastAt: null, failures: 0, lastFailure: null, coolingUntil: null },
  }
}
