/** Where a connector's API is: exports write whole addresses, of which one origin is the base. */
import { fieldsOf } from '../../model/template.ts'

export type Addresses = {
  readonly baseUrl: string
  /** Other origins that methods or logins use. */
  readonly origins: readonly string[]
  /** Mergefields that decide a host. */
  readonly hostFields: readonly string[]
}

/** The origin that most endpoints have; null where none has one. */
export function addressesOf(
  endpoints: readonly string[],
  others: readonly string[],
  given: string | null,
): Addresses | null {
  const counts = new Map<string, number>()
  for (const endpoint of endpoints) {
    const origin = originOf(endpoint)
    if (origin !== null) counts.set(origin, (counts.get(origin) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted(([, one], [, other]) => other - one)
  const baseUrl = given ?? most?.[0] ?? null
  if (baseUrl === null) return null
  const all = [...counts.keys(), ...others.map(originOf).filter((origin) => origin !== null)]
  const origins = [...new Set(all)].filter((origin) => origin !== originOf(baseUrl))
  const hostFields = [...new Set([baseUrl, ...origins].flatMap((origin) => fieldsOf(origin)))]
  return { baseUrl: baseUrl.replace(/\/+$/, ''), origins, hostFields }
}

/** A path below the base where the address has its origin, else the whole address. */
export function pathOf(endpoint: string, { baseUrl }: Addresses): string {
  if (endpoint === baseUrl) return ''
  if (endpoint.startsWith(`${baseUrl}/`) || endpoint.startsWith(`${baseUrl}?`)) {
    return endpoint.slice(baseUrl.length)
  }
  if (originOf(endpoint) !== null || /^[/?]/.test(endpoint) || endpoint === '') return endpoint
  return `/${endpoint}`
}

/** `https://{{Dc}}.api.example`, with the mergefields as they stand. */
function originOf(address: string): string | null {
  return /^https?:\/\/[^/?#]+/i.exec(address)?.[0] ?? null
}
