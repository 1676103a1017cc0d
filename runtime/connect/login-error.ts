import type { Secret } from '../model/secret.ts'
import type { ErrorCode } from '../model/usage-error.ts'
import { describeCode, statusOf } from './error-codes.ts'

/** What every HTTP surface answers where it fails. */
export type ErrorBody = { readonly errorCode: ErrorCode; readonly message: string }

/**
 * A login that came to nothing, in the session words or in the vendor's own: its code is an open
 * string. The texts may come from outside, and are then safe for a terminal, not for HTML.
 */
export class LoginError extends Error {
  override readonly name = 'LoginError'
  readonly errorCode: ErrorCode

  /** Without a message, the code's description is one. */
  constructor(errorCode: ErrorCode, message = '', options?: { readonly cause?: unknown }) {
    super(plain(message, longestMessage) || describeCode(errorCode), options)
    this.errorCode = plain(errorCode, longestCode) || 'genericError'
  }

  /** The message once more, under the name that CentralAuth's guide reads it by. */
  get errorMessage(): string {
    return this.message
  }

  /** The HTTP status to answer with. */
  get status(): number {
    return statusOf(this.errorCode)
  }

  toJSON(): ErrorBody {
    return { errorCode: this.errorCode, message: this.message }
  }
}

/** A text of the vendor's without the secrets that it may repeat. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((rest, secret) => {
    const value = secret.reveal()
    return value.length < 6 ? rest : rest.replaceAll(value, '[secret]')
  }, text)
}

const longestCode = 100
const longestMessage = 2000

function plain(text: string, longest: number): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, longest)
}
