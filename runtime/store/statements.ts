/** Every SQL text of the SQLite store. Where a row is a tenant's, the tenant is in the WHERE. */
import { columns } from './rows.ts'

const set = columns
  .filter((column) => column !== 'tenant' && column !== 'id')
  .map((column) => `${column} = :${column}`)
  .join(', ')

export const statements = {
  read: `SELECT ${columns.join(', ')} FROM connections WHERE tenant = :tenant AND id = :id`,
  list: `SELECT ${columns.join(', ')} FROM connections WHERE tenant = :tenant ORDER BY id`,
  insert: `INSERT INTO connections (${columns.join(', ')})
    VALUES (${columns.map((column) => `:${column}`).join(', ')}) ON CONFLICT DO NOTHING`,
  write: `UPDATE connections SET ${set}
    WHERE tenant = :tenant AND id = :id
    AND version = :seen_version AND incarnation = :seen_incarnation`,
  remove: 'DELETE FROM connections WHERE tenant = :tenant AND id = :id',

  addAudit: `INSERT INTO audit
    (tenant, connection, kind, from_generation, to_generation, result, in_doubt, reason, at)
    VALUES (:tenant, :connection, :kind, :from_generation, :to_generation, :result, :in_doubt,
      :reason, :at)`,
  audit: `SELECT tenant, connection, kind, from_generation, to_generation, result, in_doubt, reason,
    at FROM audit WHERE tenant = :tenant ORDER BY sequence DESC LIMIT :limit`,

  getValue: `SELECT value FROM script_values
    WHERE tenant = :tenant AND connector = :connector AND cycle = :cycle AND key = :key`,
  listValues: `SELECT key, value FROM script_values
    WHERE tenant = :tenant AND connector = :connector AND cycle = :cycle ORDER BY key`,
  sizeOfValues: `SELECT count(*) AS keys, coalesce(sum(octet_length(value)), 0) AS bytes
    FROM script_values
    WHERE tenant = :tenant AND connector = :connector AND cycle = :cycle`,
  addValue: `INSERT INTO script_values (tenant, connector, cycle, key, value)
    VALUES (:tenant, :connector, :cycle, :key, :value) ON CONFLICT DO NOTHING`,
  changeValue: `UPDATE script_values SET value = :value
    WHERE tenant = :tenant AND connector = :connector AND cycle = :cycle AND key = :key
    AND value = :seen`,
  dropValue: `DELETE FROM script_values
    WHERE tenant = :tenant AND connector = :connector AND cycle = :cycle AND key = :key
    AND value = :seen`,
  clearValues: `DELETE FROM script_values
    WHERE tenant = :tenant AND connector = :connector AND cycle = :cycle`,

  getRun: 'SELECT at FROM last_runs WHERE tenant = :tenant AND id = :id AND method = :method',
  setRun: `INSERT INTO last_runs (tenant, id, method, at) VALUES (:tenant, :id, :method, :at)
    ON CONFLICT (tenant, id, method) DO UPDATE SET at = excluded.at`,
  removeRuns: 'DELETE FROM last_runs WHERE tenant = :tenant AND id = :id',

  eraseValues: 'DELETE FROM script_values WHERE tenant = :tenant',
  eraseRuns: 'DELETE FROM last_runs WHERE tenant = :tenant',
  eraseConnections: 'DELETE FROM connections WHERE tenant = :tenant',
  eraseAudit: 'DELETE FROM audit WHERE tenant = :tenant',

  canaries: 'SELECT key_id, canary FROM operator_keys ORDER BY key_id',
  addCanary: `INSERT INTO operator_keys (key_id, canary) VALUES (:key_id, :canary)
    ON CONFLICT DO NOTHING`,
  dropCanaries: `DELETE FROM operator_keys WHERE key_id <> :key_id
    AND key_id NOT IN (SELECT key_id FROM connections)`,
  wrappedByOthers: `SELECT tenant, id FROM connections WHERE key_id <> :key_id
    ORDER BY tenant, id LIMIT :limit`,
} as const

export type StatementName = keyof typeof statements
