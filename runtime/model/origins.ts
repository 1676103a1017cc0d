import type { Credential } from './connection.ts'
import type { AllowedOrigin, Connector } from './connector.ts'
import { Secret } from './secret.ts'
import { parseTemplate } from './template.ts'

/**
 * A connector's origins with their mergefields filled from a connection's properties. An origin
 * whose field has no value, or one that is no part of a host name, is left out: nothing may be
 * called there, as `evil.example/` before the vendor's domain would lead elsewhere.
 */
export function fillOrigins(
  origins: readonly AllowedOrigin[],
  values: Readonly<Record<string, Secret>>,
): readonly AllowedOrigin[] {
  return origins.flatMap(({ origin, pathPrefix }) => {
    const filledOrigin = fill(origin, values, hostPart)
    const filledPrefix = fill(pathPrefix, values, pathPart)
    if (filledOrigin === null || filledPrefix === null || !URL.canParse(filledOrigin)) return []
    return [{ origin: new URL(filledOrigin).origin, pathPrefix: filledPrefix }]
  })
}

/**
 * What a connection fills the mergefields of an address with, by the name that stands between the
 * braces: what the lookup found, else what was given for it, else what the connector says.
 */
export function mergefieldValues(
  { properties: declared }: Pick<Connector, 'properties'>,
  { properties, session = {} }: Pick<Credential, 'properties'> & Partial<Credential>,
): Readonly<Record<string, Secret>> {
  const filled = declared.flatMap(({ name, target, place, default: unsaid }) => {
    const value = session[name] ?? properties[name] ?? (unsaid === null ? null : new Secret(unsaid))
    return place === 'mergefield' && value !== null ? [[target, value] as const] : []
  })
  return Object.fromEntries(filled)
}

/** A credential that also has them among its properties, for the addresses of a login. */
export function withMergefields<Given extends Pick<Credential, 'properties'>>(
  connector: Pick<Connector, 'properties'>,
  credential: Given,
): Given {
  const values = mergefieldValues(connector, credential)
  return { ...credential, properties: { ...credential.properties, ...values } }
}

/** Labels and dots; a port only where the value is the whole host, or the URL does not parse. */
const hostPart = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/
const pathPart = /^(?!\.{1,2}$)[\w.~-]+$/

function fill(
  template: string,
  values: Readonly<Record<string, Secret>>,
  allowed: RegExp,
): string | null {
  let text = ''
  for (const part of parseTemplate(template)) {
    if (typeof part === 'string') text += part
    else {
      const value = Object.hasOwn(values, part.field) ? values[part.field]?.reveal() : undefined
      if (value === undefined || !allowed.test(value)) return null
      text += value
    }
  }
  return text
}
