import { Script as CompiledScript } from 'node:vm'
import { bundleScript } from '../runtime/bundle/bundle.ts'
import type { DefinitionFault } from '../runtime/definition/faults.ts'
import type { LoadedConnector } from '../runtime/definition/load.ts'
import type { Script } from '../runtime/model/connector.ts'
import { CallFailure } from '../runtime/model/failure.ts'

/** What is wrong with the scripts of a connector: imports that lead nowhere, and their syntax. */
export async function scriptFaults(loaded: LoadedConnector): Promise<readonly DefinitionFault[]> {
  const { connector } = loaded
  const all = [connector.script, ...[...connector.methods.values()].map(({ script }) => script)]
  const scripts = new Map(all.filter((script) => script !== null).map((each) => [each.file, each]))
  const faults = await Promise.all([...scripts.values()].map((each) => faultOf(each, loaded)))
  return faults.filter((fault) => fault !== null)
}

async function faultOf(
  script: Script,
  { folder, readFile }: LoadedConnector,
): Promise<DefinitionFault | null> {
  try {
    const { source, map } = await bundleScript({ ...script, folder, readFile })
    return map === null ? syntaxFault({ ...script, source }) : null
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    return fault(error.position ?? `${script.file}:1:1`, error.message)
  }
}

/** Compiles and does not run, in the same engine as the sandbox’s. */
function syntaxFault({ file, source }: Script): DefinitionFault | null {
  try {
    new CompiledScript(source, { filename: file })
    return null
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return fault(positionOf(error, file), `${error.name}: ${error.message}`)
  }
}

/** The engine writes the place above the stack: `file:line`, the line, and marks below its column. */
function positionOf({ stack = '' }: SyntaxError, file: string): string {
  const [place = '', , marks = ''] = stack.split('\n')
  const line = /:(\d+)$/.exec(place)?.[1] ?? '1'
  return `${file}:${line}:${marks.indexOf('^') + 1 || 1}`
}

function fault(position: string, text: string): DefinitionFault {
  const [, file = position, line = '1', column = '1'] = /^(.*):(\d+):(\d+)$/.exec(position) ?? []
  const message = text.startsWith(`${position}: `) ? text.slice(position.length + 2) : text
  return { file, line: Number(line), column: Number(column), path: '', message, expected: null }
}
