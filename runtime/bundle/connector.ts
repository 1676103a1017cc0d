import type { Connector, Script } from '../model/connector.ts'
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
