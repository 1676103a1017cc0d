/** One worker of the bench, as a process: it drains a queue of jobs that take 20 ms each. */
import { setTimeout as delay } from 'node:timers/promises'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import { createWorker } from '../../runtime/worker/worker.ts'
import { noOpCalls } from './worker-no-op.ts'
import { openBoss, pumpBoss } from './worker-pg-boss.ts'

const [, , kind = '', address = '', concurrency = '50', ms = '20'] = process.argv

const begin = new Promise<void>((resolve) => process.once('message', () => resolve()))

if (kind === 'hookline') {
  const database = new PostgresServer(address)
  process.send?.('ready')
  await begin
  const runtime = noOpCalls(Number(ms))
  await createWorker({ runtime, database, concurrency: Number(concurrency) })
} else {
  const boss = await openBoss(address)
  process.send?.('ready')
  await begin
  await pumpBoss(boss, Number(concurrency), () => delay(Number(ms)))
}
