/**
 * Follows an authorisation URL as a browser would, with its cookies, until the vendor sends it to
 * `redirectUri`; resolves to that URL with the code in it, without opening it.
 */
export async function authorizeInBrowser(
  authorizationUrl: string,
  redirectUri: string,
): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(authorizationUrl)
  for (let hops = 0; hops < 10; hops++) {
    const reply = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    for (const line of reply.headers.getSetCookie()) remember(cookies, line)
    const location = reply.headers.get('location')
    if (location === null) throw new Error(`${url.pathname} answered ${reply.status} and stayed`)
    await reply.body?.cancel()
    url = new URL(location, url)
    if (url.href.startsWith(redirectUri)) return url
  }
  throw new Error(`${authorizationUrl} redirects for ever`)
}

function remember(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const equals = pair.indexOf('=')
  cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
}
