import type { Connector, Script } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { type BundleCache, bundleScript, type ScriptToBundle } from './bundle.ts'

/** A connector as it was read, and where the files stand that its scripts import. */
export type ConnectorToBundle = Pick<ScriptToBundle, 'folder' | 'readFile'> & {
  readonly connector: Connector
}

/**
 * The connector with each of its scripts bundled, ready for the sandbox. Rejects as `bundleScript`
 * does.
 */
export async function bundleConnector(
  { connector, folder, readFile }: ConnectorToBundle,
  cache: BundleCache = new Map(),
): Promise<Connector> {
  const bundled = async (script: Script | null): Promise<Script | null> => {
    if (script === null) return null
    const { source, map } = await bundleScript({ ...script, folder, readFile }, cache)
    return map === null ? script : { file: script.file, source, map }
  }
  const methods = await Promise.all(
    [...connector.methods].map(
      async ([name, method]) =>
        [name, { ...method, script: await bundled(method.script) }] as const,
    ),
  )
  return { ...connector, script: await bundled(connector.script), methods: new Map(methods) }
}

const largestStep = 256 * 1024
const mostSteps = 100

/**
 * A step's script, which comes with a call: its types are erased, and its imports refused, as it has no
 * folder. One that was bundled before is taken as it is. Rejects as `bundleScript` does. Of the cache,
 * which every caller may fill, the latest hundred are kept.
 */
export async function bundleStep(step: Script, cache: BundleCache): Promise<Script> {
  if (step.map) return step
  if (Buffer.byteLength(step.source) > largestStep) {
    throw new CallFailure('DefinitionInvalid', `${step.file} is larger than 256 KiB`, {
      reason: 'bundle',
    })
  }
  const alone = { ...step, folder: null, readFile: () => null }
  const { source, map } = await bundleScript(alone, cache)
  for (const oldest of [...cache.keys()].slice(0, -mostSteps)) cache.delete(oldest)
  return map === null ? step : { file: step.file, source, map }
}
