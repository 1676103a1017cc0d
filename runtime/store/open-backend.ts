import { UsageError } from '../model/usage-error.ts'
import type { StoreBackend } from './backend.ts'
import { openSqlite } from './sqlite.ts'

/**
 * Opens a file of the embedded store, or a database at `postgres://…`. Postgres' driver is loaded
 * only then: who needs no server need not install it.
 */
export async function openBackend(store: string): Promise<StoreBackend> {
  if (!/^postgres(ql)?:\/\//.test(store)) return openSqlite(store)
  const { openPostgres } = await import('./postgres.ts').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new UsageError('genericError', 'A store on Postgres needs the package `pg`', {
      cure: 'Install it beside Hookline: npm install pg',
      cause,
    })
  })
  return openPostgres(store)
}
