import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { asConnectionId, asConnectorName, asTenant } from '../../runtime/model/ids.ts'
import type { Store } from '../../runtime/store/store.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { accessTokenOf, never, newConnection, refresh, someKeys, tokens } from './support.ts'
import { temporaryFolder } from './temporary-folder.ts'

const names = ['acme', 'acme.', 'other'] as const
const actions = ['create', 'replace', 'mark', 'remove', 'store', 'run', 'erase'] as const
const step = fc.record({
  tenant: fc.constantFrom(...names),
  id: fc.constantFrom('a', 'b'),
  action: fc.constantFrom(...actions),
  number: fc.integer({ min: 1, max: 999 }),
})
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

async function act(vault: Store, { tenant, id, action, number }: Step): Promise<void> {
  const key = { tenant: asTenant(tenant), id: asConnectionId(id) }
  const scope = { tenant: key.tenant, connector: asConnectorName('crm'), cycle: null }
  switch (action) {
    case 'create':
      await vault.create({ ...newConnection(key), auth: tokens(number) }, { replace: true })
      break
    case 'replace':
      if (!(await vault.get(key))) break
      await vault.replace(
        key,
        await vault.current(key),
        refresh(() => String(number)),
        never(),
      )
      break
    case 'mark':
      if (await vault.get(key))
        await vault.mark(key, { state: 'sessionExpired', reason: `reason ${number}` })
      break
    case 'remove':
      await vault.remove(key)
      break
    case 'store':
      await vault.storage.set(scope, id, String(number))
      break
    case 'run':
      await vault.lastRuns.set({ ...key, method: 'list' }, new Date(number))
      break
    case 'erase':
      await vault.erase(key.tenant)
  }
}

/** Everything that a tenant can see. */
async function seenBy(vault: Store, name: string): Promise<unknown> {
  const tenant = asTenant(name)
  const connections = await vault.list(tenant)
  return {
    connections: connections.map(({ id, state, reason, renewal }) => ({
      ...{ id, state, reason, count: renewal.count },
    })),
    credentials: await Promise.all(
      connections.map(async ({ id }) => accessTokenOf(await vault.current({ tenant, id }))),
    ),
    runs: await Promise.all(
      ['a', 'b'].map((id) =>
        vault.lastRuns.get({ tenant, id: asConnectionId(id), method: 'list' }),
      ),
    ),
    stored: await vault.storage.list({ tenant, connector: asConnectorName('crm'), cycle: null }),
    audit: (await vault.audit(tenant)).map(({ connection, result, toGeneration }) => ({
      ...{ connection, result, toGeneration },
    })),
  }
}

async function newVault(): Promise<Store> {
  const vault = await openVault({ store: join(temporaryFolder(), 'store.db'), keys: someKeys() })
  onTestFinished(() => vault[Symbol.asyncDispose]())
  return vault
}

test('a tenant sees what it would see if it were alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const shared = await newVault()
      for (const each of steps) await act(shared, each)
      for (const name of names) {
        const alone = await newVault()
        for (const each of steps) if (each.tenant === name) await act(alone, each)
        expect(await seenBy(shared, name)).toEqual(await seenBy(alone, name))
      }
    }),
    { numRuns: 20 },
  )
})

test('tenants renew connections of the same name at the same time, each its own', async () => {
  const vault = await newVault()
  const keys = names.map((name) => ({ tenant: asTenant(name), id: asConnectionId('crm') }))
  for (const key of keys) await vault.create(newConnection(key))
  const results = await Promise.all(
    keys.map(async (key, index) => {
      const renewal = refresh(() => String(index + 1))
      const { credential } = await vault.replace(key, await vault.current(key), renewal, never())
      return { token: accessTokenOf(credential), sent: renewal.sent }
    }),
  )
  expect(results).toEqual([1, 2, 3].map((number) => ({ token: `access-${number}`, sent: 1 })))
})
