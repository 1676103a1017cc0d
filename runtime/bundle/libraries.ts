import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWith } from './esbuild.ts'
import { trimZones } from './time-zones.ts'

const guest = new URL('../sandbox/guest/', import.meta.url)

/** The files of `sandbox/guest/libraries/`: what scripts get when they mention it. */
export const libraryNames = ['moment', 'crypto-js', 'xml'] as const

/**
 * Gives the libraries by name, each as one expression whose value is its `install`. A text is made
 * once for each runtime; the published package has them ready-made.
 */
export function openLibraries(): (name: string) => Promise<string> {
  const texts = new Map<string, Promise<string>>()
  return (name) => {
    const known = texts.get(name)
    if (known !== undefined) return known
    const text = readLibrary(name)
    texts.set(name, text)
    return text
  }
}

async function readLibrary(name: string): Promise<string> {
  const ready = new URL(libraryFile(name), guest)
  if (existsSync(ready)) return readFile(ready, 'utf8')
  return (await buildLibrary(name)).text
}

/** Where the build of the package puts a library's text, beside the compiled guest. */
export function libraryFile(name: string): string {
  return `libraries/${name}.bundle.js`
}

export type BuiltLibrary = {
  readonly text: string
  /** The folders, from the repository's root, of the npm packages that went in. */
  readonly packages: readonly string[]
}

/** Bundles a library from its source and the npm packages that it takes. */
export async function buildLibrary(name: string): Promise<BuiltLibrary> {
  const packages = new Set<string>()
  const code = await bundleWith({
    entryPoints: [fileURLToPath(new URL(`libraries/${name}.ts`, guest))],
    absWorkingDir: fileURLToPath(new URL('../../', import.meta.url)),
    format: 'iife',
    globalName: 'library',
    platform: 'neutral',
    mainFields: ['main'],
    // What crypto-js would have of Node; the guest gives it the host's random bytes instead.
    external: ['crypto'],
    minify: true,
    metafile: true,
    plugins: [
      {
        name: 'library',
        setup(build) {
          build.onLoad({ filter: /moment-timezone.data.packed.latest\.json$/ }, async (file) => ({
            contents: trimZones(await readFile(file.path, 'utf8')),
            loader: 'json',
          }))
          build.onEnd(({ metafile }) => {
            for (const file of Object.keys(metafile?.inputs ?? {})) {
              const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []
              if (folder !== undefined) packages.add(folder)
            }
          })
        },
      },
    ],
  })
  return { text: `(() => {\n${code}\nreturn library.install\n})()`, packages: [...packages] }
}
