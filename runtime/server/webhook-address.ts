/**
 * Where a vendor sends what is for one method of one connection. The last part of the path cannot be
 * guessed: it is made of the names before it and the operator's secret, so nothing is stored, every
 * server of one secret knows it, and an address of one tenant says nothing of another's.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { connectionKey } from '../call/resolve.ts'
import type { Secret } from '../model/secret.ts'
import { UsageError } from '../model/usage-error.ts'

/** What a webhook is for. */
export type WebhookTarget = {
  readonly tenant: string
  /** By name, or `name@version`. */
  readonly connector: string
  /** Null where the connector needs none. */
  readonly connection: string | null
  readonly method: string
}

/** Stands in the path where there is no connection; none can be called that. */
const noConnection = '-'
const shortestSecret = 32

/**
 * The path of an address: `/webhooks/<tenant>/<connector>/<connection>/<method>/<key>`. Whoever has it
 * may send. Throws `UsageError` (`entityInvalid`, `missingFields`) for a name that cannot be one.
 */
export function webhookPath(target: WebhookTarget, secret: Secret): string {
  const { tenant, connector, connection, method } = target
  connectionKey(tenant, connection ?? 'none')
  for (const name of [connector, method]) {
    if (name !== '' && name.length <= 260) continue
    throw new UsageError('entityInvalid', 'A webhook needs its connector and its method')
  }
  const names = [tenant, connector, connection ?? noConnection, method]
  return `/webhooks/${[...names.map(encodeURIComponent), keyOf(target, secret)].join('/')}`
}

/** The target of an address, from the parts of its path; null where its key is not the right one. */
export function targetOf(
  parts: Readonly<Record<string, string>>,
  secret: Secret,
): WebhookTarget | null {
  const { tenant = '', connector = '', connection = '', method = '', key = '' } = parts
  const target = {
    ...{ tenant, connector, method },
    connection: connection === noConnection ? null : connection,
  }
  const right = Buffer.from(keyOf(target, secret))
  const given = Buffer.from(key)
  return given.length === right.length && timingSafeEqual(given, right) ? target : null
}

/** Without what lets somebody in: for logs, and for scripts. */
export function withoutKey(url: string): string {
  return url.replace(/(\/webhooks(?:\/[^/?#]*){4})\/[^?#]*/i, '$1')
}

/** An address lets whoever has it search for a secret that is short, and then make all others. */
export function demandWebhookSecret(secret: Secret): void {
  if (secret.reveal().length >= shortestSecret) return
  throw new UsageError(
    'entityInvalid',
    `The secret of the webhooks is shorter than ${shortestSecret} characters`,
    { cure: 'Make one by `openssl rand -base64 32`' },
  )
}

/** Apart from all else that the operator's secret is used for. */
function keyOf({ tenant, connector, connection, method }: WebhookTarget, secret: Secret): string {
  const own = hkdfSync('sha256', secret.reveal(), '', 'hookline webhook address', 32)
  return createHmac('sha256', Buffer.from(own))
    .update(JSON.stringify([tenant, connector, connection, method]))
    .digest('base64url')
}
