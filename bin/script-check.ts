import { scriptWarnings } from '../runtime/authoring/check-scripts.ts'
import { typeErrors } from '../runtime/authoring/check-types.ts'
import type { TypeScript } from '../runtime/authoring/typescript.ts'
import type { DefinitionFault } from '../runtime/definition/faults.ts'
import type { LoadedConnector } from '../runtime/definition/load.ts'
import { scriptFaults } from './script-syntax.ts'

export type CheckedScripts = {
  readonly faults: readonly DefinitionFault[]
  readonly warnings: readonly DefinitionFault[]
}

/**
 * All that can be told of a connector's scripts. A wrong type is a fault in TypeScript, whose author
 * promised types, and a warning in JavaScript. Where a script does not compile, that comes first.
 */
export async function checkScripts(
  loaded: LoadedConnector,
  typescript: TypeScript | null,
): Promise<CheckedScripts> {
  const faults = await scriptFaults(loaded)
  const warnings = await scriptWarnings(loaded)
  const { folder, connector } = loaded
  if (typescript === null || folder === null || faults.length > 0) return { faults, warnings }
  const told = new Set(warnings.map(placeOf))
  const wrong = (await typeErrors({ folder, connector }, typescript)).filter(
    (error) => !told.has(placeOf(error)),
  )
  return {
    faults: wrong.filter(({ file }) => isTypeScript(file)),
    warnings: [...warnings, ...wrong.filter(({ file }) => !isTypeScript(file))],
  }
}

function placeOf({ file, line, column }: DefinitionFault): string {
  return `${file}:${line}:${column}`
}

function isTypeScript(file: string): boolean {
  return /\.[cm]?ts$/.test(file)
}
