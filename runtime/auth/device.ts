/** The device authorization grant: a login on another device than the one that waits (RFC 8628). */
import { isJsonObject } from '../model/json.ts'
import { Secret } from '../model/secret.ts'
import { askForDeviceCode, askForTokens, type OAuthErrand, type RawTokenAnswer } from './oauth.ts'
import { contentOf } from './token-answer.ts'
import { scopeOf } from './token-request.ts'

/** What a person needs, and what the waiting side polls with (RFC 8628 section 3.2). */
export type DeviceCode = {
  readonly deviceCode: Secret
  readonly userCode: string
  readonly verificationUri: string
  /** With the code already in it; null where the vendor offers none. */
  readonly verificationUriComplete: string | null
  readonly expiresInMs: number
  readonly intervalMs: number
}

/** Asks for a code to type in. Resolves to the raw answer, which `readDeviceCode` reads. */
export function requestDeviceCode(errand: OAuthErrand): Promise<RawTokenAnswer> {
  return askForDeviceCode(errand, scopeOf(errand.scheme))
}

/** The codes of an answer; null where it holds none, or an address that no browser should open. */
export function readDeviceCode(answer: RawTokenAnswer): DeviceCode | null {
  const content = contentOf(answer)
  if (answer.status < 200 || answer.status >= 300 || !isJsonObject(content)) return null
  const deviceCode = textOf(content.device_code)
  const userCode = textOf(content.user_code)
  const verificationUri = addressOf(content.verification_uri ?? content.verification_url)
  if (deviceCode === null || userCode === null || verificationUri === null) return null
  return {
    deviceCode: new Secret(deviceCode),
    userCode,
    verificationUri,
    verificationUriComplete: addressOf(
      content.verification_uri_complete ?? content.verification_url_complete,
    ),
    expiresInMs: secondsOf(content.expires_in, 600) * 1000,
    intervalMs: secondsOf(content.interval, 5) * 1000,
  }
}

/** Asks once whether the person is done (RFC 8628 section 3.4). */
export function pollForTokens(
  errand: OAuthErrand,
  { deviceCode }: Pick<DeviceCode, 'deviceCode'>,
): Promise<RawTokenAnswer> {
  return askForTokens(errand, 'urn:ietf:params:oauth:grant-type:device_code', {
    device_code: deviceCode.reveal(),
  })
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function addressOf(value: unknown): string | null {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url && /^https?:$/.test(url.protocol) ? url.href : null
}

/** Some vendors send numbers as texts; what is no positive number is as good as not said. */
function secondsOf(value: unknown, otherwise: number): number {
  const seconds = Number(value)
  return Number.isFinite(seconds) && seconds > 0 ? seconds : otherwise
}
