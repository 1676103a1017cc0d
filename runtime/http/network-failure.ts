import { CallFailure } from '../model/failure.ts'
import { bareHost, forbiddenAddress, printable } from './egress.ts'
import { AddressRefused } from './wire.ts'

/**
 * What a hop failed with, as a failure of the call. What is none of the known ways for a network to
 * fail is a bug, and comes back as it is. Of the error only its code is kept as the cause: its text
 * holds addresses of the network that we run in.
 */
export function networkFailure(error: unknown, url: URL): unknown {
  if (error instanceof CallFailure) return error
  if (error instanceof AddressRefused) return forbiddenAddress(bareHost(url.hostname))
  const code = codeOf(error)
  if (code === null || code === 'UND_ERR_INVALID_ARG') return error
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new CallFailure(
      'ResponseTooLarge',
      `The response of ${printable(url)} has more than 16 KiB of headers`,
      { reason: 'headers' },
    )
  }
  const { reason, because } = explain(code)
  return new CallFailure(
    'ConnectionError',
    `Failed to establish a connection with ${printable(url)}: ${because}`,
    { reason, cause: Object.assign(new Error(code), { code }) },
  )
}

export function timedOut(url: URL): CallFailure {
  return new CallFailure('Timeout', `Request for ${printable(url)} timed out`)
}

/** Several addresses were tried, and the first one's failure speaks for them all. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (error.name === 'HTTPParserError') return 'HPE'
  return 'code' in error && typeof error.code === 'string' ? error.code : null
}

function explain(code: string): { readonly reason: string; readonly because: string } {
  const known = texts[code]
  if (known !== undefined) return { reason: known[0], because: `${known[1]} (${code})` }
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|EPROTO$)/.test(code)) {
    return { reason: 'tls', because: `no secure connection came about (${code})` }
  }
  return { reason: 'connect', because: code }
}

const untrusted = 'its certificate is not signed by an authority that is trusted here'
const brokeOff = 'the connection broke off before the response was complete'
const unproxied = 'the proxy refused to connect, or cannot be reached'

const texts: Readonly<Record<string, readonly [reason: string, because: string]>> = {
  ENOTFOUND: ['dns', 'its name is not known'],
  ENODATA: ['dns', 'its name has no address'],
  EAI_AGAIN: ['dns', 'its name could not be looked up now'],
  ECONNREFUSED: ['connect', 'nothing listens there'],
  EHOSTUNREACH: ['connect', 'it cannot be reached from here'],
  ENETUNREACH: ['connect', 'it cannot be reached from here'],
  ETIMEDOUT: ['connect', 'it did not answer in time'],
  UND_ERR_CONNECT_TIMEOUT: ['connect', 'it did not answer in time'],
  ECONNRESET: ['reset', brokeOff],
  EPIPE: ['reset', brokeOff],
  UND_ERR_SOCKET: ['reset', brokeOff],
  UND_ERR_ABORTED: ['proxy', unproxied],
  UND_ERR_PRX_CONN: ['proxy', unproxied],
  UND_ERR_PRX_TLS: ['proxy', unproxied],
  HPE: ['protocol', 'what came back is not HTTP'],
  CERT_HAS_EXPIRED: ['tls', 'its certificate has expired'],
  CERT_NOT_YET_VALID: ['tls', 'its certificate is not valid yet'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['tls', 'its certificate is for another name'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['tls', untrusted],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls', untrusted],
  UNABLE_TO_GET_ISSUER_CERT: ['tls', untrusted],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['tls', untrusted],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls', untrusted],
}
