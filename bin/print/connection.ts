import type { Connection, Credential } from '../../runtime/model/connection.ts'
import { oneLine } from '../streams.ts'
import type { Paint } from './paint.ts'
import { tableText } from './table.ts'

/** What `--json` prints of a connection. It holds no secret. Dates are ISO 8601 in UTC. */
export type ConnectionReport = {
  readonly tenant: string
  readonly name: string
  readonly connector: string
  readonly state: Connection['state']
  readonly reason: string | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly renewal: {
    readonly count: number
    readonly lastAt: string | null
    readonly failures: number
    readonly lastFailure: string | null
    readonly coolingUntil: string | null
    readonly circuit: Circuit
  }
}

/**
 * Whether renewals reach the vendor: all (`closed`); none until the cool-down ends (`open`); the next
 * one, as a trial (`half-open`). A success closes it.
 */
export type Circuit = 'closed' | 'open' | 'half-open'

function circuitOf({ failures, coolingUntil }: Connection['renewal']): Circuit {
  if (failures === 0) return 'closed'
  return coolingUntil === null ? 'half-open' : 'open'
}

export function connectionReport(connection: Connection): ConnectionReport {
  const { tenant, id, connector, state, reason, createdAt, updatedAt, renewal } = connection
  return {
    ...{ tenant, name: id, connector, state, reason },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    renewal: {
      count: renewal.count,
      lastAt: renewal.lastAt?.toISOString() ?? null,
      failures: renewal.failures,
      lastFailure: renewal.lastFailure,
      coolingUntil: renewal.coolingUntil?.toISOString() ?? null,
      circuit: circuitOf(renewal),
    },
  }
}

/** What can be told of a credential: which secrets there are, never what they are. */
export type CredentialReport = {
  readonly generation: number
  readonly kind: Credential['auth']['kind']
  readonly properties: readonly string[]
  readonly session: readonly string[]
  readonly accessToken: boolean
  readonly refreshToken: boolean
  readonly expiresAt: string | null
  readonly scope: string | null
}

export function credentialReport(credential: Credential): CredentialReport {
  const { generation, auth, properties, session } = credential
  const tokens = auth.kind === 'oauth2' ? auth : null
  return {
    generation,
    kind: auth.kind,
    properties: Object.keys(properties).toSorted(),
    session: Object.keys(session).toSorted(),
    accessToken: Boolean(tokens?.accessToken),
    refreshToken: Boolean(tokens?.refreshToken),
    expiresAt: tokens?.expiresAt?.toISOString() ?? null,
    scope: tokens?.scope ?? null,
  }
}

export function connectionsTable(connections: readonly Connection[]): string {
  return tableText([
    ['NAME', 'CONNECTOR', 'STATE', 'RENEWED', 'UPDATED'],
    ...connections.map(({ id, connector, state, renewal, updatedAt }) => [
      id,
      connector,
      state,
      renewed(renewal),
      when(updatedAt),
    ]),
  ])
}

export function connectionText(
  { connection, credential }: { connection: Connection; credential: CredentialReport },
  paint: Paint,
): string {
  const { id, connector, state, reason, renewal, tenant } = connection
  const colour = state === 'active' ? 'green' : 'yellow'
  const rows: (readonly [string, string] | null)[] = [
    ['connector', connector],
    ['tenant', tenant],
    ['state', paint(colour, state) + (reason === null ? '' : `: ${oneLine(reason)}`)],
    ['credential', `${credential.kind}, generation ${credential.generation}`],
    ...tokenRows(credential),
    ['properties', listed(credential.properties)],
    ['session', listed(credential.session)],
    ['renewed', renewed(renewal)],
    renewal.failures === 0
      ? null
      : ['failures', `${renewal.failures} in a row: ${oneLine(renewal.lastFailure ?? '')}`],
    renewal.coolingUntil && ['not before', when(renewal.coolingUntil)],
    ['circuit', circuitOf(renewal)],
    ['created', when(connection.createdAt)],
    ['updated', when(connection.updatedAt)],
  ]
  return `${paint('bold', id)}\n${tableText(rows.filter((row) => row !== null).map(([name, value]) => [`  ${name}`, value]))}`
}

function tokenRows(credential: CredentialReport): readonly (readonly [string, string])[] {
  const { kind, accessToken, refreshToken, expiresAt, scope } = credential
  if (kind !== 'oauth2') return []
  const expiry = expiresAt === null ? 'its expiry is not known' : `expires ${expiresAt}`
  return [
    ['access token', accessToken ? expiry : 'none yet'],
    ['refresh token', refreshToken ? 'stored' : 'none'],
    ['scope', scope === null ? '–' : oneLine(scope)],
  ]
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? '–' : names.join(', ')
}

function renewed({ count, lastAt }: Connection['renewal']): string {
  if (count === 0 || lastAt === null) return 'never'
  return `${count === 1 ? 'once' : `${count} times`}, ${when(lastAt)}`
}

/** To the second; the whole of it is in `--json`. */
function when(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
