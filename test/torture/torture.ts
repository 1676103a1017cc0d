/** `npm run torture -- [rounds] [lanes]`: kills at every step, that many times, on both stores. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../support/postgres.ts'
import { deaths } from './deaths.ts'
import { torture } from './rounds.ts'

const [rounds = 250, lanes = 12] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), 'hookline-torture-'))
await using postgres = await startPostgres()
const stores = { SQLite: join(folder, 'store.db'), Postgres: await postgres.database() }
for (const [name, store] of Object.entries(stores)) {
  const began = performance.now()
  const tally = await torture({ store, deaths, rounds, lanes })
  const seconds = Math.round((performance.now() - began) / 1000)
  process.stdout.write(`${JSON.stringify({ store: name, seconds, ...tally })}\n`)
  const within = tally.refreshes <= tally.expiries + tally.crashes
  if (tally.faults.length > 0 || !within) process.exitCode = 1
}
rmSync(folder, { recursive: true, force: true })
