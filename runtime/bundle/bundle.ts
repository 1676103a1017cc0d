/**
 * Makes one script of a script and what it imports. Plain JavaScript passes as it is, without
 * starting esbuild: that is nearly every script, and it keeps the positions of its errors.
 */
import { createHash } from 'node:crypto'
import type { SourceMap } from '../model/connector.ts'
import { CallFailure } from '../model/failure.ts'
import { buildBundle } from './modules.ts'

export type ScriptToBundle = {
  /** Relative to the connector's folder: `scripts/main.ts`. */
  readonly file: string
  readonly source: string
  /** Where npm packages are looked for; null for a connector without a folder, which has none. */
  readonly folder: string | null
  /** Reads another file of the connector, by its relative path; null where there is none. */
  readonly readFile: (relativePath: string) => string | null
}

export type BundledScript = {
  readonly source: string
  /** Null where the source is the author's own. */
  readonly map: SourceMap | null
  /** Every file that went in, the script first. */
  readonly inputs: readonly string[]
}

/** Bundles that were made before, by what went into them. One for each runtime. */
export type BundleCache = Map<string, CachedBundle>

type CachedBundle = { readonly inputs: string; readonly bundle: BundledScript }

/**
 * Bundles a script, so that its hooks are globals: top-level functions, and exports, named as an
 * event. Rejects with `CallFailure` of type DefinitionInvalid, reason `bundle`, for what cannot be
 * resolved, for what needs Node, for more than 2 MiB, and for a file whose ending is no script's.
 */
export async function bundleScript(
  script: ScriptToBundle,
  cache: BundleCache = new Map(),
): Promise<BundledScript> {
  demandEnding(script.file)
  if (isPlain(script)) return untouched(script)
  const key = hashOf(script.file, script.folder ?? '', script.source)
  const known = cache.get(key)
  if (known !== undefined && known.inputs === hashOfInputs(script, known.bundle))
    return known.bundle
  const bundle = (await buildBundle(script)) ?? untouched(script)
  cache.set(key, { bundle, inputs: hashOfInputs(script, bundle) })
  return bundle
}

/** By its ending a script is read as JavaScript or TypeScript; any other file would come to nothing. */
function demandEnding(file: string): void {
  if (/\.[cm]?[jt]s$/.test(file)) return
  const message = `${file} is no script by its name: it must end in .js or .ts (or .mjs, .cjs, .mts, .cts)`
  throw new CallFailure('DefinitionInvalid', message, { reason: 'bundle' })
}

/** What the guest itself answers to `require` (dialect section 14, 17) needs no bundling. */
const modular = new RegExp(
  [
    // No blank line may be tried again from the next: a source of blank lines would take minutes.
    String.raw`^[^\S\n\r\u2028\u2029]*(?:import|export)\b`,
    String.raw`(?:[;}]|\*/)\s*(?:import|export)\b`,
    String.raw`\bimport\s*\(`,
    String.raw`\brequire\s*\(\s*['"](?!(?:moment|crypto-js)['"])`,
  ].join('|'),
  'm',
)

/** Errs on the side of a build, which then finds that there was nothing to do. */
function isPlain({ file, source }: ScriptToBundle): boolean {
  return /\.[cm]?js$/.test(file) && !modular.test(source)
}

function untouched({ file, source }: ScriptToBundle): BundledScript {
  return { source, map: null, inputs: [file] }
}

function hashOf(...texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text)
  return hash.digest('base64')
}

/** The connector's own files may change while the process runs; its packages may not. */
function hashOfInputs({ readFile }: ScriptToBundle, { inputs }: BundledScript): string {
  const own = inputs.slice(1).filter((input) => !input.includes('node_modules/'))
  return hashOf(...own.map((input) => readFile(input) ?? ''))
}
