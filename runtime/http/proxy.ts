/** Where requests go through a proxy, by the environment variables that every HTTP client knows. */
export type ProxySettings = {
  readonly http: string | null
  readonly https: string | null
  /** Host names, domains with a leading dot, IP literals, each maybe with a port; `*` for all. */
  readonly except: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in lower case first. Null where no proxy is
 * named. A server that takes requests by CGI has `HTTP_PROXY` set by its visitors: it is not one.
 */
export function systemProxy(environment: Environment): ProxySettings | null {
  const read = (name: string) => environment[name.toLowerCase()] || environment[name] || null
  const http = read('HTTP_PROXY')
  const https = read('HTTPS_PROXY')
  if (http === null && https === null) return null
  const except = (read('NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  return { http, https, except }
}

/** The proxy that a URL goes through; null for none. */
export function proxyFor(url: URL, settings: ProxySettings): string | null {
  const proxy = url.protocol === 'https:' ? settings.https : settings.http
  if (proxy === null || settings.except.some((entry) => excepts(entry, url))) return null
  return proxy
}

function excepts(entry: string, url: URL): boolean {
  if (entry === '*') return true
  const [, name = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(bracketed(entry.toLowerCase())) ?? []
  if (port !== '' && port !== (url.port || defaultPorts[url.protocol])) return false
  const domain = name.replace(/^\*?\./, '')
  return (!name.startsWith('*') && url.hostname === domain) || url.hostname.endsWith(`.${domain}`)
}

/** Lists name IPv6 literals without their brackets, URLs with them. */
function bracketed(entry: string): string {
  return entry.split(':').length > 2 && !entry.startsWith('[') ? `[${entry}]` : entry
}

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }
