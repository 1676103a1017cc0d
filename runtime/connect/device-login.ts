/** A login on another device, for a terminal without a browser (RFC 8628). */
import {
  type DeviceCode,
  pollForTokens,
  readDeviceCode,
  requestDeviceCode,
} from '../auth/device.ts'
import type { RawTokenAnswer } from '../auth/oauth.ts'
import { readRefusal } from '../auth/token-answer.ts'
import { CallFailure } from '../model/failure.ts'
import { UsageError } from '../model/usage-error.ts'
import {
  askHooked,
  asLoginError,
  errandOf,
  type FinishedLogin,
  finishLogin,
  forgo,
  heldToRules,
  hooksOf,
  type Login,
  type LoginPorts,
  type LoginTarget,
  pick,
  readTarget,
  reserve,
  tokensIn,
} from './login.ts'
import { LoginError } from './login-error.ts'

/** What a person needs to know. The device's own code is not among it. */
export type DeviceInvitation = Omit<DeviceCode, 'deviceCode'>

/**
 * Waits for a person to log in elsewhere. Rejects with `LoginError` (loginAttemptExpired, the
 * vendor's refusal), with `UsageError`, or with the reason of an aborted signal; then nothing is
 * stored.
 */
export async function logInByDevice(
  target: LoginTarget,
  invite: (invitation: DeviceInvitation) => void,
  { ports, signal }: { readonly ports: LoginPorts; readonly signal: AbortSignal },
): Promise<FinishedLogin> {
  const login = await readTarget(target, ports)
  if (login.scheme.deviceAuthorizationUrl === null) {
    throw new UsageError('entityInvalid', `${login.connector.name} knows no login by device`, {
      cure: 'Log in with a browser, or set `auth.device_authorization_url`.',
    })
  }
  await reserve(login, ports)
  try {
    const code = await askForCode(login, { ports, signal })
    const { deviceCode: _, ...invitation } = code
    invite(invitation)
    return await waitForPerson(login, code, { ports, signal })
  } catch (error) {
    await forgo(login, ports)
    signal.throwIfAborted()
    throw asLoginError(error)
  }
}

type Surroundings = { readonly ports: LoginPorts; readonly signal: AbortSignal }

async function askForCode(login: Login, { ports, signal }: Surroundings): Promise<DeviceCode> {
  const answer = await requestDeviceCode(errandOf(login, ports, signal))
  const code = readDeviceCode(answer)
  if (code) return code
  tokensIn(answer, login, { now: ports.now(), secrets: [] })
  throw new LoginError('entityInvalid', 'The vendor gave no code for the device.')
}

/** RFC 8628 section 3.5: `slow_down` adds five seconds for good; a lost answer doubles the pause. */
async function waitForPerson(
  login: Login,
  code: DeviceCode,
  { ports, signal }: Surroundings,
): Promise<FinishedLogin> {
  const until = ports.now() + code.expiresInMs
  const secrets = [code.deviceCode]
  for (let pause = code.intervalMs; ; ) {
    await ports.wait(pause, signal)
    signal.throwIfAborted()
    if (ports.now() > until) throw expired()
    const answer = await poll(login, code, { ports, signal })
    if (answer === null) {
      pause *= 2
      continue
    }
    const refusal = readRefusal(answer, login.scheme, pick).code
    if (refusal === 'expired_token') throw expired()
    if (refusal === 'slow_down') pause += 5000
    if (refusal === 'slow_down' || refusal === 'authorization_pending') continue
    const tokens = tokensIn(answer, login, { now: ports.now(), secrets })
    return finishLogin(login, tokens, { ports, signal })
  }
}

/** Null where no answer came, which says nothing of the login. */
async function poll(login: Login, code: DeviceCode, { ports, signal }: Surroundings) {
  try {
    using hooks = await hooksOf(login, ports, signal)
    return await askHooked(errandOf(login, ports, signal), hooks, async (errand) => {
      const raw = await pollForTokens(errand, code)
      return isPending(raw, login) ? raw : heldToRules(raw, login, [code.deviceCode])
    })
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    if (error.type !== 'Timeout' && error.type !== 'ConnectionError') throw error
    return null
  }
}

/** Nobody has logged in yet: that is no error, whatever rules say of errors. */
function isPending(answer: RawTokenAnswer, { scheme }: Login): boolean {
  const { code } = readRefusal(answer, scheme, pick)
  return code === 'slow_down' || code === 'authorization_pending' || code === 'expired_token'
}

function expired(): LoginError {
  return new LoginError('loginAttemptExpired', 'Nobody logged in before the code expired.')
}
