import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { json } from '../support/vendor.ts'
import { openWorld, type World } from './world.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

/** What operators are told to run after a restore, as it stands there. */
const [, advice = ''] =
  /After a restore[^`]*```sql\n(.*?)```/s.exec(
    readFileSync(new URL('../../runtime/worker/OPERATING.md', import.meta.url), 'utf8'),
  ) ?? []

const tables = ['jobs', 'outcomes', 'job_keys'] as const

/** All rows of this moment, and the way back to it. */
async function backUp({ database }: World) {
  for (const table of tables) {
    await database.run(`CREATE TABLE public.${table} AS TABLE hookline.${table}`)
  }
  return async () => {
    for (const table of tables) {
      await database.run(`TRUNCATE hookline.${table}`)
      await database.run(`INSERT INTO hookline.${table} SELECT * FROM public.${table}`)
    }
  }
}

test.each(['ready', 'running'])(
  'after a restore of jobs that were %s, what is unsafe is asked of a person, the rest is made',
  async (state) => {
    await using world = await openWorld(await server.database())
    world.vendor.answers(json({}))
    const job = { tenant: 'ann', connector: 'acme' }
    const methods = ['get', 'keyed', 'post', 'once']
    const ids = await world.jobs.enqueueAll(methods.map((method) => ({ ...job, method })))
    await world.database.run('UPDATE hookline.jobs SET state = $1', [state])
    const restore = await backUp(world)
    await world.database.run(`UPDATE hookline.jobs SET state = 'ready'`)
    const before = await world.work()
    await Promise.all(ids.map((id) => world.jobs.result(id)))
    await before.drain(1_000)
    await restore()

    await world.database.run(advice)
    await world.work()
    const states = async () =>
      (await Promise.all(ids.map((id) => world.jobs.find({ tenant: 'ann', id })))).map(
        (found) => found?.state,
      )
    await expect.poll(states).toEqual(['done', 'done', 'doubtful', 'doubtful'])
    const sent = world.vendor.requests.map(({ path }) => path).sort()
    expect(sent).toEqual(['/get', '/get', '/keyed', '/keyed', '/once', '/post'])
  },
)
