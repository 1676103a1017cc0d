import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { bootClock } from '../../runtime/store/boot-clock.ts'
import { applicationId, migrations } from '../../runtime/store/migrations.ts'
import { remaining, spanFrom } from '../../runtime/store/record.ts'
import { openSqlite } from '../../runtime/store/sqlite.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { keepsTheContract } from './contract.ts'
import { recordFor } from './contract-record.ts'
import { acme } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

keepsTheContract('SQLite', async () => {
  const file = join(temporaryFolder(), 'store.db')
  return { backend: await openSqlite(file), again: () => openSqlite(file) }
})

async function failureOf(opening: Promise<unknown>): Promise<StoreFailure> {
  const error = await opening.catch((reason: unknown) => reason)
  if (!(error instanceof StoreFailure)) throw new Error(`no StoreFailure but ${error}`)
  expect(error.cure).not.toBeNull()
  return error
}

test('openSqlite() makes the folder and the file for their owner alone', async () => {
  const folder = join(temporaryFolder(), 'deep', 'inside')
  const file = join(folder, 'store.db')
  await using backend = await openSqlite(file)
  await backend.insert(recordFor(acme))
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  for (const name of [file, `${file}-wal`, `${file}-shm`]) {
    expect(statSync(name).mode & 0o777).toBe(0o600)
  }
})

test('openSqlite() opens one new file for many at once', async () => {
  const file = join(temporaryFolder(), 'store.db')
  const backends = await Promise.all(Array.from({ length: 8 }, () => openSqlite(file)))
  onTestFinished(async () => {
    await Promise.all(backends.map((backend) => backend[Symbol.asyncDispose]()))
  })
  expect(await backends[0]?.insert(recordFor(acme))).toBe(true)
  expect(await backends[7]?.insert(recordFor(acme))).toBe(false)
})

test('openSqlite() refuses a file that is no database, and leaves it', async () => {
  const file = join(temporaryFolder(), 'store.db')
  const content = 'these are my notes\n'.repeat(500)
  writeFileSync(file, content)
  expect((await failureOf(openSqlite(file))).message).toContain(`${file} is damaged, or is no`)
  expect(readFileSync(file, 'utf8')).toBe(content)
})

test('openSqlite() refuses the database of another program, and leaves it', async () => {
  const file = join(temporaryFolder(), 'music.db')
  const theirs = new DatabaseSync(file)
  theirs.exec('CREATE TABLE songs (title TEXT)')
  theirs.close()
  const content = readFileSync(file)
  expect((await failureOf(openSqlite(file))).message).toContain('of another program')
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('openSqlite() refuses a store of a newer version, and leaves it', async () => {
  const file = join(temporaryFolder(), 'store.db')
  await (await openSqlite(file))[Symbol.asyncDispose]()
  const newer = new DatabaseSync(file)
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  const content = readFileSync(file)
  expect((await failureOf(openSqlite(file))).message).toMatch(
    /has schema 99; this version .* knows/,
  )
  expect(readFileSync(file).equals(content)).toBe(true)
})

test('openSqlite() brings a store of each older version up to date, and keeps what is in it', async () => {
  for (let version = 1; version < migrations.length; version++) {
    const file = join(temporaryFolder(), 'store.db')
    const older = new DatabaseSync(file)
    for (const step of migrations.slice(0, version)) older.exec(step)
    older.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version}`)
    older.exec(`INSERT INTO operator_keys VALUES ('key-1', x'01')`)
    older.close()
    await using backend = await openSqlite(file)
    expect(await backend.canaries()).toHaveLength(1)
    expect(await backend.insert(recordFor(acme))).toBe(true)
    await backend.runs.set({ ...acme, method: 'list' }, 'now')
  }
})

test('read() says that a file is damaged', async () => {
  const file = join(temporaryFolder(), 'store.db')
  {
    await using backend = await openSqlite(file)
    await backend.insert(recordFor(acme, { credential: new Uint8Array(50_000) }))
  }
  const bytes = readFileSync(file)
  bytes.fill(0x55, 4096)
  writeFileSync(file, bytes)
  const reading = openSqlite(file).then(async (backend) => {
    onTestFinished(() => backend[Symbol.asyncDispose]())
    return backend.read(acme)
  })
  expect((await failureOf(reading)).message).toContain('damaged')
})

test('insert() says that the disk is full, and keeps what was there', async () => {
  const file = join(temporaryFolder(), 'store.db')
  {
    await using backend = await openSqlite(file)
    await backend.insert(recordFor(acme))
  }
  await using full = await openSqlite(file, { maximumPages: 12, patienceMs: 1e9 })
  const big = recordFor(
    { ...acme, id: 'big' as typeof acme.id },
    { credential: new Uint8Array(1e6) },
  )
  const failure = await failureOf(full.insert(big))
  expect(failure.message).toContain('the disk is full')
  expect(failure.passing).toBe(true)
  expect((await full.read(acme)).record?.credential).toHaveLength(3)
})

test('insert() waits for another writer, and then says who is in the way', async () => {
  const file = join(temporaryFolder(), 'store.db')
  await using backend = await openSqlite(file, { patienceMs: 150 })
  const writer = new DatabaseSync(file)
  onTestFinished(() => writer.close())
  writer.exec('BEGIN IMMEDIATE')
  expect((await failureOf(backend.insert(recordFor(acme)))).message).toContain('kept busy')
  writer.exec('COMMIT')
  expect(await backend.insert(recordFor(acme))).toBe(true)
})

const childFile = new URL('child/open-as.ts', import.meta.url).pathname

/** Opens the file in a process of an ordinary user: root is refused nothing. */
function openedAsOrdinaryUser(file: string): string {
  const child = spawnSync(process.execPath, [childFile, file], { encoding: 'utf8' })
  return child.stdout + child.stderr
}

test.runIf(process.getuid?.() === 0)(
  'openSqlite() says that a file may not be written to',
  async () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    const file = join(folder, 'store.db')
    await (await openSqlite(file))[Symbol.asyncDispose]()
    chmodSync(file, 0o444)
    const content = readFileSync(file)
    expect(openedAsOrdinaryUser(file)).toContain(`StoreFailure: The store ${file} cannot be opened`)
    expect(readFileSync(file).equals(content)).toBe(true)
  },
)

test.runIf(process.getuid?.() === 0)(
  'openSqlite() says that a folder may not be written to',
  async () => {
    const folder = join(temporaryFolder(), 'inside')
    chmodSync(join(folder, '..'), 0o755)
    mkdirSync(folder, { mode: 0o755 })
    const missing = join(folder, 'new.db')
    expect(openedAsOrdinaryUser(missing)).toContain(`StoreFailure: The store ${missing} cannot be`)
    expect(existsSync(missing)).toBe(false)

    const file = join(folder, 'store.db')
    await (await openSqlite(file))[Symbol.asyncDispose]()
    chownSync(file, 65_534, 65_534)
    expect(openedAsOrdinaryUser(file)).toContain(
      `StoreFailure: The store ${file} may not be written`,
    )
  },
)

test('erase() leaves nothing of a tenant in any of the files', async () => {
  const file = join(temporaryFolder(), 'store.db')
  await using backend = await openSqlite(file)
  const mark = Buffer.from('a-mark-that-is-nowhere-else')
  await backend.insert(recordFor(acme, { credential: mark, reason: mark.toString() }))
  const anywhere = () =>
    [file, `${file}-wal`].filter((name) => existsSync(name) && readFileSync(name).includes(mark))
  expect(anywhere()).not.toEqual([])
  await backend.erase(acme.tenant)
  expect(anywhere()).toEqual([])
})

test('erase() says when a reader keeps the log, and remove() leaves it for later', async () => {
  const file = join(temporaryFolder(), 'store.db')
  await using backend = await openSqlite(file, { patienceMs: 150 })
  await backend.insert(recordFor(acme))
  const reader = new DatabaseSync(file)
  onTestFinished(() => reader.close())
  reader.exec('BEGIN; SELECT * FROM connections')
  expect(await backend.remove(acme)).toBe(true)
  expect((await failureOf(backend.erase(acme.tenant))).message).toContain('kept busy')
  reader.exec('COMMIT')
  expect(await backend.erase(acme.tenant)).toBe(0)
})

test('bootClock() goes on while the wall clock is set', () => {
  const clock = bootClock()
  const first = clock()
  const wallClock = Date.now
  onTestFinished(() => {
    Date.now = wallClock
  })
  Date.now = () => 0
  expect(clock().ms - first.ms).toBeLessThan(1_000)
  expect(clock().clock).toBe(first.clock)
})

test('remaining() counts nothing of another boot', () => {
  const now = { clock: 'this boot', ms: 5_000 }
  const lease = spanFrom(now, 1_000)
  expect(remaining(lease, { ...now, ms: 5_400 })).toBe(600)
  expect(remaining(lease, { ...now, ms: 6_000 })).toBe(0)
  expect(remaining(lease, { ...now, clock: 'the next boot' })).toBe(0)
  expect(remaining(lease, { ...now, ms: 20 })).toBe(0)
})
