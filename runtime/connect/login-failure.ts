import { CallFailure } from '../model/failure.ts'
import { UsageError } from '../model/usage-error.ts'
import { LoginError } from './login-error.ts'
import { type Page, pageResponse } from './pages.ts'

/** A failure in session words; null for a bug, which is nobody's to read. */
export function loginErrorOf(error: unknown): LoginError | null {
  if (error instanceof LoginError) return error
  if (error instanceof UsageError) {
    return new LoginError(error.errorCode, error.message, { cause: error })
  }
  if (!(error instanceof CallFailure)) return null
  return new LoginError('genericError', error.message, { cause: error })
}

/** What went wrong, as an HTTP answer: `{errorCode, message}`. A bug is a 500 that tells nothing. */
export function failureResponse(error: unknown): Response {
  const failure = loginErrorOf(error) ?? new LoginError('genericError')
  return Response.json(failure, {
    status: failure.status,
    headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  })
}

/** The same as a page for a person; `retryUrl`, where given, begins the login anew. */
export function failurePage(error: unknown, retryUrl: string | null): Response {
  const { errorCode, message, status } = loginErrorOf(error) ?? new LoginError('genericError')
  const page: Page =
    errorCode === 'loginAttemptExpired'
      ? { status, title: 'This login has expired', text: message, code: errorCode }
      : { status, title: 'The login did not succeed', text: message, code: errorCode }
  if (retryUrl === null) return pageResponse(page)
  const href = withMessage(retryUrl, message)
  return pageResponse({ ...page, link: { href, text: 'Log in again' } })
}

/** The page after a login, where nobody said where to go. */
export function successPage(title: string, cookies: readonly string[]): Response {
  const text = `Hookline may now use ${title} for you. You can close this page.`
  return pageResponse({ status: 200, title: 'You are connected', text }, cookies)
}

function withMessage(url: string, message: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}error_message=${encodeURIComponent(message.toWellFormed())}`
}
