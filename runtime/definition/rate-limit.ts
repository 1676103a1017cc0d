import type { RateLimit } from '../model/connector.ts'
import type { RateLimitInput } from './schema.ts'

/** Both spellings of a rate, as so many requests in a span. */
export function readRateLimit(input: RateLimitInput | undefined): RateLimit | null {
  if (input === undefined) return null
  return 'per_second' in input
    ? { requests: input.per_second, windowMs: 1_000 }
    : { requests: 1, windowMs: input.gap_ms }
}
