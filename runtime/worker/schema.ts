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

/** How many more jobs of a tenant, or of one connection of it, may begin now; null for any number. */
const room = `
CREATE FUNCTION hookline.room_1(p_tenant text, p_connection text) RETURNS integer
LANGUAGE plpgsql AS $body$
DECLARE
  v_limit hookline.limits;
  v_room integer;
  v_count integer;
BEGIN
  SELECT l.* INTO v_limit FROM hookline.limits l
    WHERE l.tenant IN (p_tenant, '*')
      AND l.connection IN (p_connection, CASE WHEN p_connection = '' THEN '' ELSE '*' END)
    ORDER BY l.tenant = '*', l.connection = '*' LIMIT 1;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF v_limit.concurrency IS NOT NULL THEN
    SELECT count(*) INTO v_count FROM hookline.jobs j WHERE j.tenant = p_tenant
      AND j.state = 'running' AND (p_connection = '' OR j.connection = p_connection);
    v_room := v_limit.concurrency - v_count;
  END IF;
  IF v_limit.starts IS NOT NULL THEN
    SELECT count(*) INTO v_count FROM hookline.starts s WHERE s.tenant = p_tenant
      AND (p_connection = '' OR s.connection = p_connection)
      AND s.at > clock_timestamp() - v_limit.per_ms * interval '1 millisecond';
    v_room := least(v_room, v_limit.starts - v_count);
  END IF;
  RETURN greatest(v_room, 0);
END
$body$;
`

/**
 * Picks jobs of one tenant: its connections take turns. The caller holds the tenant's lock where it
 * has limits, so that nobody else counts at the same time: that makes the limits hard.
 */
const pick = `
CREATE FUNCTION hookline.pick_jobs_1(
  p_queue text, p_tenant text, p_most integer, p_limited boolean, p_without uuid[]
) RETURNS uuid[] LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $body$
DECLARE
  v_lanes text[] := '{}';
  v_rooms integer[] := '{}';
  v_lane text := '';
  v_room integer;
  v_visits integer := 0;
  v_ids uuid[];
BEGIN
  LOOP
    SELECT j.connection INTO v_lane FROM hookline.jobs j
      WHERE j.queue = p_queue AND j.tenant = p_tenant AND j.state = 'ready'
        AND j.connection > v_lane
      ORDER BY j.connection LIMIT 1;
    v_visits := v_visits + 1;
    EXIT WHEN NOT FOUND OR v_visits > 2000;
    v_room := CASE WHEN p_limited THEN hookline.room_1(p_tenant, v_lane) END;
    CONTINUE WHEN v_room = 0;
    v_lanes := v_lanes || v_lane;
    v_rooms := v_rooms || coalesce(v_room, p_most);
    EXIT WHEN cardinality(v_lanes) >= 500;
  END LOOP;
  IF v_lanes = '{}' THEN RETURN v_lanes::uuid[]; END IF;
  SELECT array_agg(best.id) INTO v_ids FROM (
    SELECT one.id FROM (
      SELECT lane.connection, lane.room FROM unnest(v_lanes, v_rooms) AS lane (connection, room)
      ORDER BY random() LIMIT p_most
    ) AS lane, LATERAL (
      SELECT locked.id, row_number() OVER () AS place FROM (
        SELECT j.id FROM hookline.jobs j
          WHERE j.queue = p_queue AND j.tenant = p_tenant AND j.connection = lane.connection
            AND j.state = 'ready' AND j.id <> ALL (p_without)
          ORDER BY j.id
          LIMIT least(lane.room, greatest(1, ceil(2.0 * p_most / cardinality(v_lanes))::integer,
            CASE WHEN cardinality(v_lanes) = 1 THEN p_most ELSE 0 END), p_most)
          FOR UPDATE SKIP LOCKED
      ) AS locked
    ) AS one ORDER BY one.place LIMIT p_most
  ) AS best;
  RETURN coalesce(v_ids, '{}');
END
$body$;
`

/**
 * Gives a worker at most so many jobs of a queue. Of tenants that have some, those of whom this
 * worker runs least come first, beginning after the one it served last; what one leaves, others get.
 */
const take = `
CREATE FUNCTION hookline.take_jobs_1(
  p_worker uuid, p_queue text, p_free integer, p_after text, p_running jsonb
) RETURNS SETOF hookline.jobs
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off AS $body$
DECLARE
  v_tenants text[] := '{}';
  v_rooms integer[] := '{}';
  v_tenant text := p_after;
  v_limits boolean := EXISTS (SELECT FROM hookline.limits);
  v_limited boolean;
  v_room integer;
  v_wrapped boolean := false;
  v_visits integer := 0;
  v_share integer;
  v_ids uuid[] := '{}';
  v_left integer;
BEGIN
  UPDATE hookline.jobs SET state = 'ready' WHERE id IN (
    SELECT w.id FROM hookline.jobs w WHERE w.state = 'waiting' AND w.due_at <= clock_timestamp()
      ORDER BY w.due_at LIMIT 500 FOR UPDATE SKIP LOCKED);

  LOOP
    SELECT j.tenant INTO v_tenant FROM hookline.jobs j
      WHERE j.queue = p_queue AND j.state = 'ready' AND j.tenant > v_tenant
      ORDER BY j.tenant LIMIT 1;
    IF NOT FOUND OR (v_wrapped AND v_tenant > p_after) THEN
      EXIT WHEN v_wrapped;
      v_wrapped := true;
      v_tenant := '';
      CONTINUE;
    END IF;
    v_visits := v_visits + 1;
    v_limited := v_limits
      AND EXISTS (SELECT FROM hookline.limits l WHERE l.tenant IN (v_tenant, '*'));
    v_room := NULL;
    IF v_limited THEN
      CONTINUE WHEN NOT pg_try_advisory_xact_lock(1752132971, hashtext(v_tenant));
      v_room := hookline.room_1(v_tenant, '');
      CONTINUE WHEN v_room = 0;
    END IF;
    v_tenants := v_tenants || v_tenant;
    v_rooms := v_rooms || coalesce(v_room, CASE WHEN v_limited THEN p_free ELSE -1 END);
    EXIT WHEN cardinality(v_tenants) >= 2 * p_free + 8 OR v_visits >= 2000;
  END LOOP;
  IF v_tenants = '{}' THEN RETURN; END IF;

  FOR v_tenant, v_room, v_share IN
    SELECT s.tenant, s.room, count(*)::integer FROM (
      SELECT t.tenant, t.room, t.place FROM unnest(v_tenants, v_rooms) WITH ORDINALITY
        AS t (tenant, room, place),
        generate_series(1, greatest(1, ceil(2.0 * p_free / cardinality(v_tenants))::integer)) AS n
      WHERE t.room < 0 OR n <= t.room
      ORDER BY coalesce((p_running ->> t.tenant)::integer, 0) + n, t.place LIMIT p_free
    ) AS s GROUP BY s.tenant, s.room, s.place ORDER BY s.place
  LOOP
    v_ids := v_ids || hookline.pick_jobs_1(p_queue, v_tenant, v_share, v_room >= 0, v_ids);
  END LOOP;

  v_left := p_free - cardinality(v_ids);
  IF v_left > 0 AND cardinality(v_tenants) > 1 THEN
    FOR v_tenant, v_room IN SELECT * FROM unnest(v_tenants, v_rooms) LOOP
      EXIT WHEN v_left <= 0;
      IF v_room >= 0 THEN
        SELECT v_room - count(*) INTO v_room FROM hookline.jobs j
          WHERE j.id = ANY (v_ids) AND j.tenant = v_tenant;
        CONTINUE WHEN v_room <= 0;
        -- Rooms of connections would count those that were picked just now as free.
        CONTINUE WHEN EXISTS (SELECT FROM hookline.jobs j
          WHERE j.id = ANY (v_ids) AND j.tenant = v_tenant);
      END IF;
      v_ids := v_ids || hookline.pick_jobs_1(p_queue, v_tenant,
        CASE WHEN v_room >= 0 THEN least(v_left, v_room) ELSE v_left END, v_room >= 0, v_ids);
      v_left := p_free - cardinality(v_ids);
    END LOOP;
  END IF;

  INSERT INTO hookline.starts (tenant, connection, at)
    SELECT j.tenant, j.connection, clock_timestamp() FROM hookline.jobs j
      WHERE v_limits AND j.id = ANY (v_ids) AND EXISTS (SELECT FROM hookline.limits l
        WHERE l.tenant IN (j.tenant, '*') AND l.starts IS NOT NULL);
  RETURN QUERY UPDATE hookline.jobs j SET state = 'running', worker = p_worker,
      attempt = j.attempt + 1, taken_at = clock_timestamp(),
      incarnation = (SELECT c.incarnation FROM hookline.connections c
        WHERE c.tenant = j.tenant AND c.id = j.connection)
    WHERE j.id = ANY (v_ids) RETURNING j.*;
END
$body$;
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
    up: tables + room + pick + take + release,
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
