/** Gets a newer credential, already stored: by an OAuth 2 refresh or by the post-install lookup. */
import { canRefresh } from '../auth/token-request.ts'
import type { Step } from '../model/call.ts'
import type { Credential } from '../model/connection.ts'
import { CallFailure } from '../model/failure.ts'
import type { Recovery, Verdict } from '../model/verdict.ts'
import { renewAhead } from './ahead.ts'
import type { Execution } from './execution.ts'
import { lookupRenewal } from './lookup.ts'
import { refreshRenewal } from './refresh.ts'
import { storedCredential } from './store-away.ts'

type Rejected = Extract<Verdict, { kind: 'recover' }>

/**
 * Renews the credential that the vendor rejected. Rejects with the failure of the renewal; where a
 * rule had asked for it, that failure carries the rule's text, which names the vendor's reason.
 */
export async function recover(
  execution: Execution,
  rejected: Rejected,
  stale: Credential,
): Promise<Credential> {
  try {
    return await renewUnasked(execution, rejected.by, stale, rejected.because)
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    if (error.type === 'InvalidCredential' || rejected.otherwise.type !== 'ExpiredToken')
      throw error
    const { reason } = error
    throw new CallFailure(error.type, rejected.otherwise.message, {
      ...(reason === undefined ? {} : { reason }),
      cause: error,
    })
  }
}

/**
 * The credential to begin with. One that cannot work is renewed before anything is sent: a machine
 * grant that was never asked for, or a token past the expiry that its vendor gave it.
 */
export async function currentCredential(execution: Execution): Promise<Credential> {
  const { call } = execution
  const credential = await storedCredential(execution)
  if (call.method.ignoreAuth) return credential
  const because = whyUnusable(execution, credential)
  if (because === null) {
    renewAhead(call, execution.ports, credential)
    return credential
  }
  execution.renewals.delete('refresh')
  return renewUnasked(execution, 'refresh', credential, because)
}

function whyUnusable({ call }: Execution, { auth }: Credential): string | null {
  if (call.connector.auth.type !== 'oauth2' || auth.kind !== 'oauth2') return null
  if (!auth.accessToken) return 'no access token yet'
  const expired = auth.expiresAt !== null && auth.expiresAt.getTime() <= Date.now()
  return expired ? 'the access token has expired' : null
}

/** A renewal that nobody's rejection asked for. */
export async function renewUnasked(
  execution: Execution,
  by: Recovery,
  stale: Credential,
  because: string,
): Promise<Credential> {
  const { call, ports, trail, signal } = execution
  const began = ports.now()
  const steps: Step[] = []
  const note = (
    result: 'renewed' | 'adopted' | 'failed',
    generation: number | null,
    message?: string,
  ) =>
    trail.add({
      kind: 'renewal',
      by,
      ms: ports.now() - began,
      result,
      generation,
      because,
      ...(message === undefined ? {} : { message }),
      ...(steps.length > 0 ? { steps } : {}),
    })
  try {
    if (by === 'refresh') await assertRefreshable(execution, stale)
    const renewal =
      by === 'refresh' ? refreshRenewal(execution, steps) : lookupRenewal(execution, steps)
    const result = await ports.vault.replace(call.connection, stale, renewal, signal)
    note(result.adopted ? 'adopted' : 'renewed', result.credential.generation)
    const scopes = changeOfScope(stale, result.credential)
    if (scopes !== null) trail.add({ kind: 'warning', message: scopes })
    return result.credential
  } catch (error) {
    if (error instanceof CallFailure) note('failed', null, error.message)
    throw error
  }
}

/** What a vendor took away or added in silence, for whoever wonders why a call is forbidden now. */
function changeOfScope(stale: Credential, renewed: Credential): string | null {
  const [before, after] = [stale, renewed].map(({ auth }) =>
    auth.kind === 'oauth2' && auth.scope !== null ? auth.scope.split(/[\s,]+/).toSorted() : null,
  )
  if (!before || !after || before.join(' ') === after.join(' ')) return null
  return `the vendor changed the scope: it was \`${before.join(' ')}\` and is \`${after.join(' ')}\``
}

/** Where nothing is left to refresh with, only a new login helps; and nobody needs to be asked. */
async function assertRefreshable(execution: Execution, stale: Credential): Promise<void> {
  const { call, ports } = execution
  const { auth } = call.connector
  const current = await storedCredential(execution)
  if (auth.type !== 'oauth2' || current.refreshed !== stale.refreshed) return
  if (canRefresh(auth, current)) return
  const message = `${call.connection.id} has no refresh token, and its access token is dead; connect again`
  await ports.vault.mark(call.connection, { state: 'sessionExpired', reason: message }, current)
  throw new CallFailure('InvalidCredential', message, { reason: 'no-refresh-token' })
}
