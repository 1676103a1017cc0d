import type { Connector, Limits, PostInstall } from '../model/connector.ts'
import { renewalsOf } from '../model/connector.ts'
import { asConnectorName, asMethodName, isName } from '../model/ids.ts'
import { nearest } from '../model/nearest.ts'
import { joinPath } from '../model/path.ts'
import { readAuth, readDataPath } from './auth.ts'
import { readErrorRules } from './error-rules.ts'
import { DefinitionError, type DefinitionFault, Findings, type Path } from './faults.ts'
import { reportIssues } from './issues.ts'
import { checkMergefields } from './mergefields.ts'
import { readMethod } from './methods.ts'
import { allowedOrigins, demandAllowed, readAddress } from './origins.ts'
import { checkPaging, inheritPaging, readPaging } from './paging.ts'
import { readProperties } from './properties.ts'
import { readRateLimit } from './rate-limit.ts'
import { type ConnectorInput, checkShape } from './schema.ts'
import { readScriptFile } from './script-file.ts'
import { textsOf } from './values.ts'
import { readYaml } from './yaml.ts'

export type DefinitionSource = {
  readonly text: string
  /** As faults name it: `connector.yaml`. */
  readonly file: string
  /** The connector's name, unless the file gives one; null where there is no folder. */
  readonly folderName: string | null
  /** A script's source, by its path in the connector's folder, or null where there is none. */
  readonly readScript: (relativePath: string) => string | null
}

export type ParsedConnector = {
  readonly connector: Connector
  /** What is allowed, but probably not meant. */
  readonly warnings: readonly DefinitionFault[]
}

/** Turns a connector file into a connector. Throws `DefinitionError` with every fault found. */
export function parseConnector(source: DefinitionSource): ParsedConnector {
  const document = readYaml(source.text, source.file)
  const findings = new Findings(source.file, document.positionOf)
  const shape = checkShape(document.value)
  if ('issues' in shape) reportIssues(shape.issues, document.value, findings)
  const connector = 'input' in shape ? buildConnector(shape.input, source, findings) : null
  if (connector === null || findings.faults.length > 0) {
    throw new DefinitionError(inOrder(findings.faults))
  }
  return { connector, warnings: inOrder(findings.warnings) }
}

function inOrder(faults: readonly DefinitionFault[]): readonly DefinitionFault[] {
  return faults.toSorted((one, other) => one.line - other.line || one.column - other.column)
}

function buildConnector(
  input: ConnectorInput,
  source: DefinitionSource,
  findings: Findings,
): Connector {
  const name = input.name ?? source.folderName ?? ''
  if (name === '') findings.fault(['name'], 'missing; what is no folder has to say its name')
  const properties = readProperties(input.properties, findings)
  const scripts = (file: string | undefined, path: Path) =>
    readScriptFile(file, { read: source.readScript, path, findings })
  const script = scripts(input.script, ['script'])
  const origins = readOrigins(input, { properties, scripted: script !== null }, findings)
  const around = { properties, origins, connectorScript: script, readScript: scripts, findings }
  const connector: Connector = {
    name: asConnectorName(name),
    version: input.version ?? '0.0.0',
    title: input.title ?? name,
    baseUrl: input.base_url.replace(/\/+$/, ''),
    origins,
    auth: readAuth(input.auth, { origins, findings }),
    properties,
    postInstall: readPostInstall(input.post_install, findings),
    testCall: input.test_call === undefined ? null : asMethodName(input.test_call),
    headers: textsOf(input.headers),
    query: textsOf(input.query),
    errors: readErrorRules(input.errors, ['errors'], findings),
    unmatched: input.unmatched ?? 'error',
    methods: new Map(
      Object.entries(input.methods).map(([key, method]) => [
        asMethodName(key),
        readMethod(key, method, around),
      ]),
    ),
    script,
    paging: readPaging(input.paging, ['paging'], findings),
    rateLimit: readRateLimit(input.rate_limit),
    limits: readLimits(input.limits),
    revealSecrets: input.reveal_secrets ?? false,
  }
  const whole = withPaging(connector, input)
  checkWhole(whole, findings)
  return whole
}

function withPaging(connector: Connector, input: ConnectorInput): Connector {
  const methods = [...connector.methods].map(([name, method]) => {
    const declined = input.methods[name]?.paging === false
    return [name, declined ? method : inheritPaging(connector, method)] as const
  })
  return { ...connector, methods: new Map(methods) }
}

function readOrigins(
  input: ConnectorInput,
  sources: { readonly properties: Connector['properties']; readonly scripted: boolean },
  findings: Findings,
): Connector['origins'] {
  const { properties, scripted } = sources
  const read = (text: string, path: Path) => {
    const address = readAddress(text, path, findings)
    if (address?.insecure)
      findings.warn(path, 'http:// sends credentials where others can read them')
    const hostFields = address?.hostFields ?? []
    checkMergefields({ text, path, hostFields }, { properties, parameters: [], scripted }, findings)
    return address
  }
  const base = read(input.base_url, ['base_url'])
  if (/[?#]/.test(input.base_url)) {
    findings.fault(['base_url'], 'paths follow the base URL, so it has no query; use "query"')
  }
  const listed = (input.origins ?? []).map((text, index) => read(text, ['origins', index]))
  const origins = allowedOrigins(base, listed)
  demandAllowed(base, origins, { path: ['base_url'], findings })
  return origins
}

/** Paths are kept in the dotted spelling, with their root: `data.session.id`. */
function readPostInstall(
  input: ConnectorInput['post_install'],
  findings: Findings,
): PostInstall | null {
  if (input === undefined) return null
  const { method, values = {} } = typeof input === 'string' ? { method: input } : input
  const paths = Object.entries(values).map(([name, text]) => {
    const segments = readDataPath(text, ['post_install', 'values', name], findings)
    return [name, joinPath(['data', ...segments])] as const
  })
  return { method: asMethodName(method), values: Object.fromEntries(paths) }
}

function readLimits(input: ConnectorInput['limits']): Limits {
  return {
    hookMs: input?.hook_ms ?? 5_000,
    requestMs: input?.request_ms ?? 30_000,
    callMs: input?.call_ms ?? 120_000,
    responseBytes: input?.response_bytes ?? 20 * 1024 * 1024,
    callBytes: input?.call_bytes ?? 256 * 1024 * 1024,
  }
}

/** What only shows when the parts are seen together. */
function checkWhole(connector: Connector, findings: Findings): void {
  if (!isName(connector.name)) {
    findings.fault(['name'], `"${connector.name}" cannot be a name: letters, digits and . _ - @`)
  }
  checkPostInstall(connector, findings)
  if (connector.testCall !== null)
    demandMethod(connector, connector.testCall, ['test_call'], findings)
  checkRenewals(connector, connector.errors, { path: ['errors'], findings })
  for (const [name, method] of connector.methods) {
    checkRenewals(connector, method.errors, { path: ['methods', name, 'errors'], findings })
    checkPaging(connector, method, findings)
  }
  if (/\bafter_oauth2_(?:token|refresh)\b/.test(connector.script?.source ?? '')) {
    findings.warn(
      ['script'],
      'hooks on a token answer see its fields, except those whose names tell a secret; declare others under auth.answer',
    )
  }
  if (connector.revealSecrets) {
    findings.warn(['reveal_secrets'], 'scripts of this connector read secrets in clear')
  }
}

function checkPostInstall(
  { auth, postInstall, ...connector }: Connector,
  findings: Findings,
): void {
  if (postInstall === null) {
    if (auth.type === 'session') {
      findings.fault(['auth'], 'session needs "post_install": the method that opens a session')
    }
    return
  }
  const { method, values } = postInstall
  demandMethod(connector, method, ['post_install'], findings)
  const names = connector.properties.map(({ name }) => name)
  for (const name of Object.keys(values)) {
    const path = ['post_install', 'values', name]
    if (!names.includes(name)) findings.fault(path, `no such property${hint(name, names)}`)
  }
}

function demandMethod(
  connector: Pick<Connector, 'methods'>,
  name: string,
  path: Path,
  findings: Findings,
): void {
  const method = connector.methods.get(asMethodName(name))
  if (method?.type === 'webhook') findings.fault(path, `"${name}" is a webhook; nobody can call it`)
  if (method !== undefined) return
  findings.fault(path, `no such method "${name}"${hint(name, connector.methods.keys())}`)
}

function hint(word: string, known: Iterable<string>): string {
  const meant = nearest(word, known)
  return meant === null ? '' : `; did you mean "${meant}"?`
}

/** An ExpiredToken rule must say no more and no less than which renewal it asks for. */
function checkRenewals(
  connector: Connector,
  rules: Connector['errors'],
  { path, findings }: { readonly path: Path; readonly findings: Findings },
): void {
  const words = renewalsOf(connector).map((by) => (by === 'refresh' ? 'oauth' : by))
  rules.forEach((rule, index) => {
    if (rule.type !== 'ExpiredToken') return
    const here = [...path, index]
    if (words.length === 0) {
      findings.fault(
        here,
        `rule ${index} is of type ExpiredToken, but nothing renews: auth is not oauth2, and there is no post_install`,
      )
    } else if (rule.renew === null && words.length > 1) {
      findings.fault(
        here,
        `rule ${index} must say renew: oauth or renew: session, as there are both`,
      )
    } else if (rule.renew !== null && !words.includes(rule.renew)) {
      findings.fault([...here, 'renew'], `this connector has no such renewal; it has ${words[0]}`)
    }
  })
}
