/** Workers, their sandboxes and Postgres are killed under load; then everything is counted. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { keysFromFile } from '../../runtime/store/key-file.ts'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import { openVault } from '../../runtime/store/vault.ts'
import type { JobState } from '../../runtime/worker/job.ts'
import { type Jobs, openJobs } from '../../runtime/worker/jobs.ts'
import { program } from '../bin/cli.ts'
import { query, type PostgresServer as Server, startPostgres } from '../support/postgres.ts'
import { startVendor } from '../support/vendor.ts'

export type Blow = 'worker' | 'sandbox' | 'postgres'

export type StormOptions = {
  readonly jobs: number
  readonly workers: number
  /** In order, evenly over the time of the load. */
  readonly blows: readonly Blow[]
  readonly betweenMs: number
}

export type Toll = {
  /** Ids that were acknowledged, by method. */
  readonly acknowledged: ReadonlyMap<string, string>
  readonly states: ReadonlyMap<string, JobState | 'missing'>
  /** What those came to that failed, for whoever has to find out why. */
  readonly failures: ReadonlyMap<string, string>
  /** Requests with an effect, by job; a vendor knows a key that it has seen. */
  readonly effects: ReadonlyMap<string, number>
  readonly killed: Readonly<Record<Blow, number>>
}

const methods = ['get', 'keyed', 'post', 'once'] as const

export async function weatherStorm(options: StormOptions): Promise<Toll> {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-storm-'))
  await using server = await startPostgres()
  const address = await server.database()
  await using vendor = await startVendor()
  const effects = countingVendor(vendor)
  writeConnector(folder, vendor.origin)
  await makeKey(folder, address)
  const database = new PostgresServer(address)
  const jobs = await openJobs(database)
  const crew = new Crew(folder, address)
  const acknowledged = new Map<string, string>()
  const killed = { worker: 0, sandbox: 0, postgres: 0 }
  try {
    for (let index = 0; index < options.workers; index++) await crew.hire()
    const load = enqueueSlowly(jobs, acknowledged, options)
    for (const blow of options.blows) {
      await delay(options.betweenMs)
      if (await strike(blow, { crew, server, address })) killed[blow]++
    }
    await load
    await settled(database)
    return { acknowledged, effects, killed, ...(await endsOf(jobs, acknowledged)) }
  } finally {
    await crew.dismiss()
    await jobs[Symbol.asyncDispose]()
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Each request with an effect adds one; a repeated idempotency key has none. */
function countingVendor(vendor: Awaited<ReturnType<typeof startVendor>>) {
  const effects = new Map<string, number>()
  const keys = new Set<string>()
  for (const method of methods) {
    vendor.on(`/${method}`, async ({ path, body, headers }, response) => {
      const sent = body === '' ? new URL(path, 'http://v').searchParams.get('n') : null
      const name = sent ?? String((JSON.parse(body || '{}') as { n?: string }).n)
      const key = headers['idempotency-key']
      if (typeof key !== 'string' || !keys.has(key)) {
        effects.set(name, (effects.get(name) ?? 0) + 1)
      }
      if (typeof key === 'string') keys.add(key)
      await delay(50 + Math.random() * 700)
      response.end('{}')
    })
  }
  return effects
}

function writeConnector(folder: string, origin: string): void {
  mkdirSync(join(folder, 'connectors/storm/scripts'), { recursive: true })
  const file = `
base_url: ${origin}
script: scripts/main.js
methods:
  get: { verb: GET, path: /get }
  keyed: { verb: POST, path: /keyed, idempotency_key: { header: Idempotency-Key } }
  post: { verb: POST, path: /post }
  once: { verb: POST, path: /once, replay: never }
`
  writeFileSync(join(folder, 'connectors/storm/connector.yaml'), file)
  const script = 'function before_action() { return true }'
  writeFileSync(join(folder, 'connectors/storm/scripts/main.js'), script)
}

/** A worker never makes a key up. */
async function makeKey(folder: string, address: string): Promise<void> {
  const keys = keysFromFile(join(folder, 'key'), { onMade: () => {} })
  const vault = await openVault({ store: address, keys })
  await vault[Symbol.asyncDispose]()
}

/** What it was told yes to is acknowledged; what failed is told again, and may come to be twice. */
async function enqueueSlowly(
  jobs: Jobs,
  acknowledged: Map<string, string>,
  { jobs: count, blows, betweenMs }: StormOptions,
): Promise<void> {
  const pause = (blows.length * betweenMs) / count
  for (let index = 0; index < count; index++) {
    const method = methods[index % methods.length] ?? 'get'
    const tenant = index % 3 === 0 ? 'ann' : 'bob'
    for (let tries = 0; ; tries++) {
      const name = `${method}-${index}-${tries}`
      try {
        const job = { tenant, connector: 'storm', method, input: { n: name } }
        acknowledged.set(name, await jobs.enqueue(job))
        break
      } catch {
        await delay(100)
      }
    }
    await delay(pause)
  }
}

class Crew {
  readonly #folder: string
  readonly #address: string
  #workers: ChildProcess[] = []

  constructor(folder: string, address: string) {
    this.#folder = folder
    this.#address = address
  }

  async hire(): Promise<void> {
    const words = ['worker', '--concurrency', '8', '--lease', '1500']
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOOKLINE_HOME: this.#folder,
        HOOKLINE_STORE: this.#address,
        HOOKLINE_CONNECTORS: join(this.#folder, 'connectors'),
        HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
      },
    })
    this.#workers.push(child)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        said = (said + String(chunk)).slice(-4_000)
        if (said.includes('"event":"started"')) resolve()
      })
      child.once('exit', () => reject(new Error(`the worker ended: ${said}`)))
    })
  }

  /** Another one comes in its place. */
  async kill(): Promise<void> {
    const [victim, ...others] = this.#workers
    if (!victim) return
    this.#workers = others
    const gone = once(victim, 'exit')
    victim.kill('SIGKILL')
    await gone
    await this.hire()
  }

  /** Of one worker, all children; false where it has none. */
  killSandboxes(): boolean {
    const pids = this.#workers.flatMap(({ pid }) => childrenOf(pid ?? -1))
    for (const pid of pids) spawnSync('kill', ['-KILL', String(pid)])
    return pids.length > 0
  }

  async dismiss(): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker) => {
        if (worker.exitCode !== null || worker.signalCode !== null) return
        const gone = once(worker, 'exit')
        worker.kill('SIGKILL')
        await gone
      }),
    )
  }
}

function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
  return stdout.split('\n').map(Number).filter(Boolean)
}

type Target = { readonly crew: Crew; readonly server: Server; readonly address: string }

async function strike(blow: Blow, { crew, server, address }: Target): Promise<boolean> {
  if (blow === 'sandbox') return crew.killSandboxes()
  if (blow === 'worker') {
    await crew.kill()
    return true
  }
  const [row] = (await query(address, 'SHOW data_directory')) as { data_directory: string }[]
  const [pid] = readFileSync(join(row?.data_directory ?? '', 'postmaster.pid'), 'utf8').split('\n')
  process.kill(Number(pid), 'SIGKILL')
  // Its children notice, and let go of the memory that they share.
  await delay(1_000)
  await server.start()
  return true
}

/** Nothing is at work, nor going to be. */
async function settled(database: PostgresServer): Promise<void> {
  for (;;) {
    try {
      const { rows } = await database.run<{ count: number }>(
        `SELECT count(*)::integer AS count FROM hookline.jobs
          WHERE state IN ('ready', 'waiting', 'running')`,
      )
      if (rows[0]?.count === 0) return
    } catch {
      // It may still be coming up.
    }
    await delay(200)
  }
}

async function endsOf(jobs: Jobs, acknowledged: ReadonlyMap<string, string>) {
  const states = new Map<string, JobState | 'missing'>()
  const failures = new Map<string, string>()
  for (const [name, id] of acknowledged) {
    const found =
      (await jobs.find({ tenant: 'ann', id })) ?? (await jobs.find({ tenant: 'bob', id }))
    states.set(name, found?.state ?? 'missing')
    const outcome = found?.outcome
    if (outcome?.kind === 'failure') failures.set(name, JSON.stringify(outcome.failure))
  }
  return { states, failures }
}

/** What the toll must not show, in words; empty where all is well. */
export function complaintsOf({ acknowledged, states, failures, effects }: Toll): readonly string[] {
  return [...acknowledged.keys()].flatMap((name) => {
    const state = states.get(name)
    const count = effects.get(name) ?? 0
    const [method] = name.split('-')
    if (state === 'missing') return [`${name} was acknowledged and is lost`]
    if (state !== 'done' && state !== 'doubtful') {
      return [`${name} ended as ${state}: ${failures.get(name)}`]
    }
    if (state === 'done' && count === 0) return [`${name} is done and never reached the vendor`]
    if (method === 'get') return state === 'done' ? [] : [`${name} could have been repeated`]
    if (count > 1) return [`${name} had ${count} effects`]
    return state === 'doubtful' && method === 'keyed' ? [`${name} had a key, and was held`] : []
  })
}
