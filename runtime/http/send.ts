import { lookup as systemLookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { getCACertificates } from 'node:tls'
import type { Reply, WireRequest } from '../model/call.ts'
import type { EgressPolicy, Send } from '../model/ports.ts'
import { UsageError } from '../model/usage-error.ts'
import { within } from './deadline.ts'
import { acceptEncoding, decodeBody } from './decode.ts'
import { forbidden, permitUrl, printable } from './egress.ts'
import { checkHeaders } from './headers.ts'
import { networkFailure, timedOut } from './network-failure.ts'
import { systemProxy } from './proxy.ts'
import { followRedirect, locationOf, tooManyRedirects } from './redirect.ts'
import { type Hop, type Lookup, openWire, type Wire } from './wire.ts'

export type SendOptions = {
  /** `system`: by `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`; the final address is then the proxy's to check. */
  readonly proxy?: 'system' | 'none'
  /** A PEM file of certificates to trust beside the usual ones. */
  readonly extraCaFile?: string
  /** Instead of the system's name look-up. */
  readonly lookup?: Lookup
  /** Instead of `process.env`, for `proxy: 'system'`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Opens the way out: `send` is the port of the same name, and keeps its connections open between
 * requests until the whole is disposed of. Throws `UsageError` where `extraCaFile` cannot be read.
 */
export function createSend(options: SendOptions = {}): { readonly send: Send } & AsyncDisposable {
  const wire = openWire({
    lookup: options.lookup ?? ((host) => systemLookup(host, { all: true })),
    proxy: options.proxy === 'system' ? systemProxy(options.environment ?? process.env) : null,
    ca: trusted(options.extraCaFile),
  })
  return {
    send: (request, policy, signal) => send({ wire, request, policy }, signal),
    [Symbol.asyncDispose]: () => wire.close(),
  }
}

const maxRedirects = 5

type Errand = {
  readonly wire: Wire
  readonly request: WireRequest
  readonly policy: EgressPolicy
}

async function send({ wire, request, policy }: Errand, signal: AbortSignal): Promise<Reply> {
  signal.throwIfAborted()
  let hop = firstHop(request, policy)
  const credentialHeaders = credentials(request)
  const { redirects: most = maxRedirects } = policy
  return await within(
    { ms: policy.requestMs, signal, late: () => timedOut(hop.url) },
    async (until) => {
      for (let redirects = 0; ; redirects++) {
        try {
          const response = await wire.exchange(hop, policy.allowPrivate, until)
          const location = locationOf(response.statusCode, response.headers)
          if (location === null || most === 0)
            return await toReply(hop, response, policy.responseBytes)
          await response.body.dump({ limit: maxRedirectBytes, signal: until })
          // undici frees a connection a turn after its response: the next hop can then use it again.
          await nextTurn()
          if (redirects === most) throw tooManyRedirects(hop.url, most)
          const redirect = { hop, status: response.statusCode, location, credentialHeaders }
          hop = followRedirect(redirect, policy.origins)
        } catch (error) {
          throw networkFailure(error, hop.url)
        }
      }
    },
  )
}

/** A redirect's body is of no use; a short one is read, so that its connection can be used again. */
const maxRedirectBytes = 16 * 1024

function firstHop(request: WireRequest, policy: EgressPolicy): Hop {
  const { verb } = request
  if (!verbs.has(verb)) throw forbidden('verb', 'Request is not allowed: its verb is not known')
  const url = permitUrl(request.url, policy.origins)
  const headers = checkHeaders(request.headers)
  const body = request.body?.length === 0 ? null : request.body
  if (body !== null && (verb === 'GET' || verb === 'HEAD')) {
    throw forbidden('body', `Request for ${printable(url)} is not allowed: ${verb} takes no body`)
  }
  headers.set('accept-encoding', { name: 'Accept-Encoding', value: acceptEncoding })
  for (const header of defaults) {
    const lower = header.name.toLowerCase()
    if (!headers.has(lower)) headers.set(lower, header)
  }
  return { verb, url, headers, body }
}

const verbs: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])

/** Some vendors answer 403 where these are missing. */
const defaults = [
  { name: 'Accept', value: '*/*' },
  { name: 'User-Agent', value: 'hookline' },
] as const

function credentials(request: WireRequest): ReadonlySet<string> {
  return new Set([
    'authorization',
    'cookie',
    ...request.credentialHeaders.map((name) => name.toLowerCase()),
  ])
}

type Response = Awaited<ReturnType<Wire['exchange']>>

async function toReply(hop: Hop, response: Response, limit: number): Promise<Reply> {
  const headers = joined(response.headers)
  const encoding = headers['content-encoding'] ?? ''
  const body = await decodeBody({ body: response.body, encoding, limit, url: hop.url })
  const url = new URL(hop.url)
  url.hash = ''
  return {
    status: response.statusCode,
    reason: response.statusText || (STATUS_CODES[response.statusCode] ?? ''),
    headers,
    body,
    url: url.href,
  }
}

function joined(headers: Response['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => name !== '__proto__' && value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  )
}

function trusted(file: string | undefined): readonly string[] | undefined {
  if (file === undefined) return undefined
  const pem = readPem(file)
  if (pem?.includes('-----BEGIN CERTIFICATE-----')) return [...getCACertificates('default'), pem]
  throw new UsageError('entityInvalid', `The certificate file ${file} cannot be used`, {
    cure: 'Name a readable file of certificates in PEM form.',
  })
}

function readPem(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
