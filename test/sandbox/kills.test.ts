import { describe, expect, test } from 'vitest'
import { changes, global, pendingCapability, watchedSandbox } from './support.ts'

const after = (body: string): string => `function after_action() { ${body} }`
const endless = after('for (;;);')
const stuck = after('[].indexOf.call({ length: 2 ** 53 - 1 }, 1)')

describe('kills', () => {
  test('run() loses one call to a hook that has to be killed, and no other', async () => {
    await using pool = await watchedSandbox({ slots: 2 })
    const lost = pool.run({ connector: stuck, hookMs: 50 })
    const others = Array.from({ length: 5 }, () =>
      pool.run({ tenant: 'other', connector: after('') }),
    )
    await expect(lost).rejects.toMatchObject({ type: 'ScriptTimeout' })
    expect(await Promise.all(others)).toHaveLength(5)
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
  })

  test('run() gives a tenant whose hook was killed a process of its own', async () => {
    await using pool = await watchedSandbox()
    await expect(pool.run({ tenant: 'bad', connector: stuck, hookMs: 50 })).rejects.toThrow()
    await pool.run({ tenant: 'bad', connector: after('') })
    await pool.run({ tenant: 'good', connector: after('') })
    const [first, second, third] = pool.pids('started')
    expect(new Set([first, second, third]).size).toBe(3)
  })

  test('run() runs a hook once more whose process was killed from outside', async () => {
    await using pool = await watchedSandbox()
    const [pid = 0] = pool.pids('started')
    const running = pool.run({
      connector: after('for (let i = 0; i < 3e7; i++); v = 2'),
      hookMs: 30_000,
      globals: { v: global(1) },
    })
    process.kill(pid, 'SIGKILL')
    expect(changes(await running)).toEqual({ v: 2 })
    expect(pool.pids('started')).toHaveLength(2)
  })

  test('run() runs no hook once more that has acted', async () => {
    await using pool = await watchedSandbox()
    const vendor = pendingCapability()
    const running = pool.run({
      connector: after('http_request({})'),
      capability: vendor.capability,
    })
    const signal = await vendor.asked
    process.kill(pool.pids('started')[0] ?? 0, 'SIGKILL')
    await expect(running).rejects.toMatchObject({ type: 'ScriptMemoryLimit' })
    expect(signal.aborted).toBe(true)
    vendor.answer()
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
  })
})

describe('aborts', () => {
  test('run() rejects with the reason, and ends a running hook with its process', async () => {
    await using pool = await watchedSandbox()
    const vendor = pendingCapability()
    const controller = new AbortController()
    const running = pool.run(
      { connector: after('http_request({}); for (;;);'), capability: vendor.capability },
      controller.signal,
    )
    await vendor.asked
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
    expect(pool.pids('ended')).toHaveLength(1)
  })

  test('run() takes a waiting hook out of the queue, and kills nothing', async () => {
    await using pool = await watchedSandbox({ slots: 1, maxProcesses: 1 })
    const controller = new AbortController()
    const busy = pool.run({ connector: endless, hookMs: 200 })
    const waiting = pool.run({ connector: after('') }, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(busy).rejects.toMatchObject({ type: 'ScriptTimeout' })
    expect(pool.pids('ended')).toEqual([])
  })

  test('run() runs nothing for a signal that is aborted already', async () => {
    await using pool = await watchedSandbox()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(pool.run({ connector: after('') }, signal)).rejects.toThrow('enough')
  })

  test('dispose ends every process and rejects every hook', async () => {
    const pool = await watchedSandbox()
    const running = pool.run({ connector: endless, hookMs: 30_000 })
    const waiting = pool.run({ connector: after('') })
    const settled = Promise.allSettled([running, waiting])
    await pool[Symbol.asyncDispose]()
    for (const each of await settled) {
      expect(each).toMatchObject({ reason: { message: 'the sandbox is closed' } })
    }
    await expect(pool.run({ connector: after('') })).rejects.toThrow('the sandbox is closed')
    for (const pid of pool.pids('started')) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
