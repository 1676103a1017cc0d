import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { UsageError } from '../../runtime/model/usage-error.ts'
import { createRuntime } from '../../runtime/runtime.ts'
import { type KeyProvider, localKeys } from '../../runtime/store/keys.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { temporaryFolder } from '../store/temporary-folder.ts'
import { json, startVendor } from '../support/vendor.ts'
import { tokens, World, type WorldOptions } from '../support/world.ts'

const oauth = `
base_url: https://api.acme.example
auth: { type: oauth2, grant: authorization_code, authorization_url: https://api.acme.example/authorize,
        token_url: https://api.acme.example/token, client_id: id }
errors:
  - { type: InvalidCredential, message: revoked, filter: { path: data.error, operator: equal, value: revoked } }
methods: { get: { path: /things } }
`

const away = () => Promise.reject(new StoreFailure('The store is away', { cure: 'Wait' }))

type Vault = ReturnType<World['ports']>['vault']

/** A world with a vault that is partly another one. */
class OtherVault extends World {
  readonly #part: Partial<Vault>
  constructor(part: Partial<Vault>, options: Partial<WorldOptions> = {}) {
    const vendor = () => ({ json: { fine: true } })
    super({ definition: oauth, auth: tokens('good'), vendor, ...options })
    this.#part = part
  }
  override ports() {
    const ports = super.ports()
    return { ...ports, vault: { ...ports.vault, ...this.#part } }
  }
}

test('executeCall() fails as store-unavailable, to be tried later, while the store is away', async () => {
  const world = new OtherVault({ current: away })
  expect(await world.call()).toMatchObject({
    kind: 'failure',
    failure: {
      type: 'AuthRefreshFailed',
      reason: 'store-unavailable',
      message: 'No credential without the store: The store is away. Wait',
    },
  })
  expect([world.requests.length, world.marks.length]).toEqual([0, 0])
})

test('executeCall() fails for want of a connection that was removed meanwhile', async () => {
  const gone = () => Promise.reject(new UsageError('sessionMissing', 'There is none'))
  const world = new OtherVault({ current: gone })
  expect(await world.call()).toMatchObject({
    failure: { type: 'InvalidCredential', reason: 'sessionMissing', message: 'There is none' },
  })
})

test('executeCall() fails where the stored credential no longer opens', async () => {
  const closed = () => Promise.reject(new UsageError('entityInvalid', 'Another key wrapped it'))
  const world = new OtherVault({ current: closed })
  expect(await world.call()).toMatchObject({
    failure: { type: 'InvalidCredential', reason: 'unreadable' },
  })
})

test('executeCall() stays a success, and says so, where the store is away after the vendor acted', async () => {
  const world = new OtherVault({ mark: away }, { state: 'sessionInvalid' })
  const outcome = await world.call()
  expect(outcome.kind).toBe('success')
  expect(JSON.stringify(outcome.trail)).toContain('not kept: ')
})

test('executeCall() marks nothing where a new login has replaced the credential that it used', async () => {
  const world: World = new World({
    definition: oauth,
    auth: tokens('good'),
    vendor: () => {
      world.credential = { ...world.credential, generation: 2, refreshed: 1 }
      return { json: { error: 'revoked' } }
    },
  })
  expect(await world.call()).toMatchObject({ failure: { type: 'InvalidCredential' } })
  expect(world.marks).toEqual([])
})

test('call() recovers by itself when the key service is back', async () => {
  await using vendor = await startVendor()
  vendor.answers(json({ fine: true }))
  const local = localKeys([randomBytes(32)], 'the test')
  let isAway = false
  const unlessAway = <Result>(work: () => Promise<Result>) =>
    isAway ? Promise.reject(new Error('503')) : work()
  const keys: KeyProvider = {
    wrap: (...words) => unlessAway(() => local.wrap(...words)),
    unwrap: (...words) => unlessAway(() => local.unwrap(...words)),
  }
  const options = {
    connectors: {
      definition: {
        name: 'acme',
        base_url: vendor.origin,
        auth: { type: 'api_key', in: 'header', as: 'X-Key' },
        methods: { get: { path: '/api' } },
      },
    },
    store: `${temporaryFolder()}/store.db`,
    keys,
    allowPrivate: ['127.0.0.0/8'],
  } as const
  const ann = { tenant: 't', connector: 'acme', connection: 'ann' }
  {
    await using first = createRuntime(options)
    await first.connections.create({ ...ann, key: 'k' })
  }
  await using runtime = createRuntime(options)
  isAway = true
  for (let times = 0; times < 2; times++) {
    expect(await runtime.call({ ...ann, method: 'get' })).toMatchObject({
      failure: { type: 'AuthRefreshFailed', reason: 'store-unavailable' },
    })
  }
  isAway = false
  expect(await runtime.call({ ...ann, method: 'get' })).toMatchObject({ kind: 'success' })
})
