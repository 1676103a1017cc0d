import type { Property } from '../model/connector.ts'
import type { Findings } from './faults.ts'
import type { PropertyInput } from './schema.ts'

/** The values that belong to a connection, in the file's order. */
export function readProperties(
  input: Readonly<Record<string, PropertyInput>> | undefined,
  findings: Findings,
): readonly Property[] {
  return Object.entries(input ?? {}).map(([name, property]) => {
    const path = ['properties', name]
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      findings.fault(path, 'a property has a name of letters, digits and underscores, as SessionId')
    }
    const place = property?.in ?? 'script'
    if (property?.sensitive === undefined && secretive.test(name)) {
      findings.warn(path, 'looks like a secret: say sensitive: true, or sensitive: false')
    }
    if (place === 'header' && !headerName.test(property?.as ?? name)) {
      findings.fault(path, `"${property?.as ?? name}" cannot be the name of a header`)
    }
    return {
      name,
      place,
      target: property?.as ?? name,
      sensitive: property?.sensitive ?? false,
      label: property?.label ?? name,
      default: property?.default === undefined ? null : String(property.default),
    }
  })
}

const secretive = /secret|token|passw|session|api_?key/i
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
