import { StoreFailure } from './store-failure.ts'

/** The primary result codes of SQLite (sqlite.org/rescode.html) that an operator can cure. */
const codes = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const

/** Another process is writing at this moment. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === codes.BUSY || code === codes.LOCKED
}

/** Says what is wrong with the file, and what to do. A bug of ours comes back as it is. */
export function translate(error: unknown, path: string): unknown {
  const code = codeOf(error)
  switch (code) {
    case null:
      return error
    case codes.BUSY:
    case codes.LOCKED:
      return new StoreFailure(`The store ${path} was kept busy by other processes`, {
        cure: 'Try again; if it stays so, look for a process that holds a transaction open',
        passing: true,
        cause: error,
      })
    case codes.PERM:
    case codes.READONLY:
    case codes.CANTOPEN:
      return new StoreFailure(`The store ${path} may not be written to`, {
        cure: 'Give this user write access to the file and to its folder',
        cause: error,
      })
    case codes.FULL:
    case codes.IOERR:
      return new StoreFailure(`The store ${path} cannot be written: the disk is full or failing`, {
        cure: 'Make room on its disk; nothing that was stored is lost',
        passing: true,
        cause: error,
      })
    case codes.CORRUPT:
    case codes.NOTADB:
      return new StoreFailure(`The store ${path} is damaged, or is no Hookline store`, {
        cure: 'Put a backup in its place, or move the file away to begin a new store',
        cause: error,
      })
    default:
      return error
  }
}

/** Null for what SQLite did not throw. The low byte of an extended code is the primary one. */
function codeOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error)) return null
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null
}
