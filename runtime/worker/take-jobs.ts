/**
 * How a worker comes by its jobs, as functions of the database: one round trip, in which nothing can
 * come between the counting and the taking. Workers of older versions call them too; a change of what
 * they do is a new function, with the next number.
 */

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
) RETURNS uuid[] LANGUAGE plpgsql AS $body$
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
  IF v_lanes = '{}' THEN RETURN '{}'; END IF;
  IF cardinality(v_lanes) = 1 THEN
    SELECT array_agg(one.id) INTO v_ids FROM (
      SELECT j.id FROM hookline.jobs j
        WHERE j.queue = p_queue AND j.tenant = p_tenant AND j.connection = v_lanes[1]
          AND j.state = 'ready' AND j.id <> ALL (p_without)
        ORDER BY j.id LIMIT least(v_rooms[1], p_most) FOR UPDATE SKIP LOCKED
    ) AS one;
    RETURN coalesce(v_ids, '{}');
  END IF;
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
          LIMIT least(lane.room, p_most,
            greatest(1, ceil(2.0 * p_most / cardinality(v_lanes))::integer))
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
  IF cardinality(v_tenants) = 1 THEN
    v_room := v_rooms[1];
    v_share := CASE WHEN v_room >= 0 THEN least(p_free, v_room) ELSE p_free END;
    v_ids := hookline.pick_jobs_1(p_queue, v_tenants[1], v_share, v_room >= 0, '{}');
    v_tenants := '{}';
  END IF;

  IF cardinality(v_tenants) > 1 THEN FOR v_tenant, v_room, v_share IN
    SELECT s.tenant, s.room, count(*)::integer FROM (
      SELECT t.tenant, t.room, t.place FROM unnest(v_tenants, v_rooms) WITH ORDINALITY
        AS t (tenant, room, place),
        generate_series(1, greatest(1, ceil(2.0 * p_free / cardinality(v_tenants))::integer)) AS n
      WHERE t.room < 0 OR n <= t.room
      ORDER BY coalesce((p_running ->> t.tenant)::integer, 0) + n, t.place LIMIT p_free
    ) AS s GROUP BY s.tenant, s.room, s.place ORDER BY s.place
  LOOP
    v_ids := v_ids || hookline.pick_jobs_1(p_queue, v_tenant, v_share, v_room >= 0, v_ids);
  END LOOP; END IF;

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

  IF v_limits THEN
    INSERT INTO hookline.starts (tenant, connection, at)
      SELECT j.tenant, j.connection, clock_timestamp() FROM hookline.jobs j
        WHERE j.id = ANY (v_ids) AND EXISTS (SELECT FROM hookline.limits l
          WHERE l.tenant IN (j.tenant, '*') AND l.starts IS NOT NULL);
  END IF;
  RETURN QUERY UPDATE hookline.jobs j SET state = 'running', worker = p_worker,
      attempt = j.attempt + 1, taken_at = clock_timestamp(),
      incarnation = (SELECT c.incarnation FROM hookline.connections c
        WHERE c.tenant = j.tenant AND c.id = j.connection)
    WHERE j.id = ANY (v_ids) RETURNING j.*;
END
$body$;
`

export const takeJobsFunctions = room + pick + take
