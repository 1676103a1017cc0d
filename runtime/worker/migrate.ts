import { UsageError } from '../model/usage-error.ts'
import { StoreFailure } from '../store/store-failure.ts'
import type { Database } from './database.ts'
import { type JobsMigration, jobsMigrations } from './schema.ts'

/** Only one migrates at a time; the number is of no meaning but to this program. */
const lock = 0x686f6f6c

/** Which steps a database has taken, and the oldest workers that can work on it. */
export type JobsSchema = { readonly version: number; readonly readableBy: number }

/**
 * Takes the steps that are missing. A database that is newer is left as it is where workers of this
 * version can work on it. Rejects with `StoreFailure` where they cannot.
 */
export async function prepareJobs(
  database: Database,
  migrations: readonly JobsMigration[] = jobsMigrations,
): Promise<JobsSchema> {
  const found = await jobsSchema(database)
  const known = migrations.length
  if (found.version < known) return migrateJobs(database, known, migrations)
  if (found.readableBy <= known) return found
  throw new StoreFailure(
    `The jobs of ${database.place} have schema ${found.version}; this version of Hookline knows ${known}`,
    { cure: 'Update Hookline, or go back by the newer version: hookline jobs migrate --to <n>' },
  )
}

/** Where there are no jobs yet, the version is 0. */
export async function jobsSchema(database: Database): Promise<JobsSchema> {
  const { rows } = await database.run<{ found: string | null }>(
    `SELECT to_regclass('hookline.jobs_schema')::text AS found`,
  )
  if (!rows[0]?.found) return { version: 0, readableBy: 0 }
  const read = await database.run<{ version: number; readable_by: number }>(
    'SELECT version, readable_by FROM hookline.jobs_schema',
  )
  const { version = 0, readable_by: readableBy = 0 } = read.rows[0] ?? {}
  return { version, readableBy }
}

/**
 * Goes up or down to a version, in one transaction. Rejects with `UsageError` (`entityInvalid`) for
 * a version that is not known here, from one that is not, and to 0 while jobs have not ended.
 */
export async function migrateJobs(
  database: Database,
  to: number,
  migrations: readonly JobsMigration[] = jobsMigrations,
): Promise<JobsSchema> {
  if (!Number.isInteger(to) || to < 0 || to > migrations.length) {
    throw new UsageError('entityInvalid', `There is no schema ${to} of jobs`, {
      cure: `Name one from 0 to ${migrations.length}`,
    })
  }
  for (;;) {
    const { version } = await jobsSchema(database)
    if (version === to) return jobsSchema(database)
    if (version > migrations.length) throw tooNew(version, migrations.length)
    if (to === 0) await demandNoJobs(database)
    await database.run(scriptOf(migrations, version, to)).catch((error: unknown) => {
      // Somebody else took a step at the same moment: look again.
      if (!isOvertaken(error)) throw error
    })
  }
}

/** One text, and so one round trip; it fails as a whole where the version is not the one seen. */
function scriptOf(migrations: readonly JobsMigration[], from: number, to: number): string {
  const steps =
    to > from
      ? migrations.slice(from, to).map(({ up }) => up)
      : migrations
          .slice(to, from)
          .map(({ down }) => down)
          .toReversed()
  const readableBy = Math.max(0, ...migrations.slice(0, to).map((step) => step.readableBy))
  return [
    'BEGIN; SET LOCAL statement_timeout = 0',
    `SELECT pg_advisory_xact_lock(${lock})`,
    'CREATE TABLE IF NOT EXISTS hookline.jobs_schema (version integer, readable_by integer)',
    `INSERT INTO hookline.jobs_schema SELECT 0, 0
      WHERE NOT EXISTS (SELECT FROM hookline.jobs_schema)`,
    `DO $do$ BEGIN
      IF (SELECT version FROM hookline.jobs_schema) <> ${from} THEN
        RAISE EXCEPTION 'overtaken' USING ERRCODE = 'HK001';
      END IF;
    END $do$`,
    ...steps,
    `UPDATE hookline.jobs_schema SET version = ${to}, readable_by = ${readableBy}`,
    'COMMIT',
  ].join(';\n')
}

/**
 * Whether a statement failed because a table got another shape under it: it then did nothing, and
 * goes through the next time (SQLSTATE `42804` of a function, `0A000` of a plan that was kept).
 */
export function metMigration(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return code === '42804' || code === '0A000'
}

/** The steps back from there are in the newer version alone. */
function tooNew(version: number, known: number): UsageError {
  const message = `The jobs have schema ${version}, and this version of Hookline knows ${known}`
  return new UsageError('entityInvalid', message, {
    cure: 'Go back by the newer version: hookline jobs migrate --to <n>',
  })
}

function isOvertaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'HK001'
}

async function demandNoJobs(database: Database): Promise<void> {
  const { rows } = await database.run<{ count: string }>('SELECT count(*) FROM hookline.jobs')
  if (rows[0]?.count === '0') return
  throw new UsageError('entityInvalid', `${rows[0]?.count} jobs have not ended`, {
    cure: 'Let them end, or discard them, before their tables are dropped',
  })
}
