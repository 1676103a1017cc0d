/** A login from the terminal: in a browser of this machine, or on another device. */

import { LoginError } from '../runtime/connect/login-error.ts'
import type { DeviceInvitation, FinishedLogin, LoginTarget, Runtime } from '../runtime/index.ts'
import { openInBrowser } from './browser.ts'
import { paintErr } from './print/paint.ts'
import { Refusal } from './refusal.ts'
import { say } from './streams.ts'

export type LoginWay = {
  /** On another device (RFC 8628). */
  readonly device: boolean
  /** False: the address is printed, and nothing is opened. */
  readonly browser: boolean
  readonly redirectUri: string | undefined
  readonly title: string
}

type Circumstances = { readonly way: LoginWay; readonly signal: AbortSignal }

/** Waits for a person to log in. Rejects with `Refusal`, `UsageError` or `Interruption`. */
export async function logIn(
  runtime: Runtime,
  target: LoginTarget,
  circumstances: Circumstances,
): Promise<FinishedLogin> {
  try {
    return await waitForLogin(runtime, target, circumstances)
  } catch (error) {
    throw error instanceof LoginError ? new Refusal(error) : error
  }
}

async function waitForLogin(
  { connections }: Runtime,
  target: LoginTarget,
  { way, signal }: Circumstances,
): Promise<FinishedLogin> {
  if (way.device) {
    return connections.logInByDevice(target, (invitation) => invite(invitation), { signal })
  }
  const { redirectUri } = way
  // Where nobody reads along, nobody will try again.
  const retry = process.stderr.isTTY === true
  await using login = await connections.listenForLogin(target, {
    ...{ retry, signal },
    ...(redirectUri === undefined ? {} : { redirectUri }),
    onRefused: ({ errorCode, message }) => {
      say(`${paintErr('red', errorCode)}: ${message}`)
      say('Try again in the browser; Ctrl-C gives up.')
    },
  })
  say(`Log in to ${way.title} in your browser: ${paintErr('bold', login.loginUrl)}`)
  if (way.browser && process.stderr.isTTY) openInBrowser(login.loginUrl)
  return await login.finished
}

function invite(invitation: DeviceInvitation): void {
  const { verificationUri, verificationUriComplete, userCode, expiresInMs } = invitation
  say(`Open ${paintErr('bold', verificationUri)} on any device,`)
  say(`and enter the code ${paintErr('bold', userCode)}.`)
  if (verificationUriComplete !== null) say(`Or open ${verificationUriComplete}`)
  say(`The code is good for ${Math.round(expiresInMs / 60_000)} minutes.`)
}
