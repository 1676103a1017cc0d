import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from '../model/usage-error.ts'
import { newKey } from './cipher.ts'
import { type KeyProvider, localKeys, readKeys } from './keys.ts'

export type KeyFileOptions = {
  /**
   * Allows the making of a key where there is no file, and is then told where it is. Only at the
   * first encryption in a new store: a store that has a key never gets another one by accident.
   */
  readonly onMade?: (path: string) => void
}

/** Keys from a file that its owner alone can read: base64, one a line, the first one in use. */
export function keysFromFile(path: string, options: KeyFileOptions = {}): KeyProvider {
  let loaded: Promise<KeyProvider> | null = null
  const load = (mayMake: boolean) => {
    loaded ??= readKeyFile(path, mayMake ? (options.onMade ?? null) : null)
    loaded.catch(() => {
      loaded = null
    })
    return loaded
  }
  return {
    wrap: async (dataKey, context) => (await load(true)).wrap(dataKey, context),
    unwrap: async (wrapped, context) => (await load(false)).unwrap(wrapped, context),
  }
}

async function readKeyFile(
  path: string,
  onMade: ((path: string) => void) | null,
): Promise<KeyProvider> {
  const text = await contentOf(path)
  if (text !== null) return localKeys(readKeys(text, path), path)
  if (!onMade) {
    throw new UsageError('entityMissing', `There is no key file at ${path}`, {
      cure: 'Put the key there that the store was encrypted with, or set HOOKLINE_KEY',
    })
  }
  if (await makeKeyFile(path)) onMade(path)
  return readKeyFile(path, null)
}

async function contentOf(path: string): Promise<string | null> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw new UsageError('noPermission', `The key file ${path} cannot be read`, {
      cure: 'Run as the user who owns it',
      cause,
    })
  })
  if (!file) return null
  try {
    const status = await file.stat()
    if (!status.isFile()) {
      throw new UsageError('entityInvalid', `The key file ${path} is not a file`, {
        cure: status.isDirectory() ? 'It is a folder: name the file in it' : 'Name a plain file',
      })
    }
    const mode = status.mode & 0o777
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new UsageError(
        'noPermission',
        `The key file ${path} is open to others (mode ${mode.toString(8).padStart(4, '0')})`,
        { cure: `Close it by \`chmod 600 ${path}\`; who may have read it calls for a new key` },
      )
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Writes the whole file under another name first: who sees the file sees all of it. */
async function makeKeyFile(path: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600)
  try {
    await file.writeFile(`${newKey().toString('base64')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await link(draft, path)
    return true
  } catch (cause) {
    // Another process made one in the meantime: theirs is the key.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw cause
  } finally {
    await unlink(draft)
  }
}
