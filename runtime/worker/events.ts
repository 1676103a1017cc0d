import type { Outcome } from '../model/call.ts'
import type { JobState, Settlement, TakenJob } from './job.ts'

/** What happens in a worker: metrics, traces and logs are made of it. It holds no secret. */
export type WorkerEvent =
  /** What protects others from scripts here is weaker than it could be. */
  | { readonly kind: 'weakness'; readonly message: string }
  | { readonly kind: 'started'; readonly worker: string }
  | { readonly kind: 'began'; readonly job: TakenJob }
  | {
      readonly kind: 'settled'
      readonly job: TakenJob
      readonly settlement: Settlement
      readonly outcome: Outcome | null
      readonly ms: number
    }
  /** What the job came to does not count: it was given to another worker meanwhile. */
  | { readonly kind: 'overtaken'; readonly job: TakenJob }
  /** Jobs of workers that vanished. */
  | { readonly kind: 'reaped'; readonly count: number }
  /** This worker counted as lost itself: it had been asleep, or the store away from it. */
  | { readonly kind: 'revived' }
  | { readonly kind: 'forgotten'; readonly count: number }
  | { readonly kind: 'delivered'; readonly id: string; readonly tries: number }
  | {
      readonly kind: 'undelivered'
      readonly id: string
      readonly tries: number
      readonly message: string
      /** It is not tried again. */
      readonly final: boolean
    }
  | { readonly kind: 'depth'; readonly depths: readonly QueueDepth[] }
  | { readonly kind: 'store-failed'; readonly error: unknown }
  | { readonly kind: 'bug'; readonly job: TakenJob | null; readonly error: unknown }
  | { readonly kind: 'draining'; readonly running: number }
  | { readonly kind: 'stopped' }

export type QueueDepth = {
  readonly queue: string
  readonly state: JobState
  readonly count: number
  /** How long the oldest has been due, in seconds. */
  readonly oldest: number
}

export type Observer = (event: WorkerEvent) => void
