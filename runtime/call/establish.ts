import type { Credential } from '../model/connection.ts'
import type { Execution } from './execution.ts'
import { currentCredential, renewUnasked } from './recover.ts'

/**
 * Gets a new connection what it needs before its first call: a machine grant's token, then the
 * values of the post-install lookup (dialect section 14, 12). Rejects with the `CallFailure` of
 * whichever failed.
 */
export async function establish(execution: Execution): Promise<Credential> {
  const credential = await currentCredential(execution)
  if (!execution.call.connector.postInstall) return credential
  return renewUnasked(execution, 'session', credential, 'a connection begins')
}
