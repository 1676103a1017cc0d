/** Cookies of web-standard requests and responses (RFC 6265). */

/** The value of a cookie, or null. Whatever else the header holds is passed over. */
export function readCookie(headers: Headers, name: string): string | null {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue
    const value = pair.slice(equals + 1).trim()
    return value === '' ? null : value
  }
  return null
}

export type CookieOptions = {
  /** Seconds; at 0 the browser forgets it. */
  readonly maxAge: number
  /** False only for http on the loopback address. */
  readonly secure: boolean
}

/** `SameSite=Lax`: it comes along when the vendor sends the browser back, and with no other's form. */
export function cookieLine(name: string, value: string, options: CookieOptions): string {
  const { maxAge, secure } = options
  const line = `${name}=${value}; Path=/; HttpOnly; Max-Age=${maxAge}; SameSite=Lax`
  return secure ? `${line}; Secure` : line
}
