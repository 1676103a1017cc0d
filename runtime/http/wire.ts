/** The only file that knows undici: it puts one hop on the wire, to a checked address. */
import { isIP, type LookupFunction } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { buildConnector, Dispatcher } from 'undici'
import type { Verb } from '../model/connector.ts'
import { bareHost, isAllowedAddress } from './egress.ts'
import { type ProxySettings, proxyFor } from './proxy.ts'

/** One request on its way, checked. Headers go by their lower-case names, and are sent as written. */
export type Hop = {
  readonly verb: Verb
  readonly url: URL
  readonly headers: ReadonlyMap<string, Header>
  readonly body: Uint8Array | null
}

export type Header = { readonly name: string; readonly value: string }

export type Address = { readonly address: string; readonly family: number }

/** All addresses of a host name; rejects with an error with a `code`, as `dns.lookup` does. */
export type Lookup = (host: string) => Promise<readonly Address[]>

export type WireOptions = {
  readonly lookup: Lookup
  readonly proxy: ProxySettings | null
  /** Certificates to trust, in PEM; undefined for those of Node. */
  readonly ca: readonly string[] | undefined
}

export type Wire = {
  /** Rejects with `AddressRefused`, with what undici and Node reject with, or with the abort's reason. */
  exchange(
    hop: Hop,
    allowPrivate: readonly string[],
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData>
  close(): Promise<void>
}

/** An address that the policy does not allow. Its text stays inside: it must not reach anybody. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

export function openWire(options: WireOptions): Wire {
  const dispatchers = new Map<string, Dispatcher>()
  let loading: Promise<typeof import('undici')> | undefined

  return {
    async exchange({ verb, url, headers, body }, allowPrivate, signal) {
      // Loaded with the first request: it costs 0.1 s, and a command may need no network at all.
      loading ??= import('undici')
      const undici = await loading
      const proxy = options.proxy && proxyFor(url, options.proxy)
      if (proxy) await checkBehindProxy(url, allowPrivate, options.lookup)
      const dispatcher = dispatcherFor({ undici, dispatchers, options, allowPrivate, proxy })
      return await dispatcher.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: verb,
        headers: [...headers.values()].flatMap(({ name, value }) => [name, value]),
        body,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      })
    },

    async close() {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()))
    },
  }
}

const connectMs = 10_000
/** RFC 9110 names no limit; the servers people run have 8 to 32 KiB. */
const maxHeaderBytes = 16 * 1024
/** How many policies keep their connections open; an operator has few. */
const maxClasses = 64

type Selection = {
  readonly undici: typeof import('undici')
  readonly dispatchers: Map<string, Dispatcher>
  readonly options: WireOptions
  readonly allowPrivate: readonly string[]
  readonly proxy: string | null
}

/** One dispatcher per policy: a connection that one policy opened is never used under another. */
function dispatcherFor(selection: Selection): Dispatcher {
  const { dispatchers, allowPrivate, proxy } = selection
  const key = JSON.stringify([proxy, [...allowPrivate].sort()])
  const dispatcher = dispatchers.get(key) ?? openDispatcher(selection)
  dispatchers.delete(key)
  dispatchers.set(key, dispatcher)
  for (const [oldest, idle] of dispatchers) {
    if (dispatchers.size <= maxClasses) break
    dispatchers.delete(oldest)
    idle.close().catch(() => {})
  }
  return dispatcher
}

function openDispatcher({ undici, options, allowPrivate, proxy }: Selection): Dispatcher {
  const ca = options.ca === undefined ? {} : { ca: [...options.ca] }
  // Said outright, as an environment variable of Node's can otherwise turn the check off.
  const tls = { ...ca, rejectUnauthorized: true, allowH2: false }
  const settings = { maxHeaderSize: maxHeaderBytes }
  if (proxy !== null) {
    return new undici.ProxyAgent({
      ...settings,
      uri: proxy,
      connectTimeout: connectMs,
      requestTls: tls,
      proxyTls: tls,
    })
  }
  const connect = undici.buildConnector({
    ...tls,
    timeout: connectMs,
    lookup: checkedLookup(options.lookup, allowPrivate),
  })
  return new undici.Agent({ ...settings, connect: checkedConnect(connect, allowPrivate) })
}

/** Node asks no lookup for an IP literal, so that is checked here. */
function checkedConnect(
  connect: buildConnector.connector,
  allowPrivate: readonly string[],
): buildConnector.connector {
  return (options, callback) => {
    const host = bareHost(options.hostname)
    if (isIP(host) === 0 || isAllowedAddress(host, allowPrivate)) return connect(options, callback)
    queueMicrotask(() => callback(new AddressRefused(), null))
  }
}

/** Every answer must pass, and what was checked is what is dialled: no second look-up comes after. */
function checkedLookup(lookup: Lookup, allowPrivate: readonly string[]): LookupFunction {
  return (host, options, callback) => {
    allowedAddresses(host, lookup, allowPrivate).then(
      (addresses) => {
        const [first] = addresses
        if (options.all) callback(null, [...addresses])
        else callback(null, first?.address ?? '', first?.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    )
  }
}

async function allowedAddresses(
  host: string,
  lookup: Lookup,
  allowPrivate: readonly string[],
): Promise<readonly Address[]> {
  const addresses = await lookup(host)
  if (addresses.length === 0) {
    throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' })
  }
  if (addresses.every(({ address }) => isAllowedAddress(address, allowPrivate))) return addresses
  throw new AddressRefused()
}

/**
 * Behind a proxy it is the proxy that looks up and dials. What can be said from here is said: of a
 * literal everything, of a name what our own look-up answers, if it answers at all, and soon.
 */
async function checkBehindProxy(
  url: URL,
  allowPrivate: readonly string[],
  lookup: Lookup,
): Promise<void> {
  const host = bareHost(url.hostname)
  if (isIP(host) !== 0) {
    if (!isAllowedAddress(host, allowPrivate)) throw new AddressRefused()
    return
  }
  const checked = allowedAddresses(host, lookup, allowPrivate).catch((error: unknown) => {
    if (error instanceof AddressRefused) throw error
  })
  await Promise.race([checked, delay(lookupBehindProxyMs, undefined, { ref: false })])
}

const lookupBehindProxyMs = 1000
