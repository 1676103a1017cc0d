/** What every backend of the store keeps to, run over each of them. */
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ConnectionKey } from '../../runtime/model/connection.ts'
import { asConnectorName } from '../../runtime/model/ids.ts'
import type { AuditLine, StoreBackend, ValueScope } from '../../runtime/store/backend.ts'
import { leased } from '../../runtime/store/protocol.ts'
import { type ConnectionRecord, remaining, untouched } from '../../runtime/store/record.ts'
import { recordFor } from './contract-record.ts'
import { acme, other } from './support.ts'

/** Opens a store of its own, and opens the same one again when asked. */
export type OpenBackend = () => Promise<{
  readonly backend: StoreBackend
  readonly again: () => Promise<StoreBackend>
}>

const scope: ValueScope = {
  tenant: acme.tenant,
  connector: asConnectorName('crm'),
  cycle: null,
}

const line: AuditLine = {
  tenant: acme.tenant,
  connection: acme.id,
  by: 'refresh',
  fromGeneration: 0,
  toGeneration: 1,
  result: 'renewed',
  inDoubt: false,
  reason: null,
  at: '2026-11-23T10:00:00.000Z',
}

export function keepsTheContract(name: string, openBackend: OpenBackend): void {
  const opened = async () => {
    const { backend, again } = await openBackend()
    onTestFinished(() => backend[Symbol.asyncDispose]())
    const more = async () => {
      const next = await again()
      onTestFinished(() => next[Symbol.asyncDispose]())
      return next
    }
    return { backend, more }
  }

  describe(`${name}: connections`, () => {
    test('insert() stores a record that read() gives back whole', async () => {
      const { backend, more } = await opened()
      const pending = { fence: 3, sends: 2, answer: 'YWJj', misread: true }
      const record = recordFor(acme, {
        state: 'sessionInvalid',
        reason: 'why ✓',
        generation: 7,
        renewal: {
          ...untouched,
          fence: 3,
          lease: { clock: 'boot', from: 1, until: 2 },
          pending: { refresh: pending, session: null },
          lastFailure: 'it failed',
          cooling: { clock: 'boot', from: 1, until: 9 },
        },
      })
      expect(await backend.insert(record)).toBe(true)
      const { record: stored } = await (await more()).read(acme)
      expect(plain(stored)).toEqual(plain(record))
    })

    test('insert() leaves a record that is there', async () => {
      const { backend } = await opened()
      await backend.insert(recordFor(acme))
      expect(await backend.insert(recordFor(acme, { incarnation: 'second' }))).toBe(false)
      expect((await backend.read(acme)).record?.incarnation).toBe('first')
    })

    test('list() gives the connections of one tenant, by id', async () => {
      const { backend } = await opened()
      const second = { ...acme, id: 'a' as ConnectionKey['id'] }
      for (const key of [acme, second, other]) await backend.insert(recordFor(key))
      const { records } = await backend.list(acme.tenant)
      expect(records.map(({ tenant, id }) => ({ tenant, id }))).toEqual([second, acme])
    })

    test('remove() removes one connection of one tenant', async () => {
      const { backend } = await opened()
      for (const key of [acme, other]) await backend.insert(recordFor(key))
      expect(await backend.remove(acme)).toBe(true)
      expect(await backend.remove(acme)).toBe(false)
      expect((await backend.read(acme)).record).toBeNull()
      expect((await backend.read(other)).record).not.toBeNull()
    })

    test('erase() deletes all of a tenant and nothing of another', async () => {
      const { backend } = await opened()
      for (const key of [acme, other]) {
        const record = recordFor(key)
        await backend.insert(record)
        const audit = { ...line, tenant: key.tenant }
        await backend.write({ step: 'commit', seen: record, next: record, audit })
      }
      expect(await backend.erase(acme.tenant)).toBe(1)
      expect((await backend.read(acme)).record).toBeNull()
      expect(await backend.audit(acme.tenant, 9)).toEqual([])
      expect((await backend.read(other)).record).not.toBeNull()
      expect(await backend.audit(other.tenant, 9)).toHaveLength(1)
    })
  })

  describe(`${name}: compare-and-set`, () => {
    test('write() changes the record that was seen, once', async () => {
      const { backend } = await opened()
      const seen = recordFor(acme)
      await backend.insert(seen)
      const next = { ...seen, generation: 1 }
      expect(await backend.write({ step: 'commit', seen, next, audit: null })).toBe(true)
      expect(await backend.write({ step: 'commit', seen, next, audit: null })).toBe(false)
      expect((await backend.read(acme)).record).toMatchObject({ generation: 1, version: 1 })
    })

    test('write() leaves a connection that was made anew', async () => {
      const { backend } = await opened()
      const seen = recordFor(acme)
      await backend.insert(seen)
      await backend.remove(acme)
      await backend.insert(recordFor(acme, { incarnation: 'second' }))
      expect(await backend.write({ step: 'commit', seen, next: seen, audit: null })).toBe(false)
    })

    test('write() leaves the connection of another tenant', async () => {
      const { backend } = await opened()
      const seen = recordFor(acme)
      for (const key of [acme, other]) await backend.insert(recordFor(key))
      const next = { ...seen, reason: 'changed' }
      await backend.write({ step: 'mark', seen, next, audit: null })
      expect((await backend.read(other)).record).toMatchObject({ reason: null, version: 0 })
    })

    test('write() adds its audit line, or neither', async () => {
      const { backend } = await opened()
      const seen = recordFor(acme)
      await backend.insert(seen)
      const lost = { ...line, reason: 'lost' }
      await backend.write({ step: 'commit', seen, next: seen, audit: line })
      await backend.write({ step: 'commit', seen, next: seen, audit: lost })
      expect(await backend.audit(acme.tenant, 9)).toEqual([line])
    })

    test('write() lets one of many who saw the same record win', async () => {
      const { backend, more } = await opened()
      const seen = recordFor(acme)
      await backend.insert(seen)
      const backends = [backend, await more(), await more()]
      const won = await Promise.all(
        Array.from({ length: 30 }, (_, index) => {
          const next = { ...seen, generation: index }
          const writer = backends[index % backends.length] ?? backend
          return writer.write({ step: 'lease', seen, next, audit: null })
        }),
      )
      expect(won.filter(Boolean)).toHaveLength(1)
      const winner = won.indexOf(true)
      expect((await backend.read(acme)).record?.generation).toBe(winner)
    })
  })

  describe(`${name}: clock`, () => {
    test('read() tells a time that grows, by one clock for everybody', async () => {
      const { backend, more } = await opened()
      const first = (await backend.read(acme)).now
      await new Promise((resolve) => setTimeout(resolve, 15))
      const second = (await (await more()).read(acme)).now
      expect(second.clock).toBe(first.clock)
      expect(second.ms - first.ms).toBeGreaterThanOrEqual(10)
      expect(second.ms - first.ms).toBeLessThan(10_000)
    })

    test('a lease taken over one connection to the store holds over another', async () => {
      const { backend, more } = await opened()
      await backend.insert(recordFor(acme))
      const { record, now } = await backend.read(acme)
      if (!record) throw new Error('the record is not there')
      const next = leased(record, { stale: record, by: 'refresh', now, leaseMs: 60_000 })
      if (!next) throw new Error('the lease is not free')
      await backend.write({ step: 'lease', seen: record, next, audit: null })
      const seen = await (await more()).read(acme)
      expect(remaining(seen.record?.renewal.lease ?? null, seen.now)).toBeGreaterThan(50_000)
    })
  })

  describe(`${name}: values and runs`, () => {
    test('values.swap() adds, changes and drops what was seen, and nothing else', async () => {
      const { values } = (await opened()).backend
      const swap = (seen: string | null, next: string | null) =>
        values.swap(scope, 'page', { seen, next })
      expect(await swap('1', '2')).toBe(false)
      expect(await swap(null, '1')).toBe(true)
      expect(await swap(null, '9')).toBe(false)
      expect(await swap('1', '2 ✓')).toBe(true)
      expect(await values.get(scope, 'page')).toBe('2 ✓')
      expect(await swap('1', null)).toBe(false)
      expect(await swap('2 ✓', null)).toBe(true)
      expect(await values.get(scope, 'page')).toBeNull()
    })

    test('values keep tenants, connectors and cycles apart', async () => {
      const { values } = (await opened()).backend
      const scopes = [
        scope,
        { ...scope, tenant: other.tenant },
        { ...scope, connector: asConnectorName('shop') },
        { ...scope, cycle: 'cycle-1' },
      ]
      for (const [index, each] of scopes.entries()) {
        await values.swap(each, 'key', { seen: null, next: String(index) })
      }
      for (const [index, each] of scopes.entries()) {
        expect(await values.list(each)).toEqual([{ key: 'key', value: String(index) }])
        expect(await values.size(each)).toMatchObject({ keys: 1 })
      }
      await values.clear(scope)
      const sizes = await Promise.all(scopes.map((each) => values.size(each)))
      expect(sizes.map(({ keys }) => keys)).toEqual([0, 1, 1, 1])
    })

    test('values.list() is in the order of the code points', async () => {
      const { values } = (await opened()).backend
      for (const key of ['b', 'é', 'a', 'B', '_']) {
        await values.swap(scope, key, { seen: null, next: '' })
      }
      expect((await values.list(scope)).map(({ key }) => key)).toEqual(['B', '_', 'a', 'b', 'é'])
    })

    test('runs belong to a connection and a method, and go with the connection', async () => {
      const { backend } = await opened()
      for (const key of [acme, other]) await backend.insert(recordFor(key))
      const at = '2026-11-23T10:00:00.000Z'
      for (const key of [acme, other]) await backend.runs.set({ ...key, method: 'list' }, 'earlier')
      await backend.runs.set({ ...acme, method: 'list' }, at)
      expect(await backend.runs.get({ ...acme, method: 'list' })).toBe(at)
      expect(await backend.runs.get({ ...acme, method: 'get' })).toBeNull()
      await backend.remove(acme)
      expect(await backend.runs.get({ ...acme, method: 'list' })).toBeNull()
      expect(await backend.runs.get({ ...other, method: 'list' })).toBe('earlier')
    })

    test('erase() deletes the values and runs of a tenant', async () => {
      const { backend } = await opened()
      const theirs = { ...scope, tenant: other.tenant }
      for (const each of [scope, theirs]) {
        await backend.values.swap(each, 'key', { seen: null, next: 'x' })
      }
      await backend.runs.set({ ...acme, method: 'list' }, 'at')
      await backend.erase(acme.tenant)
      expect(await backend.values.size(scope)).toEqual({ keys: 0, bytes: 0 })
      expect(await backend.values.size(theirs)).toMatchObject({ keys: 1 })
      expect(await backend.runs.get({ ...acme, method: 'list' })).toBeNull()
    })
  })

  describe(`${name}: operator's keys`, () => {
    test('dropCanaries() keeps the named key, and those still in use', async () => {
      const { backend } = await opened()
      for (const keyId of ['key-1', 'key-2', 'key-3']) {
        await backend.addCanary({ keyId, bytes: Uint8Array.of(1) })
      }
      await backend.insert(recordFor(acme))
      await backend.dropCanaries('key-3')
      expect((await backend.canaries()).map(({ keyId }) => keyId)).toEqual(['key-1', 'key-3'])
    })

    test('addCanary() keeps the first one of a key', async () => {
      const { backend } = await opened()
      await backend.addCanary({ keyId: 'key-1', bytes: Uint8Array.of(1) })
      await backend.addCanary({ keyId: 'key-1', bytes: Uint8Array.of(2) })
      const [canary] = await backend.canaries()
      expect([...(canary?.bytes ?? [])]).toEqual([1])
    })

    test('wrappedByOthers() names the connections of every tenant that are left', async () => {
      const { backend } = await opened()
      const newer = { keyId: 'key-2', bytes: Uint8Array.of(1) }
      await backend.insert(recordFor(acme))
      await backend.insert(recordFor(other, { dataKey: newer }))
      expect(await backend.wrappedByOthers('key-2', 9)).toEqual([acme])
      expect(await backend.wrappedByOthers('key-3', 1)).toHaveLength(1)
    })
  })
}

/** Bytes as plain lists: what comes out of a store is another kind of array. */
function plain(record: ConnectionRecord | null): unknown {
  return (
    record && {
      ...record,
      credential: [...record.credential],
      dataKey: { ...record.dataKey, bytes: [...record.dataKey.bytes] },
    }
  )
}
