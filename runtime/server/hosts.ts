import type { IncomingHttpHeaders } from 'node:http'

/**
 * True for a request that was meant for this server. A page that made its own name point here
 * (DNS rebinding) comes with that name; a page of another site comes with its origin.
 */
export function isForUs(
  { host, origin }: IncomingHttpHeaders,
  allowed: ReadonlySet<string>,
): boolean {
  if (!isAllowed(host ?? '', allowed)) return false
  return origin === undefined || isAllowed(origin.replace(/^https?:\/\//i, ''), allowed)
}

/** An entry without a port allows that name at any port. */
function isAllowed(host: string, allowed: ReadonlySet<string>): boolean {
  const name = host.toLowerCase()
  return allowed.has(name) || allowed.has(name.replace(/:\d+$/, ''))
}

/** The names of the loopback interface, under which a server on this machine is called. */
export const loopbackHosts: readonly string[] = ['localhost', '127.0.0.1', '[::1]']
