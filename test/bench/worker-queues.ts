/**
 * Why the jobs are in tables of our own: what pg-boss makes of two promises that ours keep. Run it as
 * it is: `node test/bench/worker-queues.ts`. `runtime/worker/README.md` has the figures.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import { openJobs } from '../../runtime/worker/jobs.ts'
import { statements } from '../../runtime/worker/statements.ts'
import { createWorker } from '../../runtime/worker/worker.ts'
import { type PostgresServer as Server, startPostgres } from '../support/postgres.ts'
import { noOpCalls } from './worker-no-op.ts'

const queue = 'bench'
const cap = 3
const many = 100_000

await using server = await startPostgres()
tell('pg-boss, 3 workers, cap of 3: most at a time', await peakOfBoss(server))
tell('ours, 3 workers, cap of 3: most at a time', await peakOfOurs(server))
const boss = await fetchOfBoss(server)
tell(`pg-boss, fetch with ${many} capped jobs ahead, ms`, boss)
const ours = await takeOfOurs(server)
tell(`ours, take with ${many} capped jobs ahead, ms`, ours)

function tell(what: string, value: number): void {
  process.stdout.write(`${what.padEnd(56)} ${value.toFixed(2)}\n`)
}

async function openBoss(address: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: address, max: 4, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue(queue)
  return boss
}

/** Three pumps, one capped tenant: how many of its jobs are at work at once. */
async function peakOfBoss(at: Server): Promise<number> {
  const address = await at.database()
  const bosses = [await openBoss(address), await openBoss(address), await openBoss(address)]
  const [first] = bosses
  const jobs = Array.from({ length: 300 }, () => ({ data: {}, group: { id: 'ann' } }))
  await first?.insert(queue, jobs)
  let open = 0
  let peak = 0
  let left = jobs.length
  const pump = async (one: PgBoss) => {
    while (left > 0) {
      const fetched = await one.fetch(queue, { batchSize: 10, groupConcurrency: cap })
      open += fetched.length
      left -= fetched.length
      peak = Math.max(peak, open)
      await delay(10)
      const ids = fetched.map(({ id }) => id)
      if (ids.length > 0) await one.complete(queue, ids)
      open -= fetched.length
    }
  }
  await Promise.all(bosses.map(pump))
  await Promise.all(bosses.map((one) => one.stop({ graceful: false })))
  return peak
}

async function peakOfOurs(at: Server): Promise<number> {
  const database = new PostgresServer(await at.database())
  await database.prepare()
  const jobs = await openJobs(database)
  await jobs.limits.set({ tenant: 'ann' }, { concurrency: cap })
  await jobs.enqueueAll(
    Array.from({ length: 300 }, () => ({ tenant: 'ann', connector: 'a', method: 'm' })),
  )
  let open = 0
  let peak = 0
  let left = 300
  const done = Promise.withResolvers<void>()
  const runtime = {
    ...noOpCalls(10),
    call: async (...args: Parameters<ReturnType<typeof noOpCalls>['call']>) => {
      peak = Math.max(peak, ++open)
      const outcome = await noOpCalls(10).call(...args)
      open--
      if (--left === 0) done.resolve()
      return outcome
    },
  }
  const workers = [1, 2, 3].map(() => createWorker({ runtime, database, concurrency: 10 }))
  await done.promise
  for (const worker of workers) await (await worker).drain(1_000)
  await jobs[Symbol.asyncDispose]()
  await database.close()
  return peak
}

/** A capped tenant's jobs stand before those that may be taken. */
async function fetchOfBoss(at: Server): Promise<number> {
  const boss = await openBoss(await at.database())
  const ahead = { data: {}, group: { id: 'ann' } }
  for (let left = many; left > 0; left -= 1_000) {
    await boss.insert(
      queue,
      Array.from({ length: 1_000 }, () => ahead),
    )
  }
  await boss.insert(
    queue,
    Array.from({ length: 50 }, () => ({ data: {}, group: { id: 'bob' } })),
  )
  await boss.getDb().executeSql('ANALYZE pgboss.job_common', [])
  const times: number[] = []
  for (let round = 0; round < 12; round++) {
    const began = performance.now()
    await boss.fetch(queue, { batchSize: 2, groupConcurrency: 2 })
    times.push(performance.now() - began)
  }
  await boss.stop({ graceful: false })
  return median(times.slice(2))
}

async function takeOfOurs(at: Server): Promise<number> {
  const database = new PostgresServer(await at.database())
  await database.prepare()
  const jobs = await openJobs(database)
  await jobs.limits.set({ tenant: 'ann' }, { concurrency: 2 })
  for (let left = many; left > 0; left -= 1_000) {
    await jobs.enqueueAll(
      Array.from({ length: 1_000 }, () => ({ tenant: 'ann', connector: 'a', method: 'm' })),
    )
  }
  await jobs.enqueueAll(
    Array.from({ length: 50 }, () => ({ tenant: 'bob', connector: 'a', method: 'm' })),
  )
  await database.run('ANALYZE hookline.jobs')
  const worker = '00000000-0000-4000-8000-000000000000'
  const times: number[] = []
  for (let round = 0; round < 12; round++) {
    const began = performance.now()
    await database.run(statements.take, [worker, 'default', 2, '', '{}'])
    times.push(performance.now() - began)
  }
  await jobs[Symbol.asyncDispose]()
  await database.close()
  return median(times.slice(2))
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}
