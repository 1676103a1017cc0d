import { type BuildOptions, build } from 'esbuild'

/** The one owner of esbuild: bundles in memory and returns the JavaScript. */
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
