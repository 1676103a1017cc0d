/**
 * A lock between processes, by a file alone: it can be made only where there is none, so one
 * process at a time holds it. A process that was killed holds it no more: on the same host its pid
 * says so, on another one the age of the file.
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile, stat, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { UsageError } from '../model/usage-error.ts'

export type Lock = {
  readonly path: string
  /** How long others are waited for, in milliseconds. */
  readonly patienceMs: number
}

type Holder = { readonly pid: number; readonly host: string; readonly token: string }

/** A write takes milliseconds; who holds the lock for longer than this is gone. */
const longestHoldMs = 30_000

/** Runs `work` while no other process does. Rejects with `UsageError` where its turn never comes. */
export async function withLock<Result>(
  { path, patienceMs }: Lock,
  work: () => Promise<Result>,
): Promise<Result> {
  await using _held = await acquire(path, performance.now() + patienceMs)
  return await work()
}

async function acquire(path: string, deadline: number): Promise<AsyncDisposable> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    token: randomBytes(8).toString('hex'),
  }
  for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
    if (place(path, holder)) {
      return { [Symbol.asyncDispose]: () => release(path, holder) }
    }
    if (await isAbandoned(path)) {
      await breakLock(path, holder)
      continue
    }
    if (performance.now() > deadline) {
      throw new UsageError('tooManyRequests', 'The app is kept busy by other writers', {
        cure: 'Try again in a moment.',
      })
    }
    await delay(pause * (0.5 + Math.random()))
  }
}

/** True if the name was free, and is now ours. At once, so that nobody finds a file without holder. */
function place(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/**
 * Removes a lock whose holder is gone. Only one process at a time may judge and remove, under a
 * lock of its own: otherwise a second one could remove what the first had meanwhile acquired.
 */
async function breakLock(path: string, holder: Holder): Promise<void> {
  const breaker = `${path}.break`
  if (!place(breaker, holder)) {
    if (await isAbandoned(breaker)) await unlink(breaker).catch(ignoreAbsence)
    await delay(2)
    return
  }
  try {
    if (await isAbandoned(path)) await unlink(path).catch(ignoreAbsence)
  } finally {
    await unlink(breaker).catch(ignoreAbsence)
  }
}

/** A lock that was broken meanwhile, as ours was held for too long, is another's. */
async function release(path: string, { token }: Holder): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text.includes(token)) await unlink(path).catch(ignoreAbsence)
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path)
    if (Date.now() - mtimeMs > longestHoldMs) return true
    const { pid, host } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>
    return host === hostname() && typeof pid === 'number' && !isAlive(pid)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}

function ignoreAbsence(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error
}
