import type { AllowedOrigin } from '../model/connector.ts'
import { parseTemplate } from '../model/template.ts'
import { type Findings, type Path, quote } from './faults.ts'

/** An address of the file, with its mergefields kept as they are written. */
export type Address = {
  /** As in `AllowedOrigin`: `https://{{Shop}}.acme.example`. */
  readonly origin: string
  readonly path: string
  /** Mergefields that decide where a request goes. */
  readonly hostFields: readonly string[]
  readonly insecure: boolean
}

/** Reads an http or https address; reports what is wrong with it, and is then null. */
export function readAddress(text: string, path: Path, findings: Findings): Address | null {
  const fields: string[] = []
  const plain = parseTemplate(text)
    .map((part) => (typeof part === 'string' ? part : standIn(fields.push(part.field) - 1)))
    .join('')
  const url = URL.canParse(plain) ? new URL(plain) : null
  if (url === null || !/^https?:$/.test(url.protocol)) {
    findings.fault(path, `expected a URL that begins with https://; got ${quote(text)}`, 'a URL')
    return null
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    findings.fault(path, 'a URL here holds no user name, password or fragment')
    return null
  }
  return {
    origin: restore(url.origin, fields),
    path: restore(url.pathname, fields),
    hostFields: fields.filter((_field, index) => url.host.includes(standIn(index))),
    insecure: url.protocol === 'http:' && !loopback.test(url.hostname),
  }
}

/** The places a connector may reach: those it lists, and that of its base URL. */
export function allowedOrigins(
  base: Address | null,
  listed: readonly (Address | null)[],
): readonly AllowedOrigin[] {
  const own = base === null ? [] : [{ origin: base.origin, pathPrefix: '/' }]
  const others = listed.flatMap((address) =>
    address === null ? [] : [{ origin: address.origin, pathPrefix: address.path }],
  )
  const narrowed = others.some(({ origin }) => origin === base?.origin)
  return narrowed ? others : [...own, ...others]
}

/** Reports an address that the connector itself would not be allowed to call. */
export function demandAllowed(
  address: Address | null,
  origins: readonly AllowedOrigin[],
  report: { readonly path: Path; readonly findings: Findings },
): void {
  if (address === null || origins.some((allowed) => covers(allowed, address))) return
  const { path, findings } = report
  const message = `${address.origin}${address.path} is not among this connector's origins; add it to "origins"`
  if (address.hostFields.length === 0) findings.fault(path, message)
  else findings.warn(path, message)
}

function covers({ origin, pathPrefix }: AllowedOrigin, address: Address): boolean {
  const prefix = pathPrefix.replace(/\/+$/, '')
  const below = address.path === prefix || address.path.startsWith(`${prefix}/`)
  return origin === address.origin && below
}

const loopback = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/

/** A name that may stand in any part of a URL, in place of a mergefield. */
function standIn(index: number): string {
  return `mergefield-${index}-here`
}

function restore(text: string, fields: readonly string[]): string {
  return fields.reduce((whole, field, index) => {
    return whole.replace(standIn(index), () => `{{${field}}}`)
  }, text)
}
