/** The one owner of esbuild. */
import { type BuildOptions, build, type TransformOptions, transform } from 'esbuild'

/** Bundles in memory and returns the JavaScript. */
export async function bundleWith(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    write: false,
    logLevel: 'silent',
    target: 'es2024',
    charset: 'utf8',
    ...options,
  })
  const [output] = outputFiles ?? []
  if (output === undefined) throw new Error('esbuild wrote nothing')
  return output.text
}

/** Rewrites one file, and returns the JavaScript with its source map as text. */
export async function transformWith(
  source: string,
  options: TransformOptions,
): Promise<{ readonly code: string; readonly map: string }> {
  return transform(source, {
    logLevel: 'silent',
    target: 'es2024',
    charset: 'utf8',
    sourcemap: 'external',
    treeShaking: false,
    tsconfigRaw: {},
    ...options,
  })
}
