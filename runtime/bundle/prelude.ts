import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bundleWith } from './esbuild.ts'

const guest = new URL('../sandbox/guest/', import.meta.url)

/**
 * The prelude of the sandbox as one expression, whose value is `install` of
 * `sandbox/guest/prelude.ts`. The published package has it ready-made, beside the compiled guest.
 */
export async function bundlePrelude(): Promise<string> {
  const ready = new URL('prelude.bundle.js', guest)
  if (existsSync(ready)) return readFile(ready, 'utf8')
  return buildPrelude()
}

/** Bundles the guest's source; the build of the package writes what it returns. */
export async function buildPrelude(): Promise<string> {
  const code = await bundleWith({
    entryPoints: [fileURLToPath(new URL('prelude.ts', guest))],
    format: 'iife',
    globalName: 'prelude',
    platform: 'neutral',
  })
  return `(() => {\n'use strict'\n${code}\nreturn prelude.install\n})()`
}
