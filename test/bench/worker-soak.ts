/**
 * Is a worker's memory flat at full load? The real command, with a script and a vendor, its queue
 * always full. Run it as it is: `node test/bench/worker-soak.ts [--minutes 60] [--json]`. What counts
 * is what its heap keeps after a collection: what the system has given it depends on who else runs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import { openJobs } from '../../runtime/worker/jobs.ts'
import { program } from '../bin/cli.ts'
import { listenOnLoopback, sendJson } from '../support/loopback.ts'
import { startPostgres } from '../support/postgres.ts'
import type { Memory } from './memory-teller.ts'

export type Soak = {
  readonly calls: number
  /** Of the worker's process, sampled evenly; it is full of work meanwhile. */
  readonly samples: readonly Memory[]
  /** Median of the last quarter over that of the second: the first is warming up. */
  readonly growth: number
}

export async function soakWorker(minutes: number): Promise<Soak> {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-soak-'))
  let calls = 0
  await using server = await startPostgres()
  await using vendor = await listenOnLoopback((_request, response) => {
    calls++
    setTimeout(() => sendJson(response, 200, { items: Array(100).fill('item') }), 20)
  })
  const address = await server.database()
  writeConnector(folder, vendor.origin)
  const database = new PostgresServer(address)
  await database.prepare()
  const jobs = await openJobs(database)
  const worker = spawnWorker(folder, address)
  const until = performance.now() + minutes * 60_000
  const samples: Memory[] = []
  const every = Math.max(500, (minutes * 60_000) / 200)
  let sampledAt = performance.now()
  try {
    while (performance.now() < until) {
      await keepFull(database, jobs)
      await delay(200)
      if (performance.now() - sampledAt < every) continue
      sampledAt = performance.now()
      samples.push(await memoryOf(worker))
    }
    return { calls, samples, growth: growthOf(samples.map(({ kept }) => kept)) }
  } finally {
    const gone = once(worker, 'exit')
    worker.kill('SIGKILL')
    await gone
    await jobs[Symbol.asyncDispose]()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function keepFull(database: PostgresServer, jobs: Awaited<ReturnType<typeof openJobs>>) {
  const { rows } = await database.run<{ count: number }>(
    'SELECT count(*)::integer AS count FROM hookline.jobs',
  )
  if ((rows[0]?.count ?? 0) > 1_000) return
  await jobs.enqueueAll(
    Array.from({ length: 1_000 }, (_, index) => ({
      tenant: `t${index % 5}`,
      ...{ connector: 'soak', method: index % 4 === 0 ? 'hooked' : 'plain' },
    })),
  )
}

function writeConnector(folder: string, origin: string): void {
  mkdirSync(join(folder, 'connectors/soak'), { recursive: true })
  const file = `
base_url: ${origin}
methods:
  plain: { verb: GET, path: /plain }
  hooked: { verb: GET, path: /hooked, script: hooked.js }
`
  writeFileSync(join(folder, 'connectors/soak/connector.yaml'), file)
  const script = 'function after_action() { method_response.items.length = 10; return true }'
  writeFileSync(join(folder, 'connectors/soak/hooked.js'), script)
}

function spawnWorker(folder: string, address: string) {
  const teller = fileURLToPath(new URL('memory-teller.ts', import.meta.url))
  const words = ['--expose-gc', '--import', teller, program, 'worker', '--keep-done', '0']
  return spawn(process.execPath, words, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOOKLINE_HOME: folder,
      HOOKLINE_KEY: randomBytes(32).toString('base64'),
      HOOKLINE_STORE: address,
      HOOKLINE_CONNECTORS: join(folder, 'connectors'),
      HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
    },
  })
}

async function memoryOf(worker: ChildProcess): Promise<Memory> {
  const answered = new AbortController()
  const { signal } = answered
  const ended = once(worker, 'exit', { signal }).then(() => {
    throw new Error('the worker ended')
  })
  ended.catch(() => {})
  const message = once(worker, 'message')
  worker.send('?')
  const [memory] = await Promise.race([message, ended])
  answered.abort()
  return memory as Memory
}

function growthOf(samples: readonly number[]): number {
  const quarter = Math.floor(samples.length / 4)
  const median = (part: readonly number[]) =>
    part.toSorted((left, right) => left - right)[Math.floor(part.length / 2)] ?? Number.NaN
  return median(samples.slice(-quarter)) / median(samples.slice(quarter, 2 * quarter))
}

if (import.meta.main) {
  const place = process.argv.indexOf('--minutes')
  const minutes = place < 0 ? 60 : Number(process.argv[place + 1])
  const { calls, samples, growth } = await soakWorker(minutes)
  const measure = {
    ...{ name: 'worker.memory', value: growth, unit: 'ratio', target: '≤ 1.1' },
    holds: growth <= 1.1,
  }
  const mebibytes = (of: keyof Memory) =>
    samples.map((sample) => Math.round(sample[of] / 2 ** 20)).join(' ')
  const told = `worker.memory ${growth.toFixed(3)} after ${calls} calls
MiB kept: ${mebibytes('kept')}
MiB given: ${mebibytes('rss')}`
  process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify(measure) : told}\n`)
}
