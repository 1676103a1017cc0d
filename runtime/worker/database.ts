/** What the worker needs of Postgres. `store/postgres-server.ts` is one. */
import type { Result } from '../store/postgres-server.ts'

/** Runs one statement as a transaction of its own. Rejects with `StoreFailure` where it cannot. */
export interface Database {
  /** For messages: the address without its password. */
  readonly place: string
  run<Row>(text: string, values?: readonly unknown[]): Promise<Result<Row>>
  listen(
    channels: readonly string[],
    ears: { readonly heard: (channel: string, text: string) => void; readonly lost: () => void },
  ): Promise<AsyncDisposable>
}

/** A transaction of the caller's own: a client of `pg`, or whatever else runs a statement in it. */
export interface Transaction {
  query(text: string, values: unknown[]): Promise<{ readonly rows: unknown[] }>
}
