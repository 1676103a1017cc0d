import { loadConnectors } from '../runtime/definition/load.ts'
import { asMethodName } from '../runtime/model/ids.ts'
import type { HasMethod } from '../runtime/route/check.ts'

/**
 * Says which methods are installed in a folder of connectors, as it is now. A connector that cannot
 * be read is taken to have them all: its own faults are told elsewhere.
 */
export function installedMethods(folder: string): HasMethod {
  const { loaded, broken } = loadConnectors(folder)
  return (connector, method) =>
    broken.has(connector) ||
    loaded.some(
      (each) =>
        each.connector.name === connector && each.connector.methods.has(asMethodName(method)),
    )
}
