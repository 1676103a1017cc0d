/**
 * The SQLite schema, as the steps that lead to it. Append only: a step that was released stays as it
 * is, and the number of steps a file has taken is its `user_version`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE connections (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    connector TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    generation INTEGER NOT NULL,
    refreshed INTEGER NOT NULL,
    looked_up INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    data_key BLOB NOT NULL,
    credential BLOB NOT NULL,
    renewal TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) STRICT;

  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_generation INTEGER NOT NULL,
    to_generation INTEGER,
    result TEXT NOT NULL,
    in_doubt INTEGER NOT NULL,
    reason TEXT,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_of_tenant ON audit (tenant, sequence);

  CREATE TABLE operator_keys (
    key_id TEXT PRIMARY KEY,
    canary BLOB NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE script_values (
    tenant TEXT NOT NULL,
    connector TEXT NOT NULL,
    cycle TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, connector, cycle, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE last_runs (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    method TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, id, method)
  ) STRICT, WITHOUT ROWID;
  `,
]

/** Marks the file as ours, in its header ("Hook"). */
export const applicationId = 0x486f6f6b
