/** A browser as far as a login needs one: it keeps cookies for each host, and follows redirects. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>()

  /** The cookie header that this browser sends there. */
  cookiesFor(url: string | URL): string {
    const jar = this.#cookies.get(new URL(url).hostname) ?? new Map<string, string>()
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** A request as this browser makes it, for a server that is only a function. */
  request(url: string | URL, headers: Readonly<Record<string, string>> = {}): Request {
    const cookie = this.cookiesFor(url)
    return new Request(url, { headers: { ...(cookie === '' ? {} : { cookie }), ...headers } })
  }

  /** Takes the cookies of a response that came from there. */
  keep(url: string | URL, response: Response): void {
    const host = new URL(url).hostname
    const jar = this.#cookies.get(host) ?? new Map<string, string>()
    this.#cookies.set(host, jar)
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const name = pair.slice(0, pair.indexOf('='))
      if (/Max-Age=0\b/i.test(line)) jar.delete(name)
      else jar.set(name, pair.slice(pair.indexOf('=') + 1))
    }
  }

  async get(url: string | URL): Promise<Response> {
    const response = await fetch(this.request(url), { redirect: 'manual' })
    this.keep(url, response)
    return response
  }

  /** Follows redirects up to an answer that is none, or to an address that begins like that. */
  async follow(
    url: string | URL,
    until = 'nowhere:',
  ): Promise<{ readonly url: URL; readonly response: Response | null }> {
    let at = new URL(url)
    for (let hops = 0; hops < 15; hops++) {
      if (at.href.startsWith(until)) return { url: at, response: null }
      const response = await this.get(at)
      const location = response.headers.get('location')
      if (location === null) return { url: at, response }
      await response.body?.cancel()
      at = new URL(location, at)
    }
    throw new Error(`${url} redirects for ever`)
  }
}
