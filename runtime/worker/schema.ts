import { takeJobsFunctions } from './take-jobs.ts'

/**
 * The tables of jobs, as the steps that lead to them and back. Append only: a step that was released
 * stays as it is. What a released worker calls (`…_1`) stays too, as long as such workers may run.
 */
export type JobsMigration = {
  /** The oldest steps whose workers still work on a database that has taken this one. */
  readonly readableBy: number
  readonly up: string
  readonly down: string
}

/** The hot table holds only what has not ended; ends are moved to `outcomes`, so that it stays small. */
const tables = `
CREATE TABLE hookline.jobs (
  id uuid PRIMARY KEY,
  queue text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  connection text COLLATE "C" NOT NULL,
  connector text NOT NULL,
  method text NOT NULL,
  request text NOT NULL,
  deliver_to text,
  trace text,
  state text COLLATE "C" NOT NULL
    CHECK (state IN ('ready', 'waiting', 'running', 'parked', 'doubtful')),
  due_at timestamptz NOT NULL,
  attempt integer NOT NULL DEFAULT 0,
  lost integer NOT NULL DEFAULT 0,
  worker uuid,
  lost_worker uuid,
  incarnation text,
  outcome text,
  routed boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  taken_at timestamptz
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX jobs_ready ON hookline.jobs (queue, tenant, connection, id) WHERE state = 'ready';
CREATE INDEX jobs_waiting ON hookline.jobs (due_at) WHERE state = 'waiting';
CREATE INDEX jobs_running ON hookline.jobs (tenant, connection) WHERE state = 'running';
CREATE INDEX jobs_held ON hookline.jobs (tenant, connection) WHERE state IN ('parked', 'doubtful');

CREATE TABLE hookline.outcomes (
  id uuid PRIMARY KEY,
  queue text COLLATE "C" NOT NULL,
  tenant text COLLATE "C" NOT NULL,
  connection text COLLATE "C" NOT NULL,
  connector text NOT NULL,
  method text NOT NULL,
  request text NOT NULL,
  state text COLLATE "C" NOT NULL CHECK (state IN ('done', 'dead')),
  outcome text NOT NULL,
  attempt integer NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  deliver_to text,
  delivery_due_at timestamptz,
  delivery_tries integer NOT NULL DEFAULT 0,
  delivered_at timestamptz,
  delivery_error text
);
CREATE INDEX outcomes_ended ON hookline.outcomes (state, ended_at);
CREATE INDEX outcomes_dead ON hookline.outcomes (tenant, id) WHERE state = 'dead';
CREATE INDEX outcomes_undelivered ON hookline.outcomes (delivery_due_at)
  WHERE delivery_due_at IS NOT NULL;

CREATE TABLE hookline.job_keys (
  tenant text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  job uuid NOT NULL,
  PRIMARY KEY (tenant, key)
);
CREATE INDEX job_keys_job ON hookline.job_keys (job);

CREATE TABLE hookline.workers (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  version text NOT NULL,
  schema_version integer NOT NULL,
  concurrency integer NOT NULL,
  running integer NOT NULL DEFAULT 0,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE hookline.limits (
  tenant text COLLATE "C" NOT NULL,
  connection text COLLATE "C" NOT NULL,
  concurrency integer CHECK (concurrency >= 0),
  starts integer CHECK (starts > 0),
  per_ms integer CHECK (per_ms > 0),
  PRIMARY KEY (tenant, connection),
  CHECK ((starts IS NULL) = (per_ms IS NULL))
);

CREATE TABLE hookline.starts (
  tenant text COLLATE "C" NOT NULL,
  connection text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX starts_of ON hookline.starts (tenant, connection, at);
CREATE INDEX starts_at ON hookline.starts (at);
`

/** A connection that is active again, or was made anew, releases what waits for it: with its own commit. */
const release = `
CREATE FUNCTION hookline.release_parked() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  UPDATE hookline.jobs SET state = 'ready', due_at = clock_timestamp()
    WHERE tenant = NEW.tenant AND connection = NEW.id AND state = 'parked';
  IF FOUND THEN PERFORM pg_notify('hookline_jobs', ''); END IF;
  RETURN NULL;
END
$body$;
CREATE TRIGGER release_parked_by_login AFTER INSERT ON hookline.connections
  FOR EACH ROW WHEN (NEW.state = 'active') EXECUTE FUNCTION hookline.release_parked();
CREATE TRIGGER release_parked_by_change AFTER UPDATE ON hookline.connections
  FOR EACH ROW WHEN (NEW.state = 'active'
    AND (OLD.state <> 'active' OR OLD.incarnation <> NEW.incarnation))
  EXECUTE FUNCTION hookline.release_parked();
`

export const jobsMigrations: readonly JobsMigration[] = [
  {
    readableBy: 1,
    up: tables + takeJobsFunctions + release,
    down: `
DROP TRIGGER release_parked_by_login ON hookline.connections;
DROP TRIGGER release_parked_by_change ON hookline.connections;
DROP FUNCTION hookline.release_parked();
DROP FUNCTION hookline.take_jobs_1(uuid, text, integer, text, jsonb);
DROP FUNCTION hookline.pick_jobs_1(text, text, integer, boolean, uuid[]);
DROP FUNCTION hookline.room_1(text, text);
DROP TABLE hookline.starts, hookline.limits, hookline.workers, hookline.job_keys,
  hookline.outcomes, hookline.jobs;`,
  },
  {
    // Who erases a tenant's outcomes, or lists its jobs, should not read everybody's.
    readableBy: 1,
    up: 'CREATE INDEX outcomes_tenant ON hookline.outcomes (tenant, ended_at);',
    down: 'DROP INDEX hookline.outcomes_tenant;',
  },
]
