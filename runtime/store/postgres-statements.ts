/** Every SQL text of the Postgres store. Where a row is a tenant's, the tenant is in the WHERE. */
import { auditColumns, columns } from './rows.ts'

const all = columns.map((column) => `c.${column}`).join(', ')
const marks = (count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => `$${first + index}`).join(', ')

/** The moment of the statement itself, by the clock that all who use the server share. */
const clock = `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms`

/** Its parameters are the columns, then the version and the incarnation that were seen. */
const write = `UPDATE hookline.connections SET ${columns
  .slice(2)
  .map((column, index) => `${column} = $${index + 3}`)
  .join(', ')} WHERE tenant = $1 AND id = $2 AND version = $17 AND incarnation = $18`

export const statements = {
  clock,
  read: `SELECT ${all}, now.now_ms FROM (${clock}) AS now
    LEFT JOIN hookline.connections AS c ON c.tenant = $1 AND c.id = $2`,
  list: `SELECT ${all} FROM hookline.connections AS c WHERE c.tenant = $1 ORDER BY c.id`,
  insert: `INSERT INTO hookline.connections (${columns.join(', ')})
    VALUES (${marks(columns.length)}) ON CONFLICT DO NOTHING`,
  write,
  /** The change and its line are one statement: both are made, or neither. */
  writeWithAudit: `WITH changed AS (${write} RETURNING 1)
    INSERT INTO hookline.audit (${auditColumns.join(', ')})
    SELECT $19, $20, $21, $22::integer, $23::integer, $24, $25::integer, $26, $27 FROM changed`,
  remove: `WITH runs AS (DELETE FROM hookline.last_runs WHERE tenant = $1 AND id = $2)
    DELETE FROM hookline.connections WHERE tenant = $1 AND id = $2`,
  erase: `WITH audit AS (DELETE FROM hookline.audit WHERE tenant = $1),
    script_values AS (DELETE FROM hookline.script_values WHERE tenant = $1),
    runs AS (DELETE FROM hookline.last_runs WHERE tenant = $1)
    DELETE FROM hookline.connections WHERE tenant = $1`,

  audit: `SELECT ${auditColumns.join(', ')} FROM hookline.audit WHERE tenant = $1
    ORDER BY sequence DESC LIMIT $2`,

  canaries: 'SELECT key_id, canary FROM hookline.operator_keys ORDER BY key_id',
  addCanary: `INSERT INTO hookline.operator_keys (key_id, canary) VALUES ($1, $2)
    ON CONFLICT DO NOTHING`,
  dropCanaries: `DELETE FROM hookline.operator_keys WHERE key_id <> $1
    AND key_id NOT IN (SELECT key_id FROM hookline.connections)`,
  wrappedByOthers: `SELECT tenant, id FROM hookline.connections WHERE key_id <> $1
    ORDER BY tenant, id LIMIT $2`,

  getValue: `SELECT value FROM hookline.script_values
    WHERE tenant = $1 AND connector = $2 AND cycle = $3 AND key = $4`,
  listValues: `SELECT key, value FROM hookline.script_values
    WHERE tenant = $1 AND connector = $2 AND cycle = $3 ORDER BY key`,
  sizeOfValues: `SELECT count(*)::integer AS keys,
    coalesce(sum(octet_length(value)), 0)::integer AS bytes FROM hookline.script_values
    WHERE tenant = $1 AND connector = $2 AND cycle = $3`,
  addValue: `INSERT INTO hookline.script_values (tenant, connector, cycle, key, value)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
  changeValue: `UPDATE hookline.script_values SET value = $6
    WHERE tenant = $1 AND connector = $2 AND cycle = $3 AND key = $4 AND value = $5`,
  dropValue: `DELETE FROM hookline.script_values
    WHERE tenant = $1 AND connector = $2 AND cycle = $3 AND key = $4 AND value = $5`,
  clearValues: `DELETE FROM hookline.script_values
    WHERE tenant = $1 AND connector = $2 AND cycle = $3`,

  getRun: 'SELECT at FROM hookline.last_runs WHERE tenant = $1 AND id = $2 AND method = $3',
  setRun: `INSERT INTO hookline.last_runs (tenant, id, method, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (tenant, id, method) DO UPDATE SET at = excluded.at`,
} as const
