import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRuntime, type Runtime, type RuntimeOptions } from '../../runtime/runtime.ts'
import { keysFromFile } from '../../runtime/store/key-file.ts'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import type { WorkerEvent } from '../../runtime/worker/events.ts'
import type { Settlement } from '../../runtime/worker/job.ts'
import { type Jobs, openJobs } from '../../runtime/worker/jobs.ts'
import { createWorker, type Worker, type WorkerOptions } from '../../runtime/worker/worker.ts'
import { startVendor, type Vendor } from '../support/vendor.ts'

/** A vendor, a connector to it in three ways to be repeated, and the jobs in one database. */
export interface World extends AsyncDisposable {
  readonly vendor: Vendor
  readonly runtime: Runtime
  readonly database: PostgresServer
  readonly jobs: Jobs
  /** Those that were begun and not drained end with the world. */
  work(options?: Partial<WorkerOptions>): Promise<Worker>
  /** What happened in the workers, oldest first. */
  readonly events: readonly WorkerEvent[]
  /** Resolves when a job was settled as given, or otherwise than by `done`. */
  settled(id: string): Promise<Settlement>
}

const connectorOf = (origin: string) => ({
  definition: {
    name: 'acme',
    base_url: origin,
    methods: {
      get: { verb: 'GET', path: '/get' },
      put: { verb: 'PUT', path: '/put' },
      post: { verb: 'POST', path: '/post' },
      keyed: { verb: 'POST', path: '/keyed', idempotency_key: { header: 'Idempotency-Key' } },
      once: { verb: 'POST', path: '/once', replay: 'never' },
    },
  },
})

/** What it sends, its scripts send: the verbs of its methods do not tell. */
const scriptedConnectorOf = (origin: string) => ({
  definition: {
    name: 'scripted',
    base_url: origin,
    limits: { call_ms: 3_000, hook_ms: 1_000 },
    methods: {
      act: { type: 'script', script: 'act.js' },
      look: { verb: 'GET', path: '/look', script: 'look.js' },
      plain: { verb: 'GET', path: '/look', script: 'plain.js' },
      count: { type: 'script', script: 'count.js' },
      hang: { type: 'script', script: 'hang.js' },
    },
  },
  scripts: {
    'act.js': `function after_action() {
      http_request({ method: 'POST', url: '${origin}/act' })
      method_response = {}
    }`,
    'look.js': `function before_action() {
      http_request({ method: 'POST', url: '${origin}/act' })
      return true
    }`,
    'count.js': 'function after_action() { method_response = 1 }',
    // Nothing but the end of its process ends this.
    'hang.js': 'function after_action() { [].indexOf.call({ length: 2 ** 53 - 1 }, 1) }',
    'plain.js': `function before_action() {
      http_request({ method: 'GET', url: '${origin}/seen' })
      return true
    }`,
  },
})

/** The same vendor with a key, which it may refuse. */
const lockedConnectorOf = (origin: string) => ({
  definition: {
    name: 'locked',
    base_url: origin,
    auth: { type: 'api_key', in: 'header', as: 'X-Key' },
    errors: [
      {
        type: 'InvalidCredential',
        message: 'The key is refused',
        filter: { path: 'headers.http-code', operator: 'equal', value: 401 },
      },
    ],
    methods: {
      get: { verb: 'GET', path: '/get' },
      once: { verb: 'POST', path: '/once', replay: 'never' },
    },
  },
})

export async function openWorld(
  address: string,
  options: Pick<RuntimeOptions, 'sandbox'> = {},
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-worker-'))
  const vendor = await startVendor()
  const runtime = createRuntime({
    connectors: [connectorOf, lockedConnectorOf, scriptedConnectorOf].map((of) =>
      of(vendor.origin),
    ),
    store: address,
    keys: keysFromFile(join(folder, 'key'), { onMade: () => {} }),
    allowPrivate: ['127.0.0.0/8'],
    ...options,
  })
  const database = new PostgresServer(address)
  await database.prepare()
  const jobs = await openJobs(database)
  const workers: Worker[] = []
  const events: WorkerEvent[] = []
  const arrivals = new EventTarget()
  return {
    ...{ vendor, runtime, database, jobs, events },
    async work(options = {}) {
      const worker = await createWorker({
        ...{ runtime: { ...runtime, selfTest: async () => [] }, database },
        observe: (event) => {
          events.push(event)
          arrivals.dispatchEvent(new Event('event'))
        },
        ...options,
      })
      workers.push(worker)
      return worker
    },
    settled(id) {
      const { promise, resolve } = Promise.withResolvers<Settlement>()
      const look = () => {
        const found = events.findLast((event) => event.kind === 'settled' && event.job.id === id)
        if (found?.kind === 'settled') resolve(found.settlement)
      }
      arrivals.addEventListener('event', look)
      look()
      return promise.finally(() => arrivals.removeEventListener('event', look))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.drain(500)))
      await jobs[Symbol.asyncDispose]()
      await runtime[Symbol.asyncDispose]()
      await database.close()
      await vendor[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
