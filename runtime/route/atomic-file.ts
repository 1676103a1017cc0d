import { randomBytes } from 'node:crypto'
import { open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Puts a text in place of a file, whole: who reads it, even after a crash, finds the old text or the
 * new one. Call it under a lock: it sweeps up what a crashed writer left beside the file.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await sweep(path)
  const draft = `${draftPrefix(path)}${randomBytes(6).toString('hex')}`
  const { mode } = await stat(path)
  const file = await open(draft, 'wx', mode & 0o777)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  await syncFolder(dirname(path))
}

function draftPrefix(path: string): string {
  return join(dirname(path), `.${basename(path)}.draft-`)
}

async function sweep(path: string): Promise<void> {
  const prefix = basename(draftPrefix(path))
  const names = await readdir(dirname(path))
  for (const name of names) {
    if (name.startsWith(prefix)) await unlink(join(dirname(path), name))
  }
}

/** Makes the renaming itself outlive a power cut, where the system lets a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
