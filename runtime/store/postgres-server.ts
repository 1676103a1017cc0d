import pg from 'pg'
import { translate } from './postgres-errors.ts'
import { postgresMigrations } from './postgres-migrations.ts'
import { StoreFailure } from './store-failure.ts'

/** How long a connection, and a statement, may take: then the store counts as away. */
const patienceMs = 10_000

/** A number that only this program locks migrations by. */
const migrationLock = 0x686f6f6b

export type Result<Row> = { readonly rows: readonly Row[]; readonly count: number }

/** The server, as a pool of connections: each statement is a transaction of its own. */
export class PostgresServer {
  /** The address without its password. */
  readonly place: string
  readonly #address: string
  readonly #pool: pg.Pool
  readonly #names = new Map<string, string>()

  constructor(address: string) {
    this.place = placeOf(address)
    this.#address = address
    this.#pool = new pg.Pool({
      connectionString: address,
      application_name: 'hookline',
      connectionTimeoutMillis: patienceMs,
      statement_timeout: patienceMs,
      query_timeout: patienceMs + 1_000,
    })
    // An idle connection that breaks is replaced by the pool; the next statement tells who cares.
    this.#pool.on('error', () => {})
  }

  async run<Row>(text: string, values: readonly unknown[] = []): Promise<Result<Row>> {
    return this.#query<Row>({ text, values: [...values] })
  }

  /**
   * The same for one statement of a small set: each connection parses and plans it once, and not at
   * every call.
   */
  async runPrepared<Row>(text: string, values: readonly unknown[] = []): Promise<Result<Row>> {
    const name = this.#names.get(text) ?? `hookline_${this.#names.size}`
    this.#names.set(text, name)
    return this.#query<Row>({ name, text, values: [...values] })
  }

  async #query<Row>(query: pg.QueryConfig): Promise<Result<Row>> {
    try {
      const { rows, rowCount } = await this.#pool.query(query)
      return { rows, count: rowCount ?? 0 }
    } catch (error) {
      throw translate(error, this.place)
    }
  }

  /** Hears what others NOTIFY, over a connection of its own; `lost` is told if that breaks. */
  async listen(
    channels: readonly string[],
    { heard, lost }: { heard: (channel: string, text: string) => void; lost: () => void },
  ): Promise<AsyncDisposable> {
    const client = new pg.Client({
      connectionString: this.#address,
      application_name: 'hookline listening',
      connectionTimeoutMillis: patienceMs,
      keepAlive: true,
    })
    client.on('error', () => {})
    client.on('notification', ({ channel, payload = '' }) => heard(channel, payload))
    try {
      await client.connect()
      await client.query(channels.map((channel) => `LISTEN ${channel}`).join('; '))
    } catch (error) {
      await client.end().catch(() => {})
      throw translate(error, this.place)
    }
    client.once('end', lost)
    return { [Symbol.asyncDispose]: () => client.off('end', lost).end() }
  }

  /** Brings the schema up to this version; of many that begin at once, one does. */
  async prepare(): Promise<void> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw translate(error, this.place)
    })
    try {
      await this.#assertDurable(client)
      await client.query('BEGIN')
      await client.query(`SELECT pg_advisory_xact_lock(${migrationLock})`)
      await this.#migrate(client)
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {})
      throw translate(error, this.place)
    } finally {
      client.release()
    }
  }

  /** A commit that may be lost takes a rotated refresh token with it. */
  async #assertDurable(client: pg.PoolClient): Promise<void> {
    const { rows } = await client.query<{ synchronous_commit: string }>('SHOW synchronous_commit')
    if (rows[0]?.synchronous_commit !== 'off') return
    throw new StoreFailure(`The store ${this.place} may lose what it has committed`, {
      cure: 'Turn its setting `synchronous_commit` on, for this user or database at least',
    })
  }

  async #migrate(client: pg.PoolClient): Promise<void> {
    const found = await client.query(`SELECT to_regclass('hookline.schema_version') AS found`)
    if (!found.rows[0]?.found) {
      await client.query(`CREATE SCHEMA IF NOT EXISTS hookline;
        CREATE TABLE hookline.schema_version (version integer NOT NULL);
        INSERT INTO hookline.schema_version VALUES (0)`)
    }
    const { rows } = await client.query<{ version: number }>(
      'SELECT version FROM hookline.schema_version',
    )
    const version = rows[0]?.version ?? 0
    const known = postgresMigrations.length
    if (version > known) {
      throw new StoreFailure(
        `The store ${this.place} has schema ${version}; this version of Hookline knows ${known}`,
        { cure: 'Update Hookline, or put back the backup that was made before its last update' },
      )
    }
    for (const step of postgresMigrations.slice(version)) await client.query(step)
    await client.query('UPDATE hookline.schema_version SET version = $1', [known])
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }
}

function placeOf(address: string): string {
  const url = new URL(address)
  url.password = ''
  url.search = ''
  return url.href
}
