/** `npm run bench -- renewal`: what a renewal costs its callers, its vendor and its store. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asConnectionId } from '../../runtime/model/ids.ts'
import { localKeys } from '../../runtime/store/keys.ts'
import { openBackend } from '../../runtime/store/open-backend.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { acme, never, newConnection, refresh } from '../store/support.ts'
import { startPostgres } from '../support/postgres.ts'
import type { Bench, Metric } from './metric.ts'
import { type StormResult, type StormShape, stormOverLock, stormOverStore } from './storm.ts'

const processes = 8
const callers = 25

function shape(generations: number, endpointMs: number): StormShape {
  return { processes, callers, generations: Math.max(2, Math.round(generations)), endpointMs }
}

export const bench: Bench = async function* ({ effort }) {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-bench-'))
  await using postgres = await startPostgres({ durable: true })
  const fast = shape(40 * effort, 60)
  const slow = shape(5 * effort, 1_500)
  const makers = {
    SQLite: async () => join(folder, `${randomBytes(4).toString('hex')}.db`),
    Postgres: () => postgres.database(),
  }
  try {
    const found: Found[] = []
    for (const [store, make] of Object.entries(makers)) {
      found.push({
        store,
        quick: await stormOverStore(await make(), fast),
        patient: await stormOverStore(await make(), slow),
        rate: await throughput(await make(), effort),
      })
    }
    yield* metricsOf(found, { fast, slow })
    const plain = await stormOverLock(1_000, slow)
    const note = 'a lock with a lease of 1 s and nothing else; endpoint 1.5 s'
    const shown = { target: null, note }
    yield { name: 'plainLock.perGeneration', value: plain.perGeneration, unit: '', ...shown }
    yield { name: 'plainLock.reuse', value: plain.reuse, unit: '', ...shown }
    yield { name: 'plainLock.failures', value: plain.failures, unit: 'callers', ...shown }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Found = {
  readonly store: string
  readonly quick: StormResult
  readonly patient: StormResult
  readonly rate: number
}

/** Of each figure the worse of the stores' counts; the note has each. */
function* metricsOf(
  found: readonly Found[],
  { fast, slow }: Readonly<Record<'fast' | 'slow', StormShape>>,
): Generator<Metric> {
  const most = (name: string, of: (each: Found) => number, atMost: number): Metric => {
    const value = Math.max(...found.map(of))
    return { name, value, unit: '', target: { atMost }, note: noteOf(found, of) }
  }
  const storms = ({ quick, patient }: Found) => [quick, patient]
  yield most(
    'renewal.perGeneration',
    (each) => Math.max(...storms(each).map(({ perGeneration }) => perGeneration)),
    1,
  )
  yield most('renewal.reuse', ({ quick, patient }) => quick.reuse + patient.reuse, 0)
  yield most('renewal.failures', ({ quick, patient }) => quick.failures + patient.failures, 0)
  yield most('renewal.wait.fast', ({ quick }) => quick.p99 / fast.endpointMs, 3)
  yield most('renewal.wait.slow', ({ patient }) => patient.p99 / slow.endpointMs, 1.3)
  const rate = ({ rate: value }: Found) => value
  yield {
    name: 'renewal.throughput',
    value: Math.min(...found.map(rate)),
    unit: 'x',
    target: { atLeast: 0.25 },
    note: noteOf(found, rate),
  }
}

function noteOf(found: readonly Found[], of: (each: Found) => number): string {
  return found.map((each) => `${each.store} ${of(each).toPrecision(3)}`).join(', ')
}

const batch = 50
const batches = 40
/** Not counted: in these the code is compiled, and statements are prepared. */
const warmUps = 15
const atOnce = 16

/**
 * Renewals a second, each of another connection, over plain durable changes of such rows a second.
 * A disk's speed changes from second to second, so they take turns.
 */
async function throughput(store: string, effort: number): Promise<number> {
  const keys = localKeys([randomBytes(32)], 'the bench')
  await using vault = await openVault({ store, keys })
  await using backend = await openBackend(store)
  const spent = { renewing: 0, writing: 0 }
  const all = warmUps + Math.max(2, Math.round(batches * effort))
  for (let number = 0; number < all; number++) {
    if (number === warmUps) Object.assign(spent, { renewing: 0, writing: 0 })
    const names = Array.from({ length: batch }, (_, index) => ({
      ...acme,
      id: asConnectionId(`c-${number}-${index}`),
    }))
    for (const key of names) await vault.create(newConnection(key))
    const held = await Promise.all(
      names.map(async (key) => [key, await vault.current(key)] as const),
    )
    spent.renewing += await timed(held, async ([key, stale]) => {
      await vault.replace(
        key,
        stale,
        refresh(() => '1'),
        never(),
      )
    })
    const rows = await Promise.all(names.map((key) => backend.read(key)))
    spent.writing += await timed(rows, async ({ record }) => {
      if (record) await backend.write({ step: 'mark', seen: record, next: record, audit: null })
    })
  }
  return spent.writing / spent.renewing
}

async function timed<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<number> {
  const began = performance.now()
  const left = items.values()
  const worker = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return performance.now() - began
}
