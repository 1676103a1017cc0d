import { LoginError } from './login-error.ts'

/** What a browser brings back from a login. */
export type Callback = {
  readonly state: string | null
  readonly code: string | null
  /** Who says so (RFC 9207). */
  readonly issuer: string | null
  /** Why it failed; null where it did not. */
  readonly error: LoginError | null
}

/**
 * Reads the answer to a login, in OAuth's spelling of an error (RFC 6749 section 4.1.2.1) or in
 * CentralAuth's older one. Throws `LoginError` (entityInvalid) where a parameter comes twice.
 */
export function readCallback({ searchParams }: URL): Callback {
  const read = (name: string): string | null => {
    if (searchParams.getAll(name).length < 2) return searchParams.get(name)
    throw new LoginError('entityInvalid', `The answer to the login has \`${name}\` twice.`)
  }
  const errorCode = read('error_code') || read('error')
  const errorMessage = read('error_message') || read('error_description')
  return {
    state: read('state'),
    code: read('code') || null,
    issuer: read('iss'),
    error:
      errorCode || errorMessage
        ? new LoginError(errorCode || 'genericError', errorMessage ?? '')
        : null,
  }
}

/** The code; throws `LoginError`: the error that came instead, or missingFields. */
export function demandCode({ code, error }: Callback): string {
  if (error) throw error
  if (code) return code
  throw new LoginError('missingFields', 'The code is missing in the callback URL.')
}
