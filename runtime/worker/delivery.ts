import { createHmac, hkdfSync } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { CallFailure } from '../model/failure.ts'
import type { EgressPolicy, Send } from '../model/ports.ts'
import type { Secret } from '../model/secret.ts'
import { StoreFailure } from '../store/store-failure.ts'
import type { Database } from './database.ts'
import type { Observer } from './events.ts'
import { noConnection } from './job.ts'
import { statements } from './statements.ts'

/** How outcomes are delivered to webhooks of callers. */
export type Delivery = {
  readonly send: Send
  /** The operator's; each tenant's key is derived from it, so that none can sign for another. */
  readonly secret: Secret
  /** Networks (CIDR) that may be delivered to although they are not public. */
  readonly allowPrivate?: readonly string[]
}

type DeliveryOptions = {
  readonly database: Database
  readonly delivery: Delivery
  readonly signal: AbortSignal
  readonly observe: Observer
}

type Row = {
  readonly id: string
  readonly tenant: string
  readonly connector: string
  readonly method: string
  readonly connection: string
  readonly state: string
  readonly outcome: string
  readonly deliver_to: string
  readonly delivery_tries: number
  readonly ended_at: Date
}

const atATime = 20
/** Whoever has so many under way gets no more: receivers that never answer must not hold up others'. */
const ofOneTenant = 5
const requestMs = 15_000
/** So long a delivery is its taker's: then it is somebody else's turn. */
const leaseMs = 60_000
/** The waits grow to an hour; then it has been tried for about 18 hours. */
const mostTries = 24

/**
 * What a tenant checks our signatures by: `whsec_` and the key in base64, as in the Standard Webhooks
 * specification, whose libraries take it as it is.
 */
export function webhookKey(secret: Secret, tenant: string): string {
  return `whsec_${keyOf(secret, tenant).toString('base64')}`
}

function keyOf(secret: Secret, tenant: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret.reveal(), '', `hookline webhook ${tenant}`, 32))
}

/** Delivers what is due, until the signal aborts. A delivery may come twice, with the same id. */
export async function deliverOutcomes(options: DeliveryOptions): Promise<void> {
  const { database, signal } = options
  const underWay = new Map<Promise<void>, string>()
  while (!signal.aborted) {
    const wanted = Math.min(ofOneTenant, atATime - underWay.size)
    const values = [wanted, leaseMs, busyAmong([...underWay.values()])]
    const rows = await watched(options, async () =>
      wanted > 0 ? (await database.run<Row>(statements.takeDeliveries, values)).rows : [],
    )
    for (const row of rows ?? []) {
      const work = watched(options, () => deliver(row, options)).then(() => {
        underWay.delete(work)
      })
      underWay.set(work, row.tenant)
    }
    if (wanted === 0) await Promise.race(underWay.keys())
    else if ((rows?.length ?? 0) < wanted) await rest(signal)
  }
  await Promise.all(underWay.keys())
}

function busyAmong(tenants: readonly string[]): readonly string[] {
  const counts = Map.groupBy(tenants, (tenant) => tenant)
  return [...counts].filter(([, all]) => all.length >= ofOneTenant).map(([tenant]) => tenant)
}

function rest(signal: AbortSignal): Promise<void> {
  return delay(500, undefined, { signal }).catch(() => {})
}

/** Null where it failed, of which whoever watches is told. */
async function watched<Result>(
  { signal, observe }: DeliveryOptions,
  work: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await work()
  } catch (error) {
    if (signal.aborted) return null
    const passes = error instanceof StoreFailure && error.passing
    observe(passes ? { kind: 'store-failed', error } : { kind: 'bug', job: null, error })
    return null
  }
}

async function deliver(row: Row, options: DeliveryOptions): Promise<void> {
  const { database, observe } = options
  const { id, delivery_tries: tries } = row
  const message = await problemOf(row, options)
  if (message === null) {
    await database.run(statements.delivered, [id])
    observe({ kind: 'delivered', id, tries })
    return
  }
  const final = tries >= mostTries
  const wait = Math.min(3_600_000, 2_000 * 2 ** (tries - 1)) * (0.75 + 0.5 * Math.random())
  await database.run(statements.undelivered, [id, message, final ? null : wait])
  observe({ kind: 'undelivered', id, tries, message, final })
}

/** Null where the receiver took it: any 2xx. */
async function problemOf(row: Row, { delivery, signal }: DeliveryOptions): Promise<string | null> {
  const url = new URL(row.deliver_to)
  const policy: EgressPolicy = {
    origins: [{ origin: url.origin, pathPrefix: '/' }],
    allowPrivate: delivery.allowPrivate ?? [],
    requestMs,
    responseBytes: 64 * 1024,
    redirects: 0,
  }
  const body = bodyOf(row)
  const headers = signed(row, body, delivery.secret)
  try {
    const { status } = await delivery.send(
      { verb: 'POST', url: url.href, headers, body: Buffer.from(body), credentialHeaders: [] },
      policy,
      signal,
    )
    return status >= 200 && status < 300 ? null : `it answered ${status}`
  } catch (error) {
    if (error instanceof CallFailure) return error.message
    throw error
  }
}

function bodyOf({ id, tenant, connector, method, connection, state, outcome, ended_at }: Row) {
  const head = {
    ...{ id, tenant, connector, method, state },
    connection: connection === noConnection ? null : connection,
    endedAt: ended_at.toISOString(),
  }
  // The outcome is JSON text already; it may be large.
  return `${JSON.stringify(head).slice(0, -1)},"outcome":${outcome}}`
}

/** Standard Webhooks: HMAC-SHA-256 over `id.timestamp.body`. */
function signed({ id, tenant }: Row, body: string, secret: Secret): Record<string, string> {
  const at = String(Math.floor(Date.now() / 1000))
  const hmac = createHmac('sha256', keyOf(secret, tenant)).update(`${id}.${at}.${body}`)
  return {
    'content-type': 'application/json',
    'user-agent': 'Hookline',
    'webhook-id': id,
    'webhook-timestamp': at,
    'webhook-signature': `v1,${hmac.digest('base64')}`,
  }
}
