import type { IncomingMessage } from 'node:http'
import { DefinitionError } from '../definition/faults.ts'
import type { CallRequest, Outcome } from '../model/call.ts'
import type { CallFailure } from '../model/failure.ts'
import type { AppStore } from '../route/app-store.ts'
import type { App } from '../route/types.ts'
import type { Jobs } from '../worker/jobs.ts'
import type { Answer } from './answer.ts'
import { type Caller, type Guard, mayUse } from './guard.ts'
import type { Metrics } from './metrics.ts'
import type { WebhookOptions } from './webhooks.ts'

/** What the server makes calls with: a runtime. */
export interface Calls {
  call(request: CallRequest, options: { readonly signal: AbortSignal }): Promise<Outcome>
}

export type ServerLimits = {
  /** Of a request's body: 1 MiB. */
  readonly bodyBytes: number
  /** Requests at a time: 64. What comes above is told to come again. */
  readonly requests: number
  /** Calls at a time of one tenant, so that none keeps the others out: 16. */
  readonly callsPerTenant: number
  /** Until a request's headers are there, and until all of it is: 10,000 and 30,000 ms. */
  readonly headersMs: number
  readonly requestMs: number
  /** How long a caller may take nothing of an answer that is ready: 30,000 ms; all of it ten times that. */
  readonly answerMs: number
  /** How long a stopping server waits for what it has begun: 30,000 ms. */
  readonly drainMs: number
}

/** What the server keeps calls for later with. */
export type CallJobs = Pick<Jobs, 'enqueue' | 'find'>

/** What the routes share. */
export type ServerParts = {
  readonly calls: Calls
  /** Null: every call is made at once. */
  readonly jobs: CallJobs | null
  /** Null: nothing comes in from outside. */
  readonly webhooks: WebhookOptions | null
  /** Null: this server knows no apps. */
  readonly apps: AppStore | null
  readonly guard: Guard
  readonly limits: ServerLimits
  readonly metrics: Metrics
  /** Calls at work, by tenant. */
  readonly busy: Map<string, number>
  readonly log: (event: ServerEvent) => void
}

/** One request, with what is known of it when its route is called. */
export type Exchange = {
  readonly request: IncomingMessage
  /** What stands in the path where the route has a name in braces. */
  readonly parameters: Readonly<Record<string, string>>
  readonly caller: Caller
  /** Aborts when the caller goes away, or the server has to. */
  readonly signal: AbortSignal
  readonly parts: ServerParts
}

export type Route = {
  readonly verb: 'GET' | 'PUT' | 'POST'
  /** `/api/apps/{app}/error_handlers`; without a slash at its end. */
  readonly path: string
  /** Needs no token, and is answered however busy the server is; nobody is then its caller. */
  readonly open?: boolean
  /** Needs no token: lets in by what stands in the path. To all others there is no such path. */
  readonly admit?: (parameters: Exchange['parameters'], parts: ServerParts) => Caller | null
  readonly run: (exchange: Exchange) => Answer | Promise<Answer>
}

/**
 * An app, if it is there and the caller may know of it. One whose file is broken has no group that
 * could say so: only callers of every group get to know that there is something wrong.
 */
export function visibleApp({ parts, caller }: Exchange, id: string): App | null {
  try {
    const app = parts.apps?.read(id) ?? null
    return app && mayUse(caller, app.group) ? app : null
  } catch (error) {
    if (!(error instanceof DefinitionError) || caller.groups === null) throw error
    parts.log({ kind: 'bug', error })
    return null
  }
}

/** What whoever runs the server may want to know. */
export type ServerEvent =
  | {
      readonly kind: 'answered'
      readonly verb: string
      /** Without its query. */
      readonly path: string
      readonly status: number
      readonly ms: number
      readonly tenant: string | null
    }
  /** A webhook that came to nothing. Its sender was not told why. */
  | {
      readonly kind: 'webhook-failed'
      readonly tenant: string
      readonly connector: string
      readonly connection: string | null
      readonly method: string
      readonly failure: CallFailure
    }
  | { readonly kind: 'bug'; readonly error: unknown }
