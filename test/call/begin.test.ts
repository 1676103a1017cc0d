import { describe, expect, test } from 'vitest'
import { neverBegun, resolved } from '../../runtime/call/begin.ts'
import type { Call } from '../../runtime/model/call.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { StoreFailure } from '../../runtime/store/store-failure.ts'
import { World } from '../support/world.ts'

const registry = new World({
  definition: 'base_url: https://api.acme.example\nmethods: { get: { path: / } }',
  vendor: () => ({}),
}).registry()

describe('resolved()', () => {
  test('gives what was asked for', async () => {
    const call = {} as Call
    expect(await resolved(Promise.resolve(registry), async () => call)).toBe(call)
  })

  test('gives the failure of a call that cannot begin', async () => {
    const failure = new CallFailure('DefinitionInvalid', 'no such method')
    const failing = resolved(Promise.resolve(registry), () => Promise.reject(failure))
    expect(await failing).toBe(failure)
    const away = Promise.reject(new StoreFailure('The store is away', { cure: 'Wait' }))
    expect(await resolved(away, async () => ({}) as Call)).toMatchObject({
      reason: 'store-unavailable',
    })
  })

  test('lets a bug escape', async () => {
    const bug = new TypeError('a bug')
    const failing = resolved(Promise.resolve(registry), () => Promise.reject(bug))
    await expect(failing).rejects.toBe(bug)
  })
})

test('neverBegun() is an outcome of its own call, with nothing in its trail', () => {
  const failure = new CallFailure('DefinitionInvalid', 'no such method')
  const [one, two] = [neverBegun(failure), neverBegun(failure)]
  expect(one).toEqual({
    kind: 'failure',
    failure,
    call: expect.stringMatching(/./),
    trail: { startedAt: expect.any(Date), ms: 0, attempts: [] },
  })
  expect(two.call).not.toBe(one.call)
})
