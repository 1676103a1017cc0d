/**
 * What the queue costs, each figure as a ratio to its own floor, measured in the same run. Run it by
 * `npm run bench -- worker`, or as it is: `node test/bench/worker.ts [--json] [--short]`.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import { type Jobs, openJobs } from '../../runtime/worker/jobs.ts'
import { createWorker } from '../../runtime/worker/worker.ts'
import { type PostgresServer as Server, startPostgres } from '../support/postgres.ts'
import { benchInput, noOpCalls } from './worker-no-op.ts'
import { insertBoss, openBoss } from './worker-pg-boss.ts'

export type Measure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** `≥ 0.85`; null where it is only told. */
  readonly target: string | null
  readonly holds: boolean | null
}

const job = { tenant: 'ann', connector: 'acme', method: 'get', input: benchInput }
const child = fileURLToPath(new URL('./worker-child.ts', import.meta.url))

type Scale = { readonly jobs: number; readonly kept: readonly [few: number, many: number] }

/** Yields each figure as soon as it is there. `short` is for a look: its figures prove nothing. */
export async function* benchWorker(
  options: { readonly short?: boolean } = {},
): AsyncGenerator<Measure> {
  const scale: Scale = options.short
    ? { jobs: 2_000, kept: [1_000, 50_000] }
    : { jobs: 8_000, kept: [10_000, 1_000_000] }
  await using server = await startPostgres()
  yield* throughput(server, scale)
  yield* scaling(server, scale)
  yield* pickup(server)
  yield* enqueueing(server)
  yield* growth(server, scale)
}

async function* throughput(server: Server, { jobs }: Scale): AsyncGenerator<Measure> {
  const ours: number[] = []
  const theirs: number[] = []
  // In turns, so that a change of the machine's mood meets both.
  for (let round = 0; round < 3; round++) {
    ours.push(await drainOurs(server, { jobs, workers: 1, concurrency: 50 }))
    theirs.push(await drainTheirs(server, jobs))
  }
  yield told('worker.jobs', median(ours), 'jobs/s')
  yield told('worker.jobs.pg-boss', median(theirs), 'jobs/s')
  yield atLeast('worker.throughput', median(ours) / median(theirs), 0.85)
}

/** With few slots each worker waits for its jobs most of the time; with many, the cores are spent. */
async function* scaling(server: Server, { jobs }: Scale): AsyncGenerator<Measure> {
  for (const concurrency of [10, 25, 50]) {
    const one = await drainOurs(server, { jobs: jobs / 2, workers: 1, concurrency })
    const two = await drainOurs(server, { jobs, workers: 2, concurrency })
    yield told(`worker.jobs.one-of-${concurrency}`, one, 'jobs/s')
    yield told(`worker.jobs.two-of-${concurrency}`, two, 'jobs/s')
    if (concurrency === 10) yield atLeast('worker.scaling', two / one, 1.8)
    else yield told(`worker.scaling.${concurrency}`, two / one, 'ratio')
  }
}

type Drain = { readonly jobs: number; readonly workers: number; readonly concurrency: number }

async function drainOurs(server: Server, { jobs, workers, concurrency }: Drain): Promise<number> {
  const address = await server.database()
  await using opened = await openAt(address)
  const { database } = opened
  await fill(opened.jobs, jobs)
  await database.run('ANALYZE hookline.jobs')
  const children = Array.from({ length: workers }, () => start('hookline', address, concurrency))
  try {
    await begin(children)
    for (;;) {
      const { rows } = await database.run<{ done: number; rate: number }>(
        `SELECT count(*)::integer AS done,
          (count(*) / extract(epoch FROM max(ended_at) - min(ended_at)))::float8 AS rate
        FROM hookline.outcomes`,
      )
      if (rows[0]?.done === jobs) return rows[0].rate
      await delay(250)
    }
  } finally {
    await end(children)
  }
}

async function drainTheirs(server: Server, jobs: number): Promise<number> {
  const address = await server.database()
  const boss = await openBoss(address)
  const database = new PostgresServer(address)
  for (let left = jobs; left > 0; left -= 500) await insertBoss(boss, 500, job)
  await database.run('ANALYZE pgboss.job_common')
  const children = [start('pg-boss', address, 50)]
  try {
    await begin(children)
    for (;;) {
      const { rows } = await database.run<{ done: number; rate: number }>(
        `SELECT count(*)::integer AS done,
          (count(*) / extract(epoch FROM max(completed_on) - min(completed_on)))::float8 AS rate
        FROM pgboss.job_common WHERE state = 'completed'`,
      )
      if (rows[0]?.done === jobs) return rows[0].rate
      await delay(250)
    }
  } finally {
    await end(children)
    await boss.stop({ graceful: false })
    await database.close()
  }
}

/** From the call to `enqueue` until the job's call is made, while the worker has nothing to do. */
async function* pickup(server: Server): AsyncGenerator<Measure> {
  const address = await server.database()
  await using opened = await openAt(address)
  const { database, jobs } = opened
  let begun = Promise.withResolvers<void>()
  const runtime = noOpCalls(0, () => begun.resolve())
  await using _worker = await createWorker({ runtime, database })
  const heard = new EventTarget()
  await using _ear = await database.listen(['bench'], {
    heard: () => heard.dispatchEvent(new Event('heard')),
    lost: () => {},
  })
  const ours: number[] = []
  const floor: number[] = []
  for (let round = 0; round < 120; round++) {
    await delay(30)
    begun = Promise.withResolvers<void>()
    let at = performance.now()
    await jobs.enqueue(job)
    await begun.promise
    ours.push(performance.now() - at)
    await delay(30)
    const echo = once(heard, 'heard')
    at = performance.now()
    await database.run(`SELECT pg_notify('bench', '')`)
    await echo
    floor.push(performance.now() - at)
  }
  yield told('worker.pickup.p50', median(ours), 'ms')
  yield told('worker.pickup.notify', median(floor), 'ms')
  yield atMost('worker.pickup', median(ours) / median(floor), 6)
}

async function* enqueueing(server: Server): AsyncGenerator<Measure> {
  const address = await server.database()
  await using opened = await openAt(address)
  const boss = await openBoss(address)
  const batch = Array.from({ length: 500 }, () => job)
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < 24; round++) {
    let at = performance.now()
    await opened.jobs.enqueueAll(batch)
    ours.push(performance.now() - at)
    at = performance.now()
    await insertBoss(boss, batch.length, job)
    theirs.push(performance.now() - at)
  }
  await boss.stop({ graceful: false })
  yield told('worker.enqueue.jobs', (batch.length / median(ours)) * 1000, 'jobs/s')
  yield atLeast('worker.enqueue', median(theirs) / median(ours), 0.8)
}

/** Jobs without any work, one worker, outcomes of earlier ones kept: what does one job cost? */
async function* growth(server: Server, { jobs, kept }: Scale): AsyncGenerator<Measure> {
  await using few = await openAt(await server.database())
  await using many = await openAt(await server.database())
  await keepOutcomes(few.database, kept[0])
  await keepOutcomes(many.database, kept[1])
  const costs: [few: number[], many: number[]] = [[], []]
  // In turns, so that a change of the machine's mood meets both.
  for (let round = 0; round < 5; round++) {
    costs[0].push(await costOf(few, jobs / 2))
    costs[1].push(await costOf(many, jobs / 2))
  }
  yield told(`worker.cost.${kept[0]}`, median(costs[0]), 'ms/job')
  yield told(`worker.cost.${kept[1]}`, median(costs[1]), 'ms/job')
  yield atMost('worker.growth', median(costs[1]) / median(costs[0]), 1.3)
}

async function costOf({ jobs, database }: Opened, count: number): Promise<number> {
  await fill(jobs, count)
  let left = count
  const done = Promise.withResolvers<void>()
  const at = performance.now()
  const worker = await createWorker({
    ...{ runtime: noOpCalls(0), database },
    observe: (event) => {
      if (event.kind === 'settled' && --left === 0) done.resolve()
    },
  })
  await done.promise
  const ms = performance.now() - at
  await worker.drain(1_000)
  return ms / count
}

/** Finished jobs, made by the server itself: their ids are older than all that come. */
async function keepOutcomes(database: PostgresServer, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 50_000) {
    await database.run(
      `INSERT INTO hookline.outcomes (id, queue, tenant, connection, connector, method, request,
          state, outcome, attempt, created_at, ended_at)
        SELECT ('01900000' || substr(gen_random_uuid()::text, 9))::uuid, 'default', 't' || n % 100,
          '-', 'acme', 'get', repeat('x', 300), 'done', repeat('y', 200), 1, now(), now()
        FROM generate_series(1, $1::integer) AS n`,
      [Math.min(left, 50_000)],
    )
  }
  // As they are after a while: what made them is not what is measured.
  await database.run('VACUUM ANALYZE hookline.outcomes')
  await database.run('CHECKPOINT')
}

type Opened = { readonly jobs: Jobs; readonly database: PostgresServer } & AsyncDisposable

async function openAt(address: string): Promise<Opened> {
  const database = new PostgresServer(address)
  await database.prepare()
  const jobs = await openJobs(database)
  return {
    ...{ database, jobs },
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]()
      await database.close()
    },
  }
}

async function fill(jobs: Jobs, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 500) {
    await jobs.enqueueAll(Array.from({ length: Math.min(left, 500) }, () => job))
  }
}

function start(kind: 'hookline' | 'pg-boss', address: string, concurrency: number): ChildProcess {
  return fork(child, [kind, address, String(concurrency)], { stdio: 'inherit' })
}

async function begin(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(children.map((each) => once(each, 'message')))
  for (const each of children) each.send('begin')
}

async function end(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (each) => {
      if (each.exitCode !== null || each.signalCode !== null) return
      const gone = once(each, 'exit')
      each.kill('SIGKILL')
      await gone
    }),
  )
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

function told(name: string, value: number, unit: string): Measure {
  return { name, value, unit, target: null, holds: null }
}

function atLeast(name: string, value: number, target: number): Measure {
  return { name, value, unit: 'ratio', target: `≥ ${target}`, holds: value >= target }
}

function atMost(name: string, value: number, target: number): Measure {
  return { name, value, unit: 'ratio', target: `≤ ${target}`, holds: value <= target }
}

if (import.meta.main) {
  const isJson = process.argv.includes('--json')
  for await (const measure of benchWorker({ short: process.argv.includes('--short') })) {
    const { name, value, unit, target, holds } = measure
    const verdict = holds === null ? '' : `${target} ${holds ? 'holds' : 'DOES NOT HOLD'}`
    const line = `${name.padEnd(28)} ${value.toFixed(3).padStart(12)} ${unit.padEnd(8)} ${verdict}`
    process.stdout.write(`${isJson ? JSON.stringify(measure) : line.trimEnd()}\n`)
  }
}
