import { afterAll, expect, onTestFinished, test } from 'vitest'
import { openPostgres } from '../../runtime/store/postgres.ts'
import { PostgresServer } from '../../runtime/store/postgres-server.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { query, startPostgres } from '../support/postgres.ts'
import { keepsTheContract } from './contract.ts'
import { recordFor } from './contract-record.ts'
import { accessTokenOf, acme, never, newConnection, refresh, someKeys } from './support.ts'

const server = await startPostgres()
afterAll(() => server[Symbol.asyncDispose]())

keepsTheContract('Postgres', async () => {
  const address = await server.database()
  return { backend: await openPostgres(address), again: () => openPostgres(address) }
})

async function failureOf(opening: Promise<unknown>): Promise<StoreFailure> {
  const error = await opening.catch((reason: unknown) => reason)
  if (error instanceof StoreFailure) return error
  throw new Error(`no StoreFailure but ${error}`)
}

test('openPostgres() opens one new database for many at once', async () => {
  const address = await server.database()
  const backends = await Promise.all(Array.from({ length: 6 }, () => openPostgres(address)))
  expect(await backends[0]?.insert(recordFor(acme))).toBe(true)
  expect(await backends[5]?.insert(recordFor(acme))).toBe(false)
  await Promise.all(backends.map((backend) => backend[Symbol.asyncDispose]()))
})

test('runPrepared() has a statement planned once, and keeps statements apart', async () => {
  const database = new PostgresServer(await server.database())
  onTestFinished(() => database.close())
  for (let round = 0; round < 3; round++) {
    expect((await database.runPrepared('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    expect((await database.runPrepared('SELECT $1::text AS it', ['x'])).rows).toEqual([{ it: 'x' }])
  }
  const prepared = 'SELECT statement FROM pg_prepared_statements ORDER BY statement'
  expect((await database.run(prepared)).rows).toEqual([
    { statement: 'SELECT $1::text AS it' },
    { statement: 'SELECT 1 AS one' },
  ])
})

test('openPostgres() refuses a store of a newer version, and leaves it', async () => {
  const address = await server.database()
  await (await openPostgres(address))[Symbol.asyncDispose]()
  await query(address, 'UPDATE hookline.schema_version SET version = 99')
  expect((await failureOf(openPostgres(address))).message).toContain('has schema 99')
  expect(await query(address, 'SELECT * FROM hookline.schema_version')).toEqual([{ version: 99 }])
})

test('openPostgres() refuses a server that may lose what it committed', async () => {
  const address = await server.database()
  await query(
    address,
    `ALTER DATABASE ${new URL(address).pathname.slice(1)} SET synchronous_commit = off`,
  )
  expect((await failureOf(openPostgres(address))).message).toContain(
    'may lose what it has committed',
  )
})

test('openPostgres() names the server without its password, and the cure', async () => {
  const address = await server.database()
  const elsewhere = address
    .replace('postgres@', 'postgres:pa55word@')
    .replace(/test_\d+$/, 'nowhere')
  const failure = await failureOf(openPostgres(elsewhere))
  expect(failure.message).toMatch(/nowhere has no database of that name/)
  expect(failure.cure).toContain('createdb')
  expect(`${failure.message}${failure.stack}`).not.toContain('pa55word')

  await query(address, 'CREATE ROLE nobody_special LOGIN')
  const forbidden = address.replace('postgres@', 'nobody_special@')
  expect((await failureOf(openPostgres(forbidden))).message).toContain('forbids this user')
})

test('a server that goes away in the middle loses no answer', async () => {
  const address = await server.database()
  await using vault = await openVault({ store: address, keys: someKeys() })
  await vault.create(newConnection())
  const stale = await vault.current(acme)
  const renewal = refresh(async () => {
    await server.kill()
    return '1'
  })
  const renewing = vault.replace(acme, stale, renewal, never())
  renewing.catch(() => {})
  await expect.poll(() => renewal.sent).toBe(1)
  await server.start()
  const { credential } = await renewing
  expect([accessTokenOf(credential), renewal.sent]).toEqual(['access-1', 1])
})

test('a server that is away means no renewal, and recovery by itself', async () => {
  const address = await server.database()
  await using vault = await openVault({ store: address, keys: someKeys() })
  await vault.create(newConnection())
  const stale = await vault.current(acme)
  await server.kill()
  const renewal = refresh(() => '1')
  const failing = vault.replace(acme, stale, renewal, never())
  await expect(failing).rejects.toMatchObject({
    ...{ type: 'AuthRefreshFailed', reason: 'store-unavailable' },
    message: expect.stringContaining('cannot be reached'),
  })
  expect(renewal.sent).toBe(0)
  await server.start()
  await vault.replace(acme, stale, renewal, never())
  expect(renewal.sent).toBe(1)
  onTestFinished(() => {})
})
