import type { IdempotencyKey, Method, Parameter, Property, Script } from '../model/connector.ts'
import { asMethodName, isName } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import { literalLocation, parseLocation } from '../model/location.ts'
import { readErrorRules } from './error-rules.ts'
import type { Findings, Path } from './faults.ts'
import { checkMergefields } from './mergefields.ts'
import { type Address, demandAllowed, readAddress } from './origins.ts'
import { readOutboundPaging, readPaging } from './paging.ts'
import { readRateLimit } from './rate-limit.ts'
import type { MethodInput } from './schema.ts'
import { textsOf } from './values.ts'

export type MethodSurroundings = {
  readonly properties: readonly Property[]
  readonly origins: Parameters<typeof demandAllowed>[1]
  readonly connectorScript: Script | null
  readonly readScript: (file: string | undefined, path: Path) => Script | null
  readonly findings: Findings
}

/** One method of a connector, with its defaults filled in. */
export function readMethod(name: string, input: MethodInput, around: MethodSurroundings): Method {
  const path = ['methods', name]
  const { findings } = around
  if (!isName(name)) {
    findings.fault(path, 'a method has a name of letters, digits and . _ - @, as contacts.get')
  }
  const verb = input.verb ?? 'GET'
  const method: Method = {
    name: asMethodName(name),
    title: input.title ?? name,
    type: input.type ?? 'action',
    verb,
    path: input.path ?? '',
    query: textsOf(input.query),
    headers: textsOf(input.headers),
    parameters: readParameters(input, [...path, 'parameters'], findings),
    body: (input.body ?? null) as Json,
    bodyType: input.body_type ?? (bodiless.has(verb) && input.body == null ? 'none' : 'json'),
    xmlRoot: input.xml_root ?? 'root',
    response: input.response ?? 'auto',
    ignoreAuth: input.ignore_auth ?? false,
    replay: input.replay ?? 'always',
    idempotencyKey: readIdempotencyKey(input.idempotency_key),
    errors: readErrorRules(input.errors, [...path, 'errors'], findings),
    unmatched: input.unmatched ?? null,
    paging: input.paging ? readPaging(input.paging, [...path, 'paging'], findings) : null,
    outboundPaging: readOutboundPaging(input, [...path, 'outbound_paging'], findings),
    rateLimit: readRateLimit(input.rate_limit),
    responseFields: input.response_fields ?? [],
    script: around.readScript(input.script, [...path, 'script']),
  }
  if (method.type === 'action') checkPath(method, [...path, 'path'], around)
  if (method.type === 'script' && method.script === null && around.connectorScript === null) {
    findings.fault(path, 'a method of type script needs a script, as nothing else would happen')
  }
  return method
}

const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

function readParameters(input: MethodInput, path: Path, findings: Findings): readonly Parameter[] {
  const usual = bodiless.has(input.verb ?? 'GET') ? 'query' : 'body'
  return Object.entries(input.parameters ?? {}).map(([name, parameter]) => {
    const place = parameter?.in ?? usual
    const target = parameter?.as ?? (place === 'body' ? literalLocation(name) : name)
    if (place === 'body' && parseLocation(target) === null && target !== '$') {
      findings.fault([...path, name], `"${target}" is no location in a body, as a.b or [list].x is`)
    }
    if (place === 'header' && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(target)) {
      findings.fault([...path, name], `"${target}" cannot be the name of a header`)
    }
    return {
      name,
      place,
      target,
      required: parameter?.required ?? false,
      default: (parameter?.default ?? null) as Json,
    }
  })
}

function readIdempotencyKey(input: MethodInput['idempotency_key']): IdempotencyKey | null {
  if (input === undefined) return null
  return 'header' in input
    ? { place: 'header', name: input.header }
    : { place: 'field', name: input.field }
}

function checkPath(method: Method, path: Path, around: MethodSurroundings): void {
  const { findings, origins, properties, connectorScript } = around
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(method.path)
  let address: Address | null = null
  if (whole) {
    address = readAddress(method.path, path, findings)
    demandAllowed(address, origins, { path, findings })
  } else if (!/^(?:$|[/?])/.test(method.path)) {
    findings.fault(path, `expected a path that begins with /; got "${method.path}"`)
  }
  const hostFields = address?.hostFields ?? []
  const scripted = method.script !== null || connectorScript !== null
  checkMergefields(
    { text: method.path, path, hostFields },
    { properties, parameters: method.parameters, scripted },
    findings,
  )
}
