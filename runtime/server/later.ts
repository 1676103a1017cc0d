/** Calls that a worker makes: kept now, and asked about later. */
import type { CallRequest } from '../model/call.ts'
import type { Job, NewJob } from '../worker/job.ts'
import { type Answer, notFound } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { type OutcomeBody, outcomeBody } from './outcome-body.ts'

/** What keeps a call from being made later, for its caller; null where nothing does. */
export function notForLater(
  asked: Omit<CallRequest, 'tenant'>,
  { parts }: Exchange,
): string | null {
  if (parts.jobs === null) return 'This server keeps no calls for later: its store cannot.'
  for (const field of ['retries', 'context']) {
    if (Object.hasOwn(asked, field)) return `${field} is not for a call that is made later.`
  }
  return null
}

/** The answer says where its outcome will be. A key that was used before names the first call. */
export async function keepForLater(job: NewJob, { parts }: Exchange): Promise<Answer> {
  if (parts.jobs === null) throw new TypeError('there is nothing to keep calls in')
  const id = await parts.jobs.enqueue(job)
  return { status: 202, body: { id }, headers: { location: `/api/calls/${id}` } }
}

/** Of the token's own tenant: a call of another one is not there. */
export async function readCall({ parameters, caller, parts }: Exchange): Promise<Answer> {
  const { id = '' } = parameters
  const job = (await parts.jobs?.find({ tenant: caller.tenant, id })) ?? null
  return job === null ? notFound() : { status: 200, body: bodyOf(job) }
}

/** A call for later, as JSON. Its outcome is that of its latest attempt, whose state may go on. */
export type LaterCallBody = Pick<
  Job,
  'id' | 'state' | 'connector' | 'method' | 'connection' | 'attempt'
> & {
  readonly createdAt: Date
  readonly dueAt: Date | null
  readonly endedAt: Date | null
  readonly outcome: OutcomeBody | null
}

function bodyOf(job: Job): LaterCallBody {
  const { id, state, connector, method, connection, attempt, createdAt, dueAt, endedAt } = job
  return {
    ...{ id, state, connector, method, connection, attempt, createdAt, dueAt, endedAt },
    outcome: job.outcome && outcomeBody(job.outcome, job),
  }
}
