/** Renews a credential ahead of its expiry, while the calls go on with the one that still works. */
import { createHash } from 'node:crypto'
import { canRefresh } from '../auth/token-request.ts'
import type { Call } from '../model/call.ts'
import type { Credential, OAuth2Tokens } from '../model/connection.ts'
import type { Ports } from '../model/ports.ts'
import { beginExecution } from './execution.ts'
import { refreshRenewal } from './refresh.ts'

const longestLeadMs = 60_000

/**
 * Begins a renewal that nobody waits for, where the token is about to expire. It belongs to no call:
 * it spends none's time or renewals, and its failure fails none, as the token still works. The
 * connection's record says how it ended.
 */
export function renewAhead(call: Call, ports: Ports, credential: Credential): void {
  if (!isDue(call, credential, Date.now())) return
  ports.inBackground(async () => {
    using execution = beginExecution(call, ports, new AbortController().signal)
    const renewal = refreshRenewal(execution, [])
    await ports.vault.replace(call.connection, credential, renewal, execution.signal)
  })
}

function isDue({ connector, connection }: Call, credential: Credential, now: number): boolean {
  const { auth } = credential
  if (connector.auth.type !== 'oauth2' || auth.kind !== 'oauth2') return false
  if (auth.expiresAt === null || !canRefresh(connector.auth, credential)) return false
  return now >= auth.expiresAt.getTime() - leadMs(auth, connection.id)
}

/**
 * How long before its expiry a token is renewed: 60 s, or a tenth of a short life; up to a fifth
 * more, so that connections which began together are not renewed together. All processes come to
 * the same moment.
 */
export function leadMs({ expiresAt, issuedAt }: OAuth2Tokens, connection: string): number {
  const life = expiresAt && issuedAt ? expiresAt.getTime() - issuedAt.getTime() : Infinity
  const lead = Math.max(0, Math.min(longestLeadMs, life / 10))
  const [spread = 0] = createHash('sha256').update(`${connection} ${issuedAt?.getTime()}`).digest()
  return lead * (1 + spread / 1280)
}
