import type { Script } from '../model/connector.ts'
import { type Findings, type Path, quote } from './faults.ts'

const maximumBytes = 256 * 1024

/** Reads the script that a definition names; reports it where it is missing, or not allowed. */
export function readScriptFile(
  file: string | undefined,
  source: {
    readonly read: (relativePath: string) => string | null
    readonly path: Path
    readonly findings: Findings
  },
): Script | null {
  if (file === undefined) return null
  const { path, findings } = source
  if (!isInside(file)) {
    findings.fault(path, `expected a file in the connector's folder; got ${quote(file)}`)
    return null
  }
  if (!/\.[cm]?[jt]s$/.test(file)) {
    findings.fault(path, `expected a .js or .ts file; got ${quote(file)}`)
    return null
  }
  const text = source.read(file)
  if (text === null)
    findings.fault(
      path,
      `there is no file ${quote(file)} in the connector's folder (links are not followed)`,
    )
  else if (Buffer.byteLength(text) > maximumBytes) {
    findings.fault(path, `the script is larger than 256 KiB; import its libraries from npm instead`)
  } else return { source: text, file }
  return null
}

/** True for a relative path with forward slashes that never steps out of its folder. */
export function isInside(file: string): boolean {
  if (file === '' || file.startsWith('/') || /[\\\0]/.test(file) || /^[a-z]:/i.test(file))
    return false
  return file.split('/').every((segment) => segment !== '..' && segment !== '')
}
