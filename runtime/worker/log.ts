import type { WorkerEvent } from './events.ts'

/** One line of a worker's log: a JSON object. Nothing of a job's input or outcome is in it. */
export type LogRecord = {
  readonly time: string
  readonly level: 'info' | 'warn' | 'error'
  readonly event: WorkerEvent['kind']
} & Readonly<Record<string, string | number | boolean | null>>

/** Null for what is too frequent to be of interest. */
export function logRecordOf(event: WorkerEvent, now = new Date()): LogRecord | null {
  const found = fieldsOf(event)
  if (!found) return null
  const [level, fields] = found
  return { time: now.toISOString(), level, event: event.kind, ...fields }
}

type Fields = Readonly<Record<string, string | number | boolean | null>>

function fieldsOf(event: WorkerEvent): [level: LogRecord['level'], fields: Fields] | null {
  switch (event.kind) {
    case 'began':
    case 'depth':
      return null
    case 'weakness':
      return ['warn', { message: event.message }]
    case 'started':
      return ['info', { worker: event.worker }]
    case 'settled':
      return settledFields(event)
    case 'overtaken':
      return ['warn', { job: event.job.id, attempt: event.job.attempt }]
    case 'reaped':
      return ['warn', { count: event.count }]
    case 'forgotten':
      return ['info', { count: event.count }]
    case 'delivered':
      return ['info', { job: event.id, tries: event.tries }]
    case 'undelivered': {
      const { id, tries, message, final } = event
      return [final ? 'error' : 'warn', { job: id, tries, message, final }]
    }
    case 'store-failed':
      return ['warn', { message: messageOf(event.error) }]
    case 'bug':
      return ['error', { job: event.job?.id ?? null, message: stackOf(event.error) }]
    case 'draining':
      return ['info', { running: event.running }]
    case 'revived':
    case 'stopped':
      return ['info', {}]
  }
}

function settledFields(
  event: Extract<WorkerEvent, { kind: 'settled' }>,
): [LogRecord['level'], Fields] {
  const { job, settlement, outcome, ms } = event
  const { tenant, connector, method, connection = null } = job.request
  const { state, because, delayMs } = settlement
  const failure = outcome?.kind === 'failure' ? outcome.failure : null
  const level = state === 'done' ? 'info' : 'warn'
  return [
    level,
    {
      ...{ job: job.id, tenant, connector, method, connection, queue: job.queue },
      ...{ attempt: job.attempt, state, because, delayMs, ms: Math.round(ms) },
      ...(failure ? { type: failure.type, reason: failure.reason ?? null } : {}),
    },
  ]
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
