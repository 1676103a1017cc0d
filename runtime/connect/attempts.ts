/**
 * Where a login waits for its answer. What waits is secret (the PKCE verifier, a client's secret), so
 * a store of one's own keeps it encrypted or in memory only, for an hour at most.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import type { Secret } from '../model/secret.ts'

export interface AttemptStore {
  /** Keeps a text, and resolves to the ticket for it, which the browser gets in a cookie. */
  begin(content: string): Promise<string>
  /** Null where the ticket is not known, any more or at all. */
  find(ticket: string): Promise<FoundAttempt | null>
  /** Uses the ticket up. Resolves to false where that has been done: of two at once, one wins. */
  finish(ticket: string): Promise<boolean>
}

export type FoundAttempt =
  | { readonly used: false; readonly content: string }
  | { readonly used: true }

/** Longer than an attempt may be used, so that who comes too late is told so. */
const keptMs = 60 * 60 * 1000
const mostAttempts = 10_000

/**
 * Attempts of one process: they do not survive it, and another one does not know them. Where logins
 * come back to several processes, share a store, or use `sealedAttempts`.
 */
export function memoryAttempts(now: () => number = Date.now): AttemptStore {
  const attempts = new Map<string, { readonly at: number; content: string | null }>()
  const forgetOld = () => {
    for (const [key, { at }] of attempts) {
      if (now() - at < keptMs && attempts.size < mostAttempts) return
      attempts.delete(key)
    }
  }
  return {
    async begin(content) {
      forgetOld()
      const ticket = randomBytes(32).toString('base64url')
      attempts.set(digest(ticket), { at: now(), content })
      return ticket
    },
    async find(ticket) {
      const attempt = attempts.get(digest(ticket))
      if (!attempt || now() - attempt.at >= keptMs) return null
      return attempt.content === null ? { used: true } : { used: false, content: attempt.content }
    },
    async finish(ticket) {
      const attempt = attempts.get(digest(ticket))
      if (!attempt || attempt.content === null) return false
      attempt.content = null
      return true
    },
  }
}

/**
 * Attempts that travel in the ticket itself, encrypted (AES-256-GCM): any process with the same secret
 * can finish them, and nothing is stored. In return nobody can tell that one was used before: that
 * the code works only once is then the vendor's word alone (RFC 6749 section 4.1.2).
 */
export function sealedAttempts(secret: Secret): AttemptStore {
  const key = Buffer.from(hkdfSync('sha256', secret.reveal(), '', 'hookline login attempt v1', 32))
  return {
    async begin(content) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
      const sealed = Buffer.concat([cipher.update(content, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
    },
    async find(ticket) {
      const content = unseal(Buffer.from(ticket, 'base64url'), key)
      return content === null ? null : { used: false, content }
    },
    finish: async () => true,
  }
}

function unseal(bytes: Buffer, key: Buffer): string | null {
  if (bytes.length < 28) return null
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), {
    authTagLength: 16,
  })
  decipher.setAuthTag(bytes.subarray(12, 28))
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    return plain.toString('utf8')
  } catch {
    return null
  }
}

/** Tickets are looked up by their digest, so that the time it takes tells nothing of them. */
function digest(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url')
}
