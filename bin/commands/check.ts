import { basename } from 'node:path'
import { findTypeScript, type TypeScript } from '../../runtime/authoring/typescript.ts'
import { DefinitionError, type DefinitionFault } from '../../runtime/definition/faults.ts'
import { readWithin } from '../../runtime/definition/folder.ts'
import { type LoadedConnector, loadFolder } from '../../runtime/definition/load.ts'
import { checkApps } from '../app-check.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { installedMethods } from '../installed-methods.ts'
import { checkText } from '../print/faults.ts'
import { paintOut } from '../print/paint.ts'
import { checkScripts } from '../script-check.ts'
import { type GlobalOptions, readSettings } from '../settings.ts'
import { print, printJson, say } from '../streams.ts'
import { connectorTargets } from '../targets.ts'

/** What is wrong, or doubtful, in one connector. */
export type CheckedConnector = {
  readonly folder: string
  /** The folder’s, where the definition could not be read. */
  readonly name: string
  readonly faults: readonly DefinitionFault[]
  readonly warnings: readonly DefinitionFault[]
}

/** What `check --json` prints. */
export type CheckReport = {
  readonly good: boolean
  readonly connectors: readonly CheckedConnector[]
  /** Of the folder of apps, where there is one, and no connector was named. */
  readonly apps: readonly CheckedConnector[]
  /** The version that checked the types of scripts; null where the project has no TypeScript. */
  readonly typescript: string | null
}

/** Reads every definition and app, compiles and analyses every script; none is run. */
export async function check(
  options: GlobalOptions & { readonly only: readonly string[] },
): Promise<ExitCode> {
  const settings = readSettings(options)
  const folders = connectorTargets(options.only, settings)
  const typescript = findTypeScript(process.cwd(), folders)
  const connectors: CheckedConnector[] = []
  for (const folder of folders) connectors.push(await checkFolder(folder, typescript))
  const apps =
    settings.apps === null || options.only.length > 0
      ? []
      : checkApps(settings.apps, installedMethods(settings.connectors))
  const all = [...connectors, ...apps]
  const good = all.every(({ faults }) => faults.length === 0)
  const report = { good, connectors, apps, typescript: typescript?.version ?? null }
  if (settings.json) printJson(report satisfies CheckReport)
  else print(all.map((one) => checkText(one, lineReader(one.folder), paintOut)).join('\n'))
  if (typescript === null) say(untyped)
  return good ? exitCodes.success : exitCodes.usage
}

const untyped =
  'The types of scripts were not checked, as there is no TypeScript here: npm install --save-dev typescript'

async function checkFolder(
  folder: string,
  typescript: TypeScript | null,
): Promise<CheckedConnector> {
  let loaded: LoadedConnector
  try {
    loaded = loadFolder(folder)
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    return { folder, name: basename(folder), faults: error.faults, warnings: [] }
  }
  const scripts = await checkScripts(loaded, typescript)
  return {
    folder,
    name: loaded.connector.name,
    faults: scripts.faults,
    warnings: [...loaded.warnings, ...scripts.warnings],
  }
}

/** The line of a file that a fault is in, to be shown below it. */
function lineReader(folder: string) {
  return (file: string, line: number): string | null =>
    readWithin(folder, file)?.split(/\r\n|[\n\r]/)[line - 1] ?? null
}
