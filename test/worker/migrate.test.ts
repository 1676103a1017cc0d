import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import { openJobs } from '../../runtime/worker/jobs.ts'
import { jobsSchema, metMigration, migrateJobs, prepareJobs } from '../../runtime/worker/migrate.ts'
import { type JobsMigration, jobsMigrations } from '../../runtime/worker/schema.ts'
import { type PostgresServer as Server, startPostgres } from '../support/postgres.ts'
import { json } from '../support/vendor.ts'
import { openWorld } from './world.ts'

let server: Server
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

const known = jobsMigrations.length
const acme = { tenant: 'ann', connector: 'acme', method: 'get' } as const

/** What a version to come may do, so that today's workers go on beside it. */
const later: JobsMigration = {
  readableBy: 1,
  up: `ALTER TABLE hookline.jobs ADD COLUMN later text NOT NULL DEFAULT 'x';
    ALTER TABLE hookline.outcomes ADD COLUMN later text NOT NULL DEFAULT 'x'`,
  down: `ALTER TABLE hookline.jobs DROP COLUMN later;
    ALTER TABLE hookline.outcomes DROP COLUMN later`,
}

async function openDatabase() {
  const database = new PostgresServer(await server.database())
  await database.prepare()
  return { database, [Symbol.asyncDispose]: () => database.close() }
}

describe('prepareJobs()', () => {
  test('makes the tables once, however many begin at the same moment', async () => {
    await using opened = await openDatabase()
    const all = await Promise.all([1, 2, 3, 4].map(() => prepareJobs(opened.database)))
    expect(new Set(all.map(({ version }) => version))).toEqual(new Set([known]))
  })

  test('works with a newer schema that says it may, and refuses one that does not', async () => {
    await using opened = await openDatabase()
    const { database } = opened
    const newer = (readableBy: number) => [
      ...jobsMigrations,
      {
        readableBy,
        up: 'ALTER TABLE hookline.jobs ADD COLUMN later text',
        down: 'ALTER TABLE hookline.jobs DROP COLUMN later',
      },
    ]
    await migrateJobs(database, known + 1, newer(1))
    expect(await prepareJobs(database)).toEqual({ version: known + 1, readableBy: 1 })
    const jobs = await openJobs(database)
    await jobs.enqueue(acme)
    await jobs[Symbol.asyncDispose]()

    await migrateJobs(database, known, newer(1))
    await migrateJobs(database, known + 1, newer(known + 1))
    await expect(prepareJobs(database)).rejects.toMatchObject({ name: 'UsageError' })
  })
})

describe('migrateJobs()', () => {
  test('leaves a newer schema to the version that knows the way back', async () => {
    await using opened = await openDatabase()
    await migrateJobs(opened.database, known + 1, [...jobsMigrations, later])
    await expect(migrateJobs(opened.database, known)).rejects.toMatchObject({
      errorCode: 'entityInvalid',
      message: expect.stringContaining(`schema ${known + 1}`),
    })
    expect(await jobsSchema(opened.database)).toMatchObject({ version: known + 1 })
  })

  test('goes up and down while workers of both versions take jobs, and each is made once', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    const older = await world.work()
    const ids: string[] = []
    const enqueue = async () => {
      const jobs = Array.from({ length: 30 }, () => ({ ...acme, method: 'once' }))
      ids.push(...(await world.jobs.enqueueAll(jobs)))
    }
    await enqueue()
    await migrateJobs(world.database, known + 1, [...jobsMigrations, later])
    const newer = await world.work()
    for (let round = 0; round < 15; round++) {
      await enqueue()
      await migrateJobs(world.database, known + (round % 2), [...jobsMigrations, later])
    }
    const ends = await Promise.all(ids.map((id) => world.settled(id)))
    expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(['done']))
    expect(world.vendor.requests).toHaveLength(ids.length)
    expect(world.events.filter(({ kind }) => kind === 'bug')).toEqual([])
    expect([older.isDraining, newer.isDraining]).toEqual([false, false])
  }, 60_000)

  test('goes up and down under workers that keep working, and loses nothing', async () => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    await world.work({ leaseMs: 500 })
    const ids: string[] = []
    for (const to of [1, known, 1, known]) {
      ids.push(...(await world.jobs.enqueueAll(Array.from({ length: 20 }, () => acme))))
      expect((await migrateJobs(world.database, to)).version).toBe(to)
    }
    const outcomes = await Promise.all(ids.map((id) => world.jobs.result(id)))
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['success']))
    expect(world.events.filter(({ kind }) => kind === 'bug')).toEqual([])
  })

  test('drops everything at 0, but not with jobs that have not ended', async () => {
    await using opened = await openDatabase()
    const { database } = opened
    const jobs = await openJobs(database)
    const id = await jobs.enqueue(acme)
    await expect(migrateJobs(database, 0)).rejects.toMatchObject({ errorCode: 'entityInvalid' })
    await jobs.settle({ tenant: 'ann', id }, 'given-up', 'x')
    expect(await migrateJobs(database, 0)).toMatchObject({ version: 0 })
    const { rows } = await database.run(
      `SELECT table_name FROM information_schema.tables WHERE table_schema = 'hookline'
        AND table_name IN ('jobs', 'outcomes', 'workers', 'limits', 'starts', 'job_keys')`,
    )
    expect(rows).toEqual([])
    expect(await jobsSchema(database)).toMatchObject({ version: 0 })
    await prepareJobs(database)
    await jobs[Symbol.asyncDispose]()
  })

  test('refuses a version that it does not know', async () => {
    await using opened = await openDatabase()
    for (const to of [-1, known + 1, 1.5]) {
      await expect(migrateJobs(opened.database, to)).rejects.toMatchObject({
        errorCode: 'entityInvalid',
      })
    }
  })
})

describe('metMigration()', () => {
  test.each([
    ['42804', true],
    ['0A000', true],
    ['42601', false],
    [undefined, false],
  ])('of an error of SQLSTATE %s is %s', (code, expected) => {
    expect(metMigration(Object.assign(new Error('x'), { code }))).toBe(expected)
  })
})
