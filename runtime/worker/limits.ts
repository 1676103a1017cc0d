import { isName } from '../model/ids.ts'
import { UsageError } from '../model/usage-error.ts'
import type { Database } from './database.ts'
import { statements } from './statements.ts'

/**
 * Whom a limit is for. `*` is each tenant, or each connection, that has no limit of its own; without
 * a connection it is for all jobs of the tenant together.
 */
export type LimitScope = { readonly tenant: string; readonly connection?: string }

/** Holds over all workers, at any moment. */
export type Limit = {
  /** Jobs at a time. */
  readonly concurrency?: number
  /** Jobs begun in any span of so many milliseconds. */
  readonly rate?: { readonly starts: number; readonly perMs: number }
}

type Row = {
  readonly tenant: string
  readonly connection: string
  readonly concurrency: number | null
  readonly starts: number | null
  readonly per_ms: number | null
}

export function limitsOver(database: Database) {
  return {
    async set(scope: LimitScope, limit: Limit): Promise<void> {
      const { concurrency = null, rate } = checked(scope, limit)
      const values = [concurrency, rate?.starts ?? null, rate?.perMs ?? null]
      await database.run(statements.setLimit, [scope.tenant, scope.connection ?? '', ...values])
    },
    async drop({ tenant, connection = '' }: LimitScope): Promise<void> {
      await database.run(statements.dropLimit, [tenant, connection])
    },
    async list(): Promise<readonly (LimitScope & Limit)[]> {
      return (await database.run<Row>(statements.limits)).rows.map(limitOf)
    },
  }
}

function limitOf({ tenant, connection, concurrency, starts, per_ms: perMs }: Row) {
  return {
    tenant,
    ...(connection === '' ? {} : { connection }),
    ...(concurrency === null ? {} : { concurrency }),
    ...(starts === null || perMs === null ? {} : { rate: { starts, perMs } }),
  }
}

function checked({ tenant, connection = '*' }: LimitScope, limit: Limit): Limit {
  for (const name of [tenant, connection]) {
    if (name === '*' || isName(name)) continue
    throw new UsageError('entityInvalid', `\`${name}\` cannot name a tenant or a connection`)
  }
  const { concurrency = 1, rate = { starts: 1, perMs: 1 } } = limit
  const whole = [concurrency + 1, rate.starts, rate.perMs]
  if (whole.every((number) => Number.isInteger(number) && number > 0)) return limit
  throw new UsageError('entityInvalid', 'A limit is a whole number, and a rate is above 0')
}
