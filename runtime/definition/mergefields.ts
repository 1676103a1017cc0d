import type { Parameter, Property } from '../model/connector.ts'
import { nearest } from '../model/nearest.ts'
import { isSystemField } from '../model/system-fields.ts'
import { fieldsOf } from '../model/template.ts'
import type { Findings, Path } from './faults.ts'

export type FieldSources = {
  readonly properties: readonly Property[]
  readonly parameters: readonly Parameter[]
  /** A script may give a mergefield its value, so a field that is not declared may still be right. */
  readonly scripted: boolean
}

/**
 * Reports the mergefields of an address that nothing fills. What decides the host must be a
 * property: neither a caller nor a script chooses where a credential goes.
 */
export function checkMergefields(
  address: { readonly text: string; readonly path: Path; readonly hostFields: readonly string[] },
  sources: FieldSources,
  findings: Findings,
): void {
  const ofProperties = targetsOf(sources.properties)
  const known = [...ofProperties, ...targetsOf(sources.parameters)]
  for (const field of new Set(fieldsOf(address.text))) {
    if (isSystemField(field) && !address.hostFields.includes(field)) continue
    if (!/^[A-Za-z_][\w.-]*$/.test(field)) {
      findings.fault(address.path, `"{{${field}}}" is not a mergefield: it has a name, as {{id}}`)
    } else if (address.hostFields.includes(field) && !ofProperties.includes(field)) {
      findings.fault(
        address.path,
        `{{${field}}} decides where requests go, so it must be a property with in: mergefield`,
      )
    } else if (!known.includes(field)) {
      const meant = nearest(field, known)
      const message = `nothing fills {{${field}}}; ${meant === null ? `declare ${field} with in: mergefield` : `did you mean {{${meant}}}?`}`
      if (sources.scripted) findings.warn(address.path, `${message} (unless a script does)`)
      else findings.fault(address.path, message)
    }
  }
}

function targetsOf(declared: readonly (Property | Parameter)[]): readonly string[] {
  return declared.filter(({ place }) => place === 'mergefield').map(({ target }) => target)
}
