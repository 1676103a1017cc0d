import { DefinitionError, Findings, type Path } from '../definition/faults.ts'
import { isInside } from '../definition/script-file.ts'
import { readYaml } from '../definition/yaml.ts'
import type { Script } from '../model/connector.ts'
import { isName } from '../model/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../model/json.ts'
import { nearest } from '../model/nearest.ts'
import { readHandlerList } from './handler-list.ts'
import type { App, ErrorHandler, Flow, FlowBody, Source } from './types.ts'

export type AppFile = {
  /** The app's id. */
  readonly id: string
  /** As faults name it: `support.yaml`. */
  readonly file: string
  readonly text: string
  /** A script's source, by its path in the folder of apps; null where there is none. */
  readonly readScript: (relativePath: string) => string | null
}

/** What an app has until it says something else: nothing happens, and that is said. */
const freshList: readonly ErrorHandler[] = [
  {
    handler: {
      name: '',
      nodeType: '',
      component_id: '',
      configuration: { input_fields: {}, output_fields: [] },
    },
    error_types: [],
    error_sources: [],
  },
]

/**
 * Turns an app file into an app. Throws `DefinitionError` with every fault of its shape; what its
 * handlers refer to is for `validate` to say.
 */
export function parseApp(source: AppFile): App {
  const document = readYaml(source.text, source.file)
  const findings = new Findings(source.file, document.positionOf)
  const root = document.value as Json
  const app = isJsonObject(root) ? readApp(root, source, findings) : null
  if (app === null) findings.fault([], 'expected a mapping with a group, sources and flows')
  if (app === null || findings.faults.length > 0) throw new DefinitionError(findings.faults)
  return app
}

const appKeys = ['group', 'sources', 'error_types', 'flows', 'error_handlers']

function readApp(root: JsonObject, source: AppFile, findings: Findings): App {
  refuseOthers(root, appKeys, { path: [], findings })
  const group = readName(root.group, ['group'], findings)
  const list = root.error_handlers ?? null
  return {
    id: source.id,
    group,
    sources: readSources(root.sources ?? [], findings),
    errorTypes: readTexts(root.error_types ?? [], ['error_types'], findings),
    flows: readFlows(root.flows ?? {}, { ...source, group }, findings),
    errorHandlers: list === null ? freshList : readHandlers(list, findings),
  }
}

function readHandlers(value: Json, findings: Findings): readonly ErrorHandler[] {
  const read = readHandlerList(value)
  if ('handlers' in read) return read.handlers
  for (const { path, message } of read.faults) findings.fault(['error_handlers', ...path], message)
  return []
}

function readSources(value: Json, findings: Findings): readonly Source[] {
  const path: Path = ['sources']
  if (!Array.isArray(value)) {
    findings.fault(path, 'expected a list')
    return []
  }
  return value.flatMap((item: Json, index): readonly Source[] => {
    const here = [...path, index]
    if (typeof item === 'string' && item !== '') return [{ name: item, stands: null }]
    if (isJsonObject(item)) return [readStep(item, here, findings)]
    findings.fault(here, 'expected the name of a step, or connector and method')
    return []
  })
}

function readStep(item: JsonObject, path: Path, findings: Findings): Source {
  refuseOthers(item, ['name', 'connector', 'method'], { path, findings })
  const connector = readName(item.connector, [...path, 'connector'], findings)
  const method = readName(item.method, [...path, 'method'], findings)
  const name =
    item.name === undefined
      ? `${connector}.${method}`
      : readText(item.name, [...path, 'name'], findings)
  return { name, stands: { connector, method } }
}

type FlowsOf = AppFile & { readonly group: string }

function readFlows(value: Json, source: FlowsOf, findings: Findings): readonly Flow[] {
  if (!isJsonObject(value)) {
    findings.fault(['flows'], 'expected a mapping from names to Flows')
    return []
  }
  const flows = Object.entries(value).map(([name, flow]) => readFlow(name, flow, source, findings))
  const seen = new Set<string>()
  for (const { name, componentId } of flows) {
    if (seen.has(componentId)) {
      findings.fault(['flows', name], `another Flow has the component_id ${componentId}`)
    }
    seen.add(componentId)
  }
  return flows
}

const flowKeys = [
  'component_id',
  'input_fields',
  'output_fields',
  'call',
  'function',
  'source',
  'canvas_id',
]

function readFlow(name: string, value: Json, source: FlowsOf, findings: Findings): Flow {
  const path = ['flows', name]
  const input: JsonObject = isJsonObject(value) ? value : {}
  if (!isJsonObject(value)) findings.fault(path, 'expected a mapping')
  if (!isName(name)) findings.fault(path, 'a name has letters, digits and . _ - @')
  refuseOthers(input, flowKeys, { path, findings })
  const componentId = input.component_id ?? `${source.id}.${name}.Flows.orc.${source.group}`
  return {
    name,
    componentId: readText(componentId, [...path, 'component_id'], findings),
    inputFields: readTexts(input.input_fields ?? [], [...path, 'input_fields'], findings),
    outputFields:
      input.output_fields === undefined
        ? null
        : readTexts(input.output_fields, [...path, 'output_fields'], findings),
    body: readBody(input, { path, source }, findings),
  }
}

const noBody: FlowBody = { kind: 'function', script: { source: '', file: '' } }

function readBody(
  input: JsonObject,
  { path, source }: { readonly path: Path; readonly source: FlowsOf },
  findings: Findings,
): FlowBody {
  const given = ['call', 'function', 'source'].filter((key) => input[key] !== undefined)
  if (given.length !== 1) {
    findings.fault(path, 'expected one of call, function (a file) and source (JavaScript)')
    return noBody
  }
  if (input.call !== undefined) return readCall(input.call, [...path, 'call'], findings)
  const script =
    input.source === undefined
      ? readScript(input.function, { path: [...path, 'function'], source }, findings)
      : inline(readText(input.source, [...path, 'source'], findings), source.file)
  return script ? { kind: 'function', script } : noBody
}

function readCall(value: Json, path: Path, findings: Findings): FlowBody {
  if (!isJsonObject(value)) {
    findings.fault(path, 'expected a mapping with connector and method')
    return noBody
  }
  refuseOthers(value, ['connector', 'method', 'connection'], { path, findings })
  return {
    kind: 'call',
    connector: readName(value.connector, [...path, 'connector'], findings),
    method: readName(value.method, [...path, 'method'], findings),
    connection:
      value.connection === undefined
        ? null
        : readName(value.connection, [...path, 'connection'], findings),
  }
}

const longestScript = 256 * 1024

function inline(source: string, file: string): Script {
  return { source, file: `${file}.js` }
}

function readScript(
  value: Json | undefined,
  { path, source }: { readonly path: Path; readonly source: FlowsOf },
  findings: Findings,
): Script | null {
  const file = readText(value, path, findings)
  if (file === '') return null
  if (!isInside(file) || !file.endsWith('.js')) {
    findings.fault(path, 'expected a .js file in the folder of apps')
    return null
  }
  const text = source.readScript(file)
  if (text === null) findings.fault(path, `there is no file ${file} (links are not followed)`)
  else if (text.length > longestScript) findings.fault(path, 'the script is larger than 256 KiB')
  else return { source: text, file }
  return null
}

function readTexts(value: Json, path: Path, findings: Findings): readonly string[] {
  if (!Array.isArray(value)) {
    findings.fault(path, 'expected a list of texts')
    return []
  }
  return value.map((item: Json, index) => readText(item, [...path, index], findings))
}

function readText(value: Json | undefined, path: Path, findings: Findings): string {
  if (typeof value === 'string' && value !== '') return value
  findings.fault(path, value === undefined ? 'missing; expected a text' : 'expected a text')
  return ''
}

function readName(value: Json | undefined, path: Path, findings: Findings): string {
  const text = readText(value, path, findings)
  if (text !== '' && !isName(text)) findings.fault(path, 'a name has letters, digits and . _ - @')
  return text
}

function refuseOthers(
  value: JsonObject,
  known: readonly string[],
  { path, findings }: { readonly path: Path; readonly findings: Findings },
): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    const meant = nearest(key, known)
    const cure = meant === null ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`
    findings.fault([...path, key], `unknown key "${key}"; ${cure}`)
  }
}
