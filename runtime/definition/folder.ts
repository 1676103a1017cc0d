import { lstatSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { isInside } from './script-file.ts'

const maximumBytes = 4 * 1024 * 1024

/**
 * Reads a file of a connector's folder as text; null where there is none. A path that leaves the
 * folder, a link on the way, and what is not a plain file of at most 4 MiB count as not there.
 */
export function readWithin(folder: string, relativePath: string): string | null {
  if (!isInside(relativePath)) return null
  try {
    const home = realpathSync(folder)
    const file = join(home, relativePath)
    if (realpathSync(file) !== file) return null
    const status = lstatSync(file)
    if (!status.isFile() || status.size > maximumBytes) return null
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isAbsence(error)) return null
    throw error
  }
}

function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
