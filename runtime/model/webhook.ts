import type { CallRequest, Trail } from './call.ts'
import type { CallFailure } from './failure.ts'
import type { CallId } from './ids.ts'
import type { Json } from './json.ts'

/** A request that came in from outside, as it came. */
export type ReceivedRequest = {
  readonly method: string
  /** With its query; a path alone will do. */
  readonly url: string
  /** The values of a repeated header are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
}

/** A webhook to receive: whose it is, and what came in. Its method is one of type `webhook`. */
export type WebhookRequest = Pick<
  CallRequest,
  'tenant' | 'connector' | 'connection' | 'method' | 'step' | 'cycle' | 'context' | 'fieldsInUse'
> & { readonly request: ReceivedRequest }

/** What became of a webhook (dialect section 2). */
export type WebhookOutcome = {
  readonly call: CallId
  readonly trail: Trail
} /** `before_webhook` returned false: its sender gets this, and nothing else happens. */ & (
  | {
      readonly kind: 'reply'
      readonly status: number
      /** Lower-case names. */
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  /** `after_webhook` returned false: it was none of ours. */
  | { readonly kind: 'ignored' }
  | {
      readonly kind: 'accepted'
      readonly content: Json
      /** What `webhook_condition` said; absent where no script defines it. */
      readonly exit?: boolean
    }
  | { readonly kind: 'failure'; readonly failure: CallFailure }
)
