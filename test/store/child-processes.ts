import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { keysFromEnvironment } from '../../runtime/store/keys.ts'
import { openVault } from '../../runtime/store/vault.ts'
import type { Orders, Report } from './child/replace.ts'
import { newConnection } from './support.ts'

const childFile = new URL('child/replace.ts', import.meta.url).pathname

/** A store with one connection, and processes that work on it. */
export async function processesOn(store: string, endpoint: string) {
  const environment = { HOOKLINE_KEY: randomBytes(32).toString('base64') }
  const open = () => openVault({ store, keys: keysFromEnvironment(environment) })
  {
    await using vault = await open()
    await vault.create(newConnection())
  }
  const usual = { store, endpoint, callers: 1, timeoutMs: 10_000, marginMs: 10_000 }
  const start = (orders: Partial<Orders> = {}): ChildProcessWithoutNullStreams =>
    spawn(
      process.execPath,
      [childFile, JSON.stringify({ ...usual, die: null, waits: false, ...orders })],
      {
        env: environment,
      },
    )
  return { open, start }
}

/** What a process printed, once it has ended; null where it was killed. */
export async function reportOf(child: ChildProcessWithoutNullStreams): Promise<Report | null> {
  const [out, errors, [, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  if (signal === 'SIGKILL') return null
  const line = out.trim().split('\n').at(-1)
  if (!line?.startsWith('{')) throw new Error(`the child said: ${out}${errors}`)
  return JSON.parse(line) as Report
}
