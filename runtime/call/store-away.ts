import type { Credential } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import { UsageError } from '../model/usage-error.ts'
import { StoreFailure } from '../store/store-failure.ts'
import type { Execution } from './execution.ts'

/**
 * The failure that a thrown error is for a call; null for a bug. A store, or a key to it, that is
 * away is AuthRefreshFailed with reason `store-unavailable`: nothing was sent without it, and the
 * call is tried again later.
 */
export function expectedFailure(error: unknown): CallFailure | null {
  if (error instanceof CallFailure) return error
  if (!(error instanceof StoreFailure)) return null
  return new CallFailure('AuthRefreshFailed', `No credential without the store: ${told(error)}`, {
    reason: 'store-unavailable',
    cause: error,
  })
}

/**
 * The stored credential. Rejects with InvalidCredential where it was removed meanwhile
 * (`sessionMissing`), or no longer opens (`unreadable`).
 */
export async function storedCredential({ call, ports }: Execution): Promise<Credential> {
  try {
    return await ports.vault.current(call.connection)
  } catch (error) {
    if (!(error instanceof UsageError) || error instanceof StoreFailure) throw error
    const reason = error.errorCode === 'sessionMissing' ? 'sessionMissing' : 'unreadable'
    throw new CallFailure('InvalidCredential', told(error), { reason, cause: error })
  }
}

function told({ message, cure }: UsageError): string {
  return cure === null ? message : `${message}. ${cure}`
}
