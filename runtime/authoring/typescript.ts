/** Runs the TypeScript of the author's project, as a program of its own: this project ships none. */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'

/** Where the compiler is, for people to see which one checked their scripts. */
export type TypeScript = { readonly program: string; readonly version: string }

/**
 * The compiler of the project that the command runs in; null where it has none. One that lies in
 * `apartFrom` is left alone: a connector that is only looked at must not bring its own programs.
 */
export function findTypeScript(project: string, apartFrom: readonly string[]): TypeScript | null {
  const require = createRequire(join(project, 'project.js'))
  try {
    const manifest = require.resolve('typescript/package.json')
    if (apartFrom.some((folder) => folder !== project && manifest.startsWith(folder + sep)))
      return null
    const { bin, version } = require(manifest) as { bin: { tsc: string }; version: string }
    return { program: join(dirname(manifest), bin.tsc), version }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}

/** What the compiler prints about a project. It ends with a code of its own where it finds errors. */
export function runTypeScript({ program }: TypeScript, configuration: string): Promise<string> {
  const words = [program, '--project', configuration, '--pretty', 'false']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, limits, (error, stdout) => {
      if (error === null || typeof error.code === 'number') resolve(stdout)
      else reject(new Error('TypeScript did not end', { cause: error }))
    })
  })
}

const limits = { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 }
