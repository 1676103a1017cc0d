/** Opens a store as an ordinary user, uses it once, and prints what went wrong. */
import { openSqlite } from '../../../runtime/store/sqlite.ts'
import { recordFor } from '../contract-record.ts'
import { acme } from '../support.ts'

process.setgid?.(65_534)
process.setuid?.(65_534)
try {
  await using backend = await openSqlite(process.argv[2] ?? '')
  await backend.insert(recordFor(acme))
} catch (error) {
  process.stdout.write(`${(error as Error).constructor.name}: ${(error as Error).message}\n`)
}
