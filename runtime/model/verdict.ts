import type { Reply } from './call.ts'
import type { CallFailure } from './failure.ts'
import type { Json } from './json.ts'

/** How a rejected credential is renewed: OAuth 2 refresh, or the post-install lookup. */
export type Recovery = 'refresh' | 'session'

/** What one attempt came to. A verdict is returned, never thrown. */
export type Verdict =
  | {
      readonly kind: 'accept'
      readonly content: Json
      readonly status: number
      /** What came beside the content; absent where no response did. */
      readonly head?: Pick<Reply, 'headers' | 'url'>
    }
  | {
      readonly kind: 'warn'
      readonly content: Json
      readonly message: string
      readonly status: number | null
    }
  | { readonly kind: 'reject'; readonly failure: CallFailure }
  | { readonly kind: 'stop'; readonly message: string }
  /** The credential was rejected: renew it and replay. `otherwise` stands if no renewal is left. */
  | {
      readonly kind: 'recover'
      readonly by: Recovery
      readonly because: string
      readonly otherwise: CallFailure
    }
