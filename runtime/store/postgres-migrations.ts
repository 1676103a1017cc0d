/**
 * The Postgres schema, as the steps that lead to it; the table `hookline.schema_version` counts the
 * steps taken. Append only: a step that was released stays as it is.
 */
export const postgresMigrations: readonly string[] = [
  `
  CREATE TABLE hookline.connections (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    incarnation text NOT NULL,
    connector text NOT NULL,
    state text NOT NULL,
    reason text,
    created_at text NOT NULL,
    updated_at text NOT NULL,
    generation integer NOT NULL,
    refreshed integer NOT NULL,
    looked_up integer NOT NULL,
    key_id text NOT NULL,
    data_key bytea NOT NULL,
    credential bytea NOT NULL,
    renewal text NOT NULL,
    version integer NOT NULL,
    PRIMARY KEY (tenant, id)
  );

  CREATE TABLE hookline.audit (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text COLLATE "C" NOT NULL,
    connection text NOT NULL,
    kind text NOT NULL,
    from_generation integer NOT NULL,
    to_generation integer,
    result text NOT NULL,
    in_doubt integer NOT NULL,
    reason text,
    at text NOT NULL
  );
  CREATE INDEX audit_of_tenant ON hookline.audit (tenant, sequence);

  CREATE TABLE hookline.operator_keys (
    key_id text COLLATE "C" PRIMARY KEY,
    canary bytea NOT NULL
  );

  CREATE TABLE hookline.script_values (
    tenant text COLLATE "C" NOT NULL,
    connector text COLLATE "C" NOT NULL,
    cycle text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (tenant, connector, cycle, key)
  );

  CREATE TABLE hookline.last_runs (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    method text COLLATE "C" NOT NULL,
    at text NOT NULL,
    PRIMARY KEY (tenant, id, method)
  );
  `,
]
