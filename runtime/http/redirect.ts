import type { Verb } from '../model/connector.ts'
import type { CallFailure } from '../model/failure.ts'
import type { EgressPolicy } from '../model/ports.ts'
import { forbidden, permitUrl, printable } from './egress.ts'
import type { Header, Hop } from './wire.ts'

/** Where a response sends the request on to; null where it is no redirect. */
export function locationOf(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | null {
  const location = headers.location
  return redirects.has(status) && typeof location === 'string' ? location : null
}

export type Redirect = {
  readonly hop: Hop
  readonly status: number
  readonly location: string
  /** Lower-case names of the headers that carry a credential. */
  readonly credentialHeaders: ReadonlySet<string>
}

/**
 * The request that follows a redirect (RFC 9110 section 15.4), under the whole policy once more.
 * Throws RequestForbidden, reason `redirect`. A credential that was dropped stays dropped, as each
 * hop is made from the one before.
 */
export function followRedirect(redirect: Redirect, origins: EgressPolicy['origins']): Hop {
  const { hop, status, location, credentialHeaders } = redirect
  const url = permitLocation(hop.url, location, origins)
  const verb = verbAfter(hop.verb, status)
  const dropsBody = verb !== hop.verb
  const isDropped = (name: string) =>
    (dropsBody && name.startsWith('content-')) ||
    (url.origin !== hop.url.origin && credentialHeaders.has(name))
  return {
    verb,
    url,
    headers: new Map<string, Header>([...hop.headers].filter(([name]) => !isDropped(name))),
    body: dropsBody ? null : hop.body,
  }
}

export function tooManyRedirects(url: URL, limit: number): CallFailure {
  return forbidden('redirect', `${printable(url)} redirects once more after ${limit} redirects`)
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

function permitLocation(from: URL, location: string, origins: EgressPolicy['origins']): URL {
  const isUrl = !repaired.test(location) && URL.canParse(location, from.href)
  if (!isUrl) throw forbidden('redirect', `${printable(from)} redirects to what is not a URL`)
  const url = permitRedirect(from, new URL(location, from), origins)
  if (from.protocol === 'https:' && url.protocol !== 'https:') {
    throw forbidden('redirect', `${printable(from)} redirects from https to http`)
  }
  return url
}

function permitRedirect(from: URL, to: URL, origins: EgressPolicy['origins']): URL {
  try {
    return permitUrl(to.href, origins)
  } catch {
    throw forbidden(
      'redirect',
      `${printable(from)} redirects to ${printable(to)}, an origin and path that the connector does not declare`,
    )
  }
}

const repaired = /[\\\p{Cc}]/u

/** As browsers do: 303 always asks with GET, 301 and 302 turn a POST into a GET. */
function verbAfter(verb: Verb, status: number): Verb {
  if (status === 303 && verb !== 'HEAD') return 'GET'
  if ((status === 301 || status === 302) && verb === 'POST') return 'GET'
  return verb
}
