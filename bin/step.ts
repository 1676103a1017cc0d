import { basename, dirname, resolve } from 'node:path'
import { bundleScript } from '../runtime/bundle/bundle.ts'
import { readWithin } from '../runtime/definition/folder.ts'
import type { Script } from '../runtime/model/connector.ts'
import { readText } from './input.ts'

/** A step's script, as a connector's would be: it may be TypeScript, and import what lies beside it. */
export async function readStep(path: string): Promise<Script> {
  const file = basename(path)
  const folder = dirname(resolve(path))
  const source = await readText(path)
  const readFile = (relativePath: string) => readWithin(folder, relativePath)
  const bundle = await bundleScript({ file, source, folder, readFile })
  return bundle.map === null ? { file, source } : { file, source: bundle.source, map: bundle.map }
}
