import type { Outcome } from '../model/call.ts'
import type { Connection } from '../model/connection.ts'
import type { Json } from '../model/json.ts'

/** What the connector's test call says of a connection. */
export type Identity = {
  /** As it stands after the call. */
  readonly connection: Connection
  /** What the vendor answered; null where the connection does not work. Tokens are kept either way. */
  readonly user: Json
  /** Null where the connector names no test call. */
  readonly outcome: Outcome | null
}

export function identityFrom(connection: Connection, outcome: Outcome | null): Identity {
  const worked = outcome?.kind === 'success' || outcome?.kind === 'warning'
  return { connection, user: worked ? outcome.content : null, outcome }
}
