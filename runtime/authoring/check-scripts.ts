/** What `check` tells an author of scripts, without running them: what can never work, and what leaks. */
import { bundleScript } from '../bundle/bundle.ts'
import { eraseTypes } from '../bundle/erase-types.ts'
import { originalPosition } from '../bundle/source-map.ts'
import type { DefinitionFault } from '../definition/faults.ts'
import type { LoadedConnector } from '../definition/load.ts'
import type { Method, Script, SourceMap } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { globalRemarks } from './global-remarks.ts'
import { type Home, handlerRemarks } from './handler-remarks.ts'
import { nameRemarks } from './name-remarks.ts'
import { placeOfOffset } from './parse-script.ts'
import { renewalRemarks } from './renewal-remarks.ts'
import { type Remark, readFacts, type ScriptFacts } from './script-facts.ts'
import { secretRemarks } from './secret-remarks.ts'

/**
 * Warnings on all the scripts of a connector, in the order of their places. A script that cannot be
 * compiled has none: whoever compiles it tells of its fault.
 */
export async function scriptWarnings(loaded: LoadedConnector): Promise<readonly DefinitionFault[]> {
  const { connector } = loaded
  const own = await readFiles(connector.script, null, loaded)
  const ofMethods = await Promise.all(
    [...connector.methods.values()].map(async (method) => ({
      method,
      files: await readFiles(method.script, method, loaded),
    })),
  )
  const everything = ofMethods.flatMap(({ files }) => files)
  const warnings = [
    ...own.flatMap((file) =>
      warningsOn(file, { connector, method: null }, [...own, ...everything]),
    ),
    ...ofMethods.flatMap(({ method, files }) =>
      files.flatMap((file) => warningsOn(file, { connector, method }, [...own, ...files])),
    ),
  ]
  return inOrder(warnings)
}

/** A file that an author wrote, and where its text stands in it if types were erased. */
type ReadFile = { readonly facts: ScriptFacts; readonly map: SourceMap | null }

/** A script, and those files of the connector that it imports. */
async function readFiles(
  script: Script | null,
  method: Method | null,
  { folder, readFile }: LoadedConnector,
): Promise<readonly ReadFile[]> {
  if (script === null) return []
  const inputs = await inputsOf({ ...script, folder, readFile })
  const level = method === null ? 'connector' : 'method'
  const read = await Promise.all(
    inputs.map(async (file) => {
      const text = file === script.file ? script.source : (readFile(file) ?? '')
      const erased = await eraseTypes({ file, source: text })
      const facts = erased && readFacts({ file, level, source: erased.source })
      return facts ? { facts, map: erased.map } : null
    }),
  )
  return read.filter((one) => one !== null)
}

async function inputsOf(script: Parameters<typeof bundleScript>[0]): Promise<readonly string[]> {
  try {
    const { inputs } = await bundleScript(script)
    return inputs.filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.includes('node_modules/'))
  } catch (error) {
    if (error instanceof CallFailure) return []
    throw error
  }
}

function warningsOn(
  { facts, map }: ReadFile,
  home: Home,
  together: readonly ReadFile[],
): readonly DefinitionFault[] {
  const elsewhere = new Set(together.flatMap((one) => [...one.facts.declared]))
  const remarks = [
    ...handlerRemarks(facts, home),
    ...renewalRemarks(facts, home),
    ...globalRemarks(facts, home),
    ...nameRemarks(facts, elsewhere),
    ...secretRemarks(facts, home),
  ]
  return remarks.map((remark) => warningOf(remark, facts, map))
}

function warningOf(
  { at, message }: Remark,
  { file, source }: ScriptFacts,
  map: SourceMap | null,
): DefinitionFault {
  const place = placeOfOffset(source, at)
  const { line, column } = (map && originalPosition(map, place.line, place.column)) ?? place
  return { file, line, column, path: '', message, expected: null }
}

/** Methods may share a script, and then say the same of it. */
function inOrder(warnings: readonly DefinitionFault[]): readonly DefinitionFault[] {
  const distinct = new Map(warnings.map((one) => [JSON.stringify(one), one]))
  return [...distinct.values()].toSorted(
    (one, other) =>
      compare(one.file, other.file) || one.line - other.line || one.column - other.column,
  )
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
