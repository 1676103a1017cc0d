import { describe, expect, test } from 'vitest'
import { openSandbox } from '../../runtime/sandbox/host/pool.ts'
import { pendingCapability, watchedSandbox } from './support.ts'

const after = (body: string): string => `function after_action() { ${body} }`
const endless = after('for (;;);')

describe('slots', () => {
  test('run() lends the slot of a hook that waits for its host', async () => {
    await using pool = await watchedSandbox({ slots: 1 })
    const vendor = pendingCapability()
    const waiting = pool.run({
      connector: after('http_request({})'),
      capability: vendor.capability,
    })
    await vendor.asked
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
    vendor.answer()
    expect(await waiting).toMatchObject({ kind: 'returned' })
  })

  test('run() keeps a slot for urgent hooks', async () => {
    await using pool = await watchedSandbox({ slots: 1 })
    const busy = pool.run({ connector: endless, hookMs: 2_000 })
    const order: string[] = []
    const plain = pool.run({ connector: after('') }).then(() => order.push('plain'))
    const urgent = pool.run({ connector: after(''), urgent: true }).then(() => order.push('urgent'))
    await Promise.allSettled([busy, plain, urgent])
    expect(order).toEqual(['urgent', 'plain'])
  })

  test('run() never shares a process between tenants where each has its own cordon', async () => {
    await using pool = await watchedSandbox({ cordon: 'tenant' })
    for (const tenant of ['a', 'b', 'a']) await pool.run({ tenant, connector: after('') })
    expect(pool.pids('started')).toHaveLength(3)
  })
})

describe('processes', () => {
  test('openSandbox() rejects when no process comes up', async () => {
    const broken = openSandbox({ prelude: 'nonsense(' })
    await expect(broken).rejects.toThrow('the sandbox process did not start')
  })

  test('run() runs with the JIT where that is asked for', async () => {
    await using pool = await watchedSandbox({ jit: true })
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
    await expect(pool.run({ connector: endless, hookMs: 100 })).rejects.toMatchObject({
      type: 'ScriptTimeout',
    })
    expect(pool.sandbox.level().dataLimit).toBe(false)
  })

  test('run() lets a process that saw what may be a secret run nothing else', async () => {
    await using pool = await watchedSandbox({ slots: 1 })
    const seen = await pool.run({ connector: after('return true'), discard: true })
    expect(seen).toMatchObject({ kind: 'returned' })
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
    expect(pool.pids('started')).toHaveLength(2)
    await expect
      .poll(() => pool.events)
      .toContainEqual({
        kind: 'replaced',
        pid: pool.pids('started')[0],
        reason: 'its hook saw what may be a secret',
      })
  })

  test('run() replaces a process that grew, between hooks', async () => {
    await using pool = await watchedSandbox({ memory: { budgetMb: 20 } })
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
    expect(pool.events).toContainEqual(
      expect.objectContaining({ kind: 'replaced', reason: 'it had grown too large' }),
    )
  })
})
