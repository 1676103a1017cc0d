import type { SourceMap } from '../model/connector.ts'
import { transformWith } from './esbuild.ts'
import { buildMessages } from './refusal.ts'

/**
 * One file as JavaScript, with all that its author declared still in it: what a bundle drops because
 * nothing uses it is here. Null for what cannot be compiled. JavaScript is given back as it is.
 */
export async function eraseTypes({
  file,
  source,
}: {
  readonly file: string
  readonly source: string
}): Promise<{ readonly source: string; readonly map: SourceMap | null } | null> {
  if (/\.[cm]?js$/.test(file)) return { source, map: null }
  try {
    const { code, map } = await transformWith(source, { loader: 'ts', sourcefile: file })
    return { source: code, map: JSON.parse(map) as SourceMap }
  } catch (error) {
    if (buildMessages(error) === null) throw error
    return null
  }
}
