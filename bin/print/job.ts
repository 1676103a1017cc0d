import type { Job } from '../../runtime/worker/job.ts'
import { tableText } from './table.ts'

/** What `jobs --json` prints of a job: everything, with dates in ISO 8601. */
export function jobReport(job: Job) {
  const { createdAt, dueAt, endedAt, ...rest } = job
  return {
    ...rest,
    createdAt: createdAt.toISOString(),
    dueAt: dueAt?.toISOString() ?? null,
    endedAt: endedAt?.toISOString() ?? null,
  }
}

export function jobsTable(jobs: readonly Job[]): string {
  const heading = ['id', 'state', 'connector', 'method', 'connection', 'attempt', 'what it came to']
  return tableText([heading, ...jobs.map(rowOf)])
}

function rowOf({ id, state, connector, method, connection, attempt, outcome }: Job) {
  const failure = outcome?.kind === 'failure' ? outcome.failure : null
  const cameTo = failure ? `${failure.type}: ${failure.message}` : (outcome?.kind ?? '')
  return [id, state, connector, method, connection ?? '-', String(attempt), shortened(cameTo)]
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 80 ? `${line.slice(0, 79)}…` : line
}
