import { stat } from 'node:fs/promises'
import { openKeys } from '../open.ts'
import type { Settings } from '../settings.ts'
import { complaint, type Finding, finding } from './finding.ts'

/** Where the operator's key is, and whether it can be used; it is never made here. */
export async function diagnoseKey(settings: Settings): Promise<Finding> {
  const { keyFile } = settings
  const found = keyFile === null ? null : await stat(keyFile).catch(() => null)
  const mode = found ? (found.mode & 0o777).toString(8).padStart(4, '0') : null
  const place = keyFile ?? 'the environment variable HOOKLINE_KEY'
  const detail = { place, exists: keyFile === null || found !== null, mode }
  if (keyFile !== null && !found) {
    return finding('key', ['good', `${place}, made at the first use`], { detail })
  }
  try {
    await openKeys(settings, { makesKey: false }).wrap(new Uint8Array(32), new Uint8Array())
    const text = mode === null ? place : `${place}, mode ${mode}`
    return finding('key', ['good', text], { detail })
  } catch (error) {
    const { text, notes } = complaint(error)
    return finding('key', ['bad', text], { notes, detail })
  }
}
