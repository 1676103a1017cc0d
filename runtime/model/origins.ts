import type { AllowedOrigin } from './connector.ts'
import { parseTemplate } from './template.ts'

/**
 * A connector's origins with their mergefields filled from a connection's properties. An origin
 * whose field has no value, or one that is no part of a host name, is left out: nothing may be
 * called there, as `evil.example/` before the vendor's domain would lead elsewhere.
 */
export function fillOrigins(
  origins: readonly AllowedOrigin[],
  values: Readonly<Record<string, string>>,
): readonly AllowedOrigin[] {
  return origins.flatMap(({ origin, pathPrefix }) => {
    const filledOrigin = fill(origin, values, hostPart)
    const filledPrefix = fill(pathPrefix, values, pathPart)
    if (filledOrigin === null || filledPrefix === null || !URL.canParse(filledOrigin)) return []
    return [{ origin: new URL(filledOrigin).origin, pathPrefix: filledPrefix }]
  })
}

/** Labels and dots; a port only where the value is the whole host, or the URL does not parse. */
const hostPart = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/
const pathPart = /^(?!\.{1,2}$)[\w.~-]+$/

function fill(
  template: string,
  values: Readonly<Record<string, string>>,
  allowed: RegExp,
): string | null {
  let text = ''
  for (const part of parseTemplate(template)) {
    if (typeof part === 'string') text += part
    else {
      const value = Object.hasOwn(values, part.field) ? values[part.field] : undefined
      if (value === undefined || !allowed.test(value)) return null
      text += value
    }
  }
  return text
}
