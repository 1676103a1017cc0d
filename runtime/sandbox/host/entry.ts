import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The file that the sandbox process starts with, as JavaScript. The published package has it; when
 * run from the sources it is written under `node_modules/.cache`, once for each of its versions.
 */
export async function sandboxEntry(): Promise<string> {
  if (!import.meta.url.endsWith('.ts')) return pathOf('../child/main.js')

  const cache = pathOf('../../../node_modules/.cache/hookline/')
  const folder = join(cache, `sandbox-${await fingerprint(pathOf('..'))}`)
  const entry = join(folder, 'child/main.js')
  if (existsSync(entry)) return entry

  const draft = `${folder}.${process.pid}`
  await mkdir(cache, { recursive: true })
  await run(process.execPath, ['--no-warnings', pathOf('erase-types.ts'), draft])
  // Somebody else may have been faster; theirs is the same.
  await rename(draft, folder).catch(() => rm(draft, { recursive: true }))
  return entry
}

async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of globSync(['*.ts', 'child/*.ts', 'host/erase-types.ts'], {
    cwd: folder,
  }).sort()) {
    hash.update(file).update(await readFile(join(folder, file)))
  }
  return hash.digest('hex').slice(0, 16)
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
