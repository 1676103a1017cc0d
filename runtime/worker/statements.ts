/** Every SQL text of jobs, but for those that are functions of the database (`schema.ts`). */

const jobColumns = `id, queue, tenant, connection, connector, method, request, deliver_to, trace,
  state, due_at`

/** Given as columns, so that a thousand jobs are one statement of always the same text. */
const added = `SELECT i.id, i.queue, i.tenant, i.connection, i.connector, i.method, i.request,
    i.deliver_to, i.trace, CASE WHEN i.due_at > clock_timestamp() THEN 'waiting' ELSE 'ready' END,
    coalesce(i.due_at, clock_timestamp())
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::timestamptz[]) AS i (id, queue, tenant, connection, connector,
    method, request, deliver_to, trace, due_at)`

const wake = `SELECT pg_notify('hookline_jobs', '')`

const outcomeColumns = `id, queue, tenant, connection, connector, method, request, state, outcome,
  attempt, created_at, ended_at, deliver_to, delivery_due_at`

const seen = `id, queue, tenant, connection, connector, method, state, attempt, created_at`

/** Everything that a job is, wherever it is kept. */
const everyJob = `
  SELECT ${seen}, due_at, NULL::timestamptz AS ended_at, outcome FROM hookline.jobs
  UNION ALL
  SELECT ${seen}, NULL, ended_at, outcome FROM hookline.outcomes`

/** Alive, by the server's clock; a server that has just started gives everybody time to come back. */
const alive = `SELECT FROM hookline.workers w WHERE w.id = j.worker
  AND greatest(w.seen_at, pg_postmaster_start_time())
    > clock_timestamp() - $1::integer * interval '1 millisecond'`

export const statements = {
  enqueue: `WITH added AS (INSERT INTO hookline.jobs (${jobColumns}) ${added} RETURNING 1)
    ${wake} WHERE (SELECT count(*) FROM added) > 0`,
  /** Those whose key is taken are left out; the ids of those that are there come back. */
  enqueueWithKeys: `WITH keys AS (
      INSERT INTO hookline.job_keys (tenant, key, job)
        SELECT tenant, key, job FROM unnest($3::text[], $11::text[], $1::uuid[])
          AS k (tenant, key, job) WHERE key IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING job),
    added AS (
      INSERT INTO hookline.jobs (${jobColumns}) SELECT * FROM (${added}) AS j
        WHERE j.id IN (SELECT job FROM keys) OR j.id = ANY ($12::uuid[]) RETURNING id)
    SELECT id, pg_notify('hookline_jobs', '') FROM added`,
  idOfKey: 'SELECT job AS id FROM hookline.job_keys WHERE tenant = $1 AND key = $2',

  take: 'SELECT * FROM hookline.take_jobs_1($1, $2, $3, $4, $5)',
  /** Milliseconds until the next waiting job is due, and whether jobs are ready. */
  prospect: `SELECT
    (SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 * 1000
      FROM hookline.jobs WHERE state = 'waiting') AS due_ms,
    EXISTS (SELECT FROM hookline.jobs WHERE state = 'ready' AND queue = ANY ($1)) AS ready`,

  /** Moves jobs out to their outcomes. Only who still has the job may end it. */
  end: `WITH input AS (SELECT * FROM unnest($2::uuid[], $3::integer[], $4::text[], $5::text[])
      AS i (id, attempt, state, outcome)),
    ended AS (DELETE FROM hookline.jobs j USING input i WHERE j.id = i.id AND j.attempt = i.attempt
      AND $1::uuid IN (j.worker, j.lost_worker) AND j.state IN ('running', 'ready', 'doubtful')
      RETURNING j.*, i.state AS ended_as, i.outcome AS came_to),
    kept AS (INSERT INTO hookline.outcomes (${outcomeColumns})
      SELECT id, queue, tenant, connection, connector, method, request, ended_as, came_to, attempt,
        created_at, clock_timestamp(), deliver_to,
        CASE WHEN deliver_to IS NOT NULL THEN clock_timestamp() END FROM ended RETURNING id)
    SELECT array_agg(id) AS ids, pg_notify('hookline_outcomes', string_agg(id::text, ' '))
    FROM kept`,

  /** Keeps jobs that go on: they wait for a time, for a connection, or for a person. */
  keep: `WITH input AS (SELECT * FROM
      unnest($2::uuid[], $3::integer[], $4::text[], $5::text[], $6::integer[])
      AS i (id, attempt, state, outcome, delay_ms)),
    kept AS (UPDATE hookline.jobs j SET state = i.state,
        -- It was not begun again: should its lost worker yet say what came of it, that counts.
        attempt = j.attempt - CASE WHEN i.state = 'doubtful' AND j.lost > 0 THEN 1 ELSE 0 END,
        due_at = clock_timestamp() + i.delay_ms * interval '1 millisecond',
        outcome = coalesce(i.outcome, j.outcome)
      FROM input i WHERE j.id = i.id AND j.attempt = i.attempt
        AND $1::uuid IN (j.worker, j.lost_worker) AND j.state IN ('running', 'ready', 'doubtful')
      RETURNING j.id)
    SELECT array_agg(id) AS ids FROM kept`,

  /** What was taken and not begun. As if it had never been taken. */
  handBack: `WITH back AS (UPDATE hookline.jobs j SET state = 'ready', attempt = j.attempt - 1
      FROM unnest($2::uuid[], $3::integer[]) AS i (id, attempt)
      WHERE j.id = i.id AND j.attempt = i.attempt AND j.worker = $1 AND j.state = 'running'
      RETURNING 1)
    ${wake} WHERE (SELECT count(*) FROM back) > 0`,
  /** Written before the error handlers of a job that was given up are run. */
  note: `UPDATE hookline.jobs SET outcome = $4, routed = true
    WHERE id = $2 AND attempt = $3 AND worker = $1 AND state = 'running' RETURNING 1`,

  hello: `INSERT INTO hookline.workers (id, name, version, schema_version, concurrency)
    VALUES ($1, $2, $3, $4, $5)`,
  /** Zero rows: it was counted as lost. */
  heartbeat: `UPDATE hookline.workers SET seen_at = clock_timestamp(), running = $2 WHERE id = $1`,
  goodbye: 'DELETE FROM hookline.workers WHERE id = $1',
  reap: `WITH lost AS (UPDATE hookline.jobs j SET state = 'ready', lost = lost + 1,
        lost_worker = j.worker WHERE j.state = 'running' AND NOT EXISTS (${alive}) RETURNING 1),
      gone AS (DELETE FROM hookline.workers w WHERE greatest(w.seen_at, pg_postmaster_start_time())
        < clock_timestamp() - 20 * $1::integer * interval '1 millisecond')
    SELECT (SELECT count(*) FROM lost)::integer AS count,
      CASE WHEN (SELECT count(*) FROM lost) > 0 THEN pg_notify('hookline_jobs', '') END`,
  /** Parked by somebody who had not yet seen that the connection was connected anew meanwhile. */
  releaseMissed: `WITH released AS (UPDATE hookline.jobs j SET state = 'ready'
      FROM hookline.connections c WHERE j.state = 'parked' AND c.tenant = j.tenant
        AND c.id = j.connection AND c.incarnation IS DISTINCT FROM j.incarnation RETURNING 1)
    ${wake} WHERE (SELECT count(*) FROM released) > 0`,
  /**
   * Jobs that were given to this worker, which it knows nothing of: the answer to its taking was
   * lost, or their ends could not be written. Nothing that old is still on its way to it.
   */
  reclaim: `WITH lost AS (UPDATE hookline.jobs j SET state = 'ready', lost = lost + 1,
        lost_worker = j.worker WHERE j.state = 'running' AND j.worker = $1
        AND j.id <> ALL ($2::uuid[]) AND j.taken_at < clock_timestamp() - interval '12 seconds'
        RETURNING 1)
    SELECT (SELECT count(*) FROM lost)::integer AS count,
      CASE WHEN (SELECT count(*) FROM lost) > 0 THEN pg_notify('hookline_jobs', '') END`,
  forget: `WITH old AS (SELECT id FROM hookline.outcomes WHERE state = $1
        AND ended_at < clock_timestamp() - $2::float8 * interval '1 millisecond'
        AND delivery_due_at IS NULL ORDER BY ended_at LIMIT 1000 FOR UPDATE SKIP LOCKED),
      keys AS (DELETE FROM hookline.job_keys WHERE job IN (SELECT id FROM old))
    DELETE FROM hookline.outcomes WHERE id IN (SELECT id FROM old)`,
  forgetStarts: `DELETE FROM hookline.starts WHERE at < clock_timestamp()
    - coalesce((SELECT max(per_ms) FROM hookline.limits), 0) * interval '1 millisecond'`,
  depth: `SELECT queue, state, count(*)::integer AS count,
      coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8 AS oldest
    FROM hookline.jobs WHERE queue = ANY ($1) GROUP BY queue, state`,

  find: `SELECT * FROM (${everyJob}) AS j WHERE j.id = $1
    AND ($2::text IS NULL OR j.tenant = $2)`,
  findMany: `SELECT id, outcome FROM hookline.outcomes WHERE id = ANY ($1::uuid[])`,
  list: `SELECT * FROM (${everyJob}) AS j WHERE j.tenant = $1
    AND ($2::text[] IS NULL OR j.state = ANY ($2)) AND ($3::uuid IS NULL OR j.id < $3)
    ORDER BY j.id DESC LIMIT $4`,
  count: `SELECT state, count(*)::integer AS count FROM (
      SELECT tenant, state FROM hookline.jobs UNION ALL SELECT tenant, state FROM hookline.outcomes
    ) AS j WHERE j.tenant = $1 GROUP BY state`,

  /** A dead job again, under its own id, with all its attempts before it. */
  rerunDead: `WITH back AS (DELETE FROM hookline.outcomes
      WHERE id = $1 AND tenant = $2 AND state = 'dead' AND delivery_due_at IS NULL RETURNING *),
    again AS (INSERT INTO hookline.jobs (id, queue, tenant, connection, connector, method, request,
        deliver_to, state, due_at, attempt, created_at)
      SELECT id, queue, tenant, connection, connector, method, request, deliver_to, 'ready',
        clock_timestamp(), 0, created_at FROM back RETURNING id)
    SELECT id, pg_notify('hookline_jobs', '') FROM again`,
  rerunHeld: `WITH again AS (UPDATE hookline.jobs SET state = 'ready', due_at = clock_timestamp(),
        lost = 0, lost_worker = NULL, outcome = NULL, routed = false
      WHERE id = $1 AND tenant = $2 AND state IN ('parked', 'doubtful', 'waiting') RETURNING id)
    SELECT id, pg_notify('hookline_jobs', '') FROM again`,
  /** Ends what has not begun, or is held, as a person decides. */
  endByHand: `WITH ended AS (DELETE FROM hookline.jobs WHERE id = $1 AND tenant = $2
        AND state <> 'running' RETURNING *),
    kept AS (INSERT INTO hookline.outcomes (${outcomeColumns})
      SELECT id, queue, tenant, connection, connector, method, request, $3, $4, attempt,
        created_at, clock_timestamp(), deliver_to,
        CASE WHEN deliver_to IS NOT NULL THEN clock_timestamp() END FROM ended RETURNING id)
    SELECT id, pg_notify('hookline_outcomes', id::text) FROM kept`,
  erase: `WITH ended AS (DELETE FROM hookline.outcomes WHERE tenant = $1 RETURNING 1),
      keys AS (DELETE FROM hookline.job_keys WHERE tenant = $1),
      started AS (DELETE FROM hookline.starts WHERE tenant = $1),
      held AS (DELETE FROM hookline.jobs WHERE tenant = $1 RETURNING 1)
    SELECT ((SELECT count(*) FROM ended) + (SELECT count(*) FROM held))::integer AS count`,

  setLimit: `INSERT INTO hookline.limits (tenant, connection, concurrency, starts, per_ms)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant, connection) DO UPDATE SET
      concurrency = excluded.concurrency, starts = excluded.starts, per_ms = excluded.per_ms`,
  dropLimit: 'DELETE FROM hookline.limits WHERE tenant = $1 AND connection = $2',
  limits: `SELECT tenant, connection, concurrency, starts, per_ms FROM hookline.limits
    ORDER BY tenant, connection`,

  takeDeliveries: `UPDATE hookline.outcomes SET delivery_tries = delivery_tries + 1,
      delivery_due_at = clock_timestamp() + $2::integer * interval '1 millisecond'
    WHERE id IN (SELECT id FROM hookline.outcomes WHERE delivery_due_at <= clock_timestamp()
        AND tenant <> ALL ($3::text[])
      ORDER BY delivery_due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
    RETURNING id, tenant, connector, method, connection, state, outcome, deliver_to,
      delivery_tries, ended_at`,
  delivered: `UPDATE hookline.outcomes SET delivery_due_at = NULL, delivery_error = NULL,
    delivered_at = clock_timestamp() WHERE id = $1`,
  undelivered: `UPDATE hookline.outcomes SET delivery_error = $2,
    delivery_due_at = clock_timestamp() + $3::float8 * interval '1 millisecond' WHERE id = $1`,
} as const
