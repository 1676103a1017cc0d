import type { Placeholders } from '../auth/placeholders.ts'
import type { Reply } from '../model/call.ts'

/** A reply whose head tells no secret: a cookie or a link may hold the session that asked for it. */
export function withoutEchoes(reply: Reply, placeholders: Placeholders): Reply {
  const headers = Object.entries(reply.headers).map(
    ([name, value]) => [name, placeholders.scrub(value)] as const,
  )
  return {
    ...reply,
    headers: Object.fromEntries(headers),
    reason: placeholders.scrub(reply.reason),
  }
}
