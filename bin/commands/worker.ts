import { Secret } from '../../runtime/model/secret.ts'
import { UsageError } from '../../runtime/model/usage-error.ts'
import type { WorkerEvent } from '../../runtime/worker/events.ts'
import { logRecordOf } from '../../runtime/worker/log.ts'
import { serveMetrics } from '../../runtime/worker/metrics-server.ts'
import { openJobsDatabase } from '../../runtime/worker/open-jobs.ts'
import { createWorker, type Worker } from '../../runtime/worker/worker.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { openKeys } from '../open.ts'
import { demandConnectors, type GlobalOptions, readSettings } from '../settings.ts'
import { say } from '../streams.ts'

export type WorkerCommandOptions = GlobalOptions & {
  readonly concurrency?: number
  readonly queue?: readonly string[]
  readonly queues?: string
  readonly attempts?: number
  readonly lease?: number
  readonly drain?: number
  readonly keepDone?: number
  readonly keepDead?: number
  readonly cordon?: string
  readonly metrics?: string
}

const day = 24 * 3_600_000
const usualDrain = 25_000

/**
 * Works until SIGTERM or SIGINT, and then lets what it has begun end, within a deadline. The second
 * signal ends it at once. Its log is one JSON object a line, on stderr.
 */
export async function worker(options: WorkerCommandOptions): Promise<ExitCode> {
  const settings = readSettings(options)
  demandConnectors(settings)
  const { createRuntime } = await import('../../runtime/runtime.ts')
  const { createSend } = await import('../../runtime/http/send.ts')
  const { connectors, store, allowPrivate, apps } = settings
  await using database = await openJobsDatabase(store)
  await using runtime = createRuntime({
    ...{ connectors, store, allowPrivate, keys: openKeys(settings, { makesKey: false }) },
    ...(apps === null ? {} : { apps }),
    sandbox: { cordon: cordonOf(options) },
  })
  await using way = createSend()
  const secret = process.env.HOOKLINE_WEBHOOK_SECRET
  const chosen = {
    ...numbersOf(options),
    queues: queuesOf(options),
    ...(secret ? { delivery: { send: way.send, secret: new Secret(secret), allowPrivate } } : {}),
  }
  await using working = await createWorker({ runtime, database, ...chosen, observe: log })
  await using _metrics = options.metrics === undefined ? null : await metricsOf(options, working)
  await untilTold(working, options.drain ?? usualDrain)
  return exitCodes.success
}

/** Resolves when the worker has drained. A second signal leaves no time for anything. */
async function untilTold(working: Worker, deadlineMs: number): Promise<void> {
  const told = Promise.withResolvers<void>()
  const tell = (signal: NodeJS.Signals) => {
    if (working.isDraining) {
      working.kill()
      process.exit(signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted)
    }
    working.drain(deadlineMs).then(told.resolve, told.reject)
  }
  process.on('SIGTERM', tell)
  process.on('SIGINT', tell)
  try {
    await told.promise
  } finally {
    process.off('SIGTERM', tell)
    process.off('SIGINT', tell)
  }
}

function log(event: WorkerEvent): void {
  const record = logRecordOf(event)
  if (record) say(JSON.stringify(record))
}

async function metricsOf({ metrics = '' }: WorkerCommandOptions, working: Worker) {
  const [, host = '127.0.0.1', port = ''] = /^(?:(.+):)?(\d{1,5})$/.exec(metrics) ?? []
  if (port === '') {
    throw new UsageError('entityInvalid', `\`${metrics}\` is no port to serve metrics on`, {
      cure: 'Write it as in --metrics 9464, or --metrics 0.0.0.0:9464.',
    })
  }
  const serving = await serveMetrics({
    ...{ host, port: Number(port), text: () => working.metricsText() },
    healthy: () => !working.isDraining,
  })
  say(JSON.stringify({ event: 'metrics', host, port: serving.port }))
  return serving
}

function queuesOf({ queue = [], queues = '' }: WorkerCommandOptions): readonly string[] {
  const names = [...queue, ...queues.split(',')].map((name) => name.trim()).filter(Boolean)
  return names.length === 0 ? ['default'] : [...new Set(names)]
}

function numbersOf(options: WorkerCommandOptions) {
  const { concurrency, attempts, lease, keepDone, keepDead } = options
  for (const [name, value] of Object.entries({ concurrency, attempts, lease })) {
    if (value !== 0) continue
    throw new UsageError('entityInvalid', `--${name} must be above 0`)
  }
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(lease === undefined ? {} : { leaseMs: lease }),
    ...(keepDone === undefined ? {} : { keepDoneMs: keepDone * day }),
    ...(keepDead === undefined ? {} : { keepDeadMs: keepDead * day }),
  }
}

function cordonOf({ cordon = 'shared' }: WorkerCommandOptions): 'shared' | 'tenant' {
  if (cordon === 'shared' || cordon === 'tenant') return cordon
  throw new UsageError('entityInvalid', `There is no cordon \`${cordon}\``, {
    cure: 'It is shared, or tenant.',
  })
}
