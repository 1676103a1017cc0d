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

/** A loop of some tenths of a second: long enough to be found in it, and to end by itself. */
const slow = 'for (let i = 0; i < 1e7; i++);'

describe('a process that is killed from outside', () => {
  test('before any hook came costs none', async () => {
    await using pool = await watchedSandbox()
    process.kill(pool.pids('started')[0] ?? 0, 'SIGKILL')
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
  })

  test('between two hooks costs neither', async () => {
    await using pool = await watchedSandbox()
    for (let round = 0; round < 3; round++) {
      expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
      process.kill(pool.pids('started').at(-1) ?? 0, 'SIGKILL')
    }
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
  })

  test('after the record, while leftovers run, takes the answer from nobody', async () => {
    await using pool = await watchedSandbox()
    const busy = after('v = 2; Promise.resolve().then(() => { for (;;); })')
    const result = await pool.run({ connector: busy, hookMs: 20_000, globals: { v: global(1) } })
    process.kill(pool.pids('started')[0] ?? 0, 'SIGKILL')
    expect(changes(result)).toEqual({ v: 2 })
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
  })

  test('while an answer is on its way to it: the hook has acted, and is lost', async () => {
    await using pool = await watchedSandbox()
    const [pid = 0] = pool.pids('started')
    const running = pool.run({
      connector: after(`http_request({}); ${slow} ${slow}`),
      hookMs: 30_000,
      capability: async () => {
        process.kill(pid, 'SIGKILL')
        return { ok: true, value: 1 }
      },
    })
    await expect(running).rejects.toMatchObject({ type: 'ScriptMemoryLimit' })
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
  })

  test('twice under one hook is enough: it is not tried a third time', async () => {
    await using pool = await watchedSandbox()
    const lost = pool.run({ connector: endless, hookMs: 30_000 })
    const settled = Promise.allSettled([lost])
    process.kill(pool.pids('started')[0] ?? 0, 'SIGKILL')
    while (pool.pids('started').length < 2) await new Promise((resolve) => setImmediate(resolve))
    process.kill(pool.pids('started')[1] ?? 0, 'SIGKILL')
    expect(await settled).toMatchObject([{ reason: { type: 'ScriptMemoryLimit' } }])
    expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
  })

  test.each(Array.from({ length: 12 }, (_, index) => index * 4))(
    '%i ms into a hook: loading, fetching, looping or done, it is run again or was through',
    async (ms) => {
      await using pool = await watchedSandbox()
      const running = pool.run({
        connector: `for (let i = 0; i < 3e5; i++); ${after('for (let i = 0; i < 3e5; i++); v = large.length; for (let i = 0; i < 3e5; i++);')}`,
        hookMs: 30_000,
        globals: { v: global(1), large: global('x'.repeat(100_000)) },
      })
      await new Promise((resolve) => setTimeout(resolve, ms))
      process.kill(pool.pids('started')[0] ?? 0, 'SIGKILL')
      expect(changes(await running)).toEqual({ v: 100_000 })
      expect(await pool.run({ connector: after('') })).toMatchObject({ kind: 'returned' })
    },
  )
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
