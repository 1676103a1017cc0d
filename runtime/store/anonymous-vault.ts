import { CallFailure } from '../model/failure.ts'
import type { Vault } from '../model/ports.ts'

/** Without authentication there is no credential, and nothing to renew or to mark. */
export const anonymousVault: Vault = {
  current: async () => ({
    generation: 0,
    refreshed: 0,
    lookedUp: 0,
    auth: { kind: 'none' },
    properties: {},
    session: {},
  }),
  replace: async () => {
    throw new CallFailure('AuthSessionFailed', 'A call without a connection has nothing to renew', {
      reason: 'no-renewal',
    })
  },
  mark: async () => {},
}
