import ipaddr from 'ipaddr.js'
import { CallFailure } from '../model/failure.ts'
import type { EgressPolicy } from '../model/ports.ts'

/** Why a request was refused; the `reason` of the failure. */
export type Refusal = 'url' | 'origin' | 'address' | 'redirect' | 'header' | 'verb' | 'body'

export function forbidden(reason: Refusal, message: string): CallFailure {
  return new CallFailure('RequestForbidden', message, { reason })
}

/**
 * Reads a URL once, for the check and for the wire alike, and returns it if the connector declared
 * its origin and the path it lies under. Throws RequestForbidden, reason `url` or `origin`.
 */
export function permitUrl(text: string, origins: EgressPolicy['origins']): URL {
  const url = readUrl(text)
  if (origins.some(({ origin, pathPrefix }) => covers(origin, pathPrefix, url))) return url
  throw forbidden(
    'origin',
    `Request for ${printable(url)} is not allowed: the connector does not declare this origin and path under "origins"`,
  )
}

/**
 * Reads an absolute http or https URL. Throws RequestForbidden, reason `url`, also for what the
 * WHATWG parser would repair: two parsers that repair differently are how a check is passed.
 */
export function readUrl(text: string): URL {
  const readable = text.length <= maxUrlLength && absolute.test(text) && !control.test(text)
  const url = readable && URL.canParse(text) ? new URL(text) : null
  if (url === null) {
    throw forbidden(
      'url',
      'Request is not allowed: its URL must be an absolute http or https URL without backslashes or control characters',
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw forbidden(
      'url',
      `Request for ${printable(url)} is not allowed: a URL must not hold a user name or password`,
    )
  }
  return url
}

/**
 * A URL as it may be shown: without its query, which is where vendors put keys. A long path is left
 * out as a whole: half of a secret in it is one that nobody would find to take out.
 */
export function printable(url: URL): string {
  return url.pathname.length > mostPath ? `${url.origin}/…` : `${url.origin}${url.pathname}`
}

const mostPath = 400

/**
 * Whether an address may be connected to. Public unicast addresses may; private ones only within a
 * network that the operator allows; metadata services and addresses that carry another one in them
 * (NAT64, 6to4, …) never. `address` is an IP literal; anything else may not.
 */
export function isAllowedAddress(address: string, allowPrivate: readonly string[]): boolean {
  const ip = parseAddress(address)
  if (ip === null || metadata.has(ip.toString())) return false
  const range = rangeOf(ip)
  if (range === 'unicast') return true
  return openable.has(range) && allowPrivate.some((network) => contains(network, ip))
}

/** The host of a URL without the brackets of an IPv6 literal. */
export function bareHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
}

/** One text for every address that may not be reached, so that it tells nothing of the network. */
export function forbiddenAddress(host: string): CallFailure {
  return forbidden(
    'address',
    `Request to ${host} is not allowed: its address is not public. An operator may allow its network`,
  )
}

/** An authority after two slashes, and up to the query no backslash, which the parser would turn. */
const absolute = /^https?:\/\/[^/\\?#\s][^\\?#]*(?:[?#]|$)/i
const control = /\p{Cc}/u
const maxUrlLength = 64 * 1024

function covers(origin: string, pathPrefix: string, url: URL): boolean {
  if (!URL.canParse(origin) || new URL(origin).origin !== url.origin) return false
  const declared = new URL(origin)
  declared.pathname = pathPrefix
  const prefix = declared.pathname.replace(/\/+$/, '')
  if (prefix === '') return true
  const path = url.pathname
  return (path === prefix || path.startsWith(`${prefix}/`)) && !climbs(path)
}

/**
 * Whether a server could read a step upwards in a path that the URL parser left alone: `..%2f`,
 * `%252e%252e`, and `..;` (path parameters, which some servers cut off).
 */
function climbs(path: string): boolean {
  let plain = path
  for (let layer = 0; layer < encodingLayers; layer++) plain = decodeOnce(plain)
  return /%25/.test(plain) || plain.split(/[/\\]/).some((part) => /^\.\.?(;|$)/.test(part))
}

/** More layers of encoding than this are taken for a climb: nobody writes them in good faith. */
const encodingLayers = 4

function decodeOnce(path: string): string {
  return path.replace(/%(25|2e|2f|5c)/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** An IPv4 address inside IPv6 (RFC 4291 section 2.5.5.2) comes out as the IPv4 one it is. */
function parseAddress(address: string): Address | null {
  if (address.includes('%')) return null
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) return ipaddr.IPv4.parse(address)
  if (!ipaddr.IPv6.isValid(address)) return null
  const ip = ipaddr.IPv6.parse(address)
  return ip.isIPv4MappedAddress() ? ip.toIPv4Address() : ip
}

/**
 * What ipaddr.js calls unicast in IPv6 is what it has no other name for, IPv4-compatible addresses
 * (`::a9fe:a9fe`) among them. Only 2000::/3 is given out (RFC 4291 section 2.4).
 */
function rangeOf(ip: Address): string {
  const range = ip.range()
  if (range !== 'unicast' || ip.kind() === 'ipv4') return range
  return contains('2000::/3', ip) ? range : 'unassigned'
}

function contains(network: string, ip: Address): boolean {
  if (!ipaddr.isValidCIDR(network)) return false
  const [base, bits] = ipaddr.parseCIDR(network)
  return base.kind() === ip.kind() && ip.match([base, bits])
}

/** The ranges that a network of the operator's may lie in. */
const openable: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
  'reserved',
])

/** Where clouds hand credentials and control to whoever asks from inside. */
const metadata: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
])
