import { constants } from 'node:fs'
import { access, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { applicationId, migrations } from '../../runtime/store/migrations.ts'
import { openStore } from '../open.ts'
import type { Settings } from '../settings.ts'
import { complaint, type Finding, finding } from './finding.ts'
import { withoutPassword } from './system.ts'

/** Looks at the store without making one, and without changing the one that is there. */
export async function diagnoseStore(settings: Settings): Promise<Finding> {
  const { store } = settings
  if (/^postgres(ql)?:/.test(store)) {
    const text = `${withoutPassword(store)}: a database server, which is not looked at from here`
    return finding('store', ['less', text], { detail: { place: withoutPassword(store) } })
  }
  const header = await readHeader(store)
  const writable = await isWritable(header ? store : await nearestFolder(store))
  const detail = {
    place: store,
    exists: header !== null,
    version: header?.version ?? null,
    knows: migrations.length,
    writable,
  }
  if (!writable) {
    const notes = ['Give this user write access, or name another file with --store.']
    return finding('store', ['bad', `${store} may not be written to`], { notes, detail })
  }
  if (!header) return finding('store', ['good', `${store}, made at the first use`], { detail })
  return { ...(await openNow(settings, header)), detail }
}

type Header = { readonly version: number; readonly ours: boolean }

/** The file's own first bytes (SQLite file format, section 1.3): asking SQLite would write. */
async function readHeader(path: string): Promise<Header | null> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return null
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(100), 0, 100, 0)
    if (bytesRead < 100) return { version: 0, ours: true }
    return { version: buffer.readUInt32BE(60), ours: buffer.readUInt32BE(68) === applicationId }
  } finally {
    await file.close()
  }
}

/** An older store is brought up to date by its next use, and not by being looked at. */
async function openNow(settings: Settings, { version, ours }: Header): Promise<Finding> {
  const { store } = settings
  if (ours && version < migrations.length) {
    return finding('store', ['good', `${store}, version ${version}, updated at the next use`])
  }
  try {
    await using opened = await openStore(settings, { makesKey: false })
    return finding('store', ['good', `${store}, version ${version}${opened ? ', opens' : ''}`])
  } catch (error) {
    const { text, notes } = complaint(error)
    return finding('store', ['bad', text], { notes })
  }
}

async function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(
    () => true,
    () => false,
  )
}

/** Where the file's folder would be made. */
async function nearestFolder(path: string): Promise<string> {
  const folder = dirname(path)
  const found = await stat(folder).catch(() => null)
  return found || folder === path ? folder : nearestFolder(folder)
}
