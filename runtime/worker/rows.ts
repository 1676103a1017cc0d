import type { CallRequest } from '../model/call.ts'
import { type Job, type JobState, noConnection, readOutcome, type TakenJob } from './job.ts'

export type TakenRow = {
  readonly id: string
  readonly queue: string
  readonly request: string
  readonly attempt: number
  readonly lost: number
  readonly outcome: string | null
  readonly routed: boolean
  readonly trace: string | null
  readonly created_at: Date
  readonly due_at: Date
}

export function takenJobOf(row: TakenRow): TakenJob {
  return {
    id: row.id,
    queue: row.queue,
    request: JSON.parse(row.request) as CallRequest,
    attempt: row.attempt,
    lost: row.lost,
    outcome: row.outcome === null ? null : readOutcome(row.outcome),
    isRouted: row.routed,
    trace: row.trace,
    createdAt: row.created_at,
    dueAt: row.due_at,
  }
}

export type JobRow = {
  readonly id: string
  readonly queue: string
  readonly tenant: string
  readonly connector: string
  readonly method: string
  readonly connection: string
  readonly state: JobState
  readonly attempt: number
  readonly created_at: Date
  readonly due_at: Date | null
  readonly ended_at: Date | null
  readonly outcome: string | null
}

export function jobOf(row: JobRow): Job {
  const { id, queue, tenant, connector, method, state, attempt } = row
  const timed = state === 'ready' || state === 'waiting'
  return {
    ...{ id, queue, tenant, connector, method, state, attempt },
    connection: row.connection === noConnection ? null : row.connection,
    createdAt: row.created_at,
    dueAt: timed ? row.due_at : null,
    endedAt: row.ended_at,
    outcome: row.outcome === null ? null : readOutcome(row.outcome),
  }
}
