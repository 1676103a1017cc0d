import { LoginError } from './login-error.ts'

/**
 * Where a browser is sent in the end, if it may be sent there: relative to `base`, and of its origin
 * or of one that is allowed. Null for anywhere else, so that no login is an open redirector.
 */
export function permitReturn(
  target: string,
  { base, allowed }: { readonly base: string; readonly allowed: readonly string[] },
): string | null {
  const url = URL.parse(target, base)
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    return null
  }
  const origins = [base, ...allowed].map((text) => URL.parse(text)?.origin)
  if (!origins.includes(url.origin)) return null
  return url.href === `${url.origin}/` && !/\/$/.test(target) ? url.origin : url.href
}

/** As `permitReturn`, for a place that somebody named: throws `LoginError` (domainInvalid). */
export function demandReturn(
  target: string,
  around: { readonly base: string; readonly allowed: readonly string[] },
): string {
  const permitted = permitReturn(target, around)
  if (permitted !== null) return permitted
  throw new LoginError(
    'domainInvalid',
    'The place to return to is not on the list of those allowed.',
  )
}
