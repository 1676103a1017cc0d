import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openSteward } from '../../runtime/sandbox/host/steward.ts'
import { shells, watchedSandbox } from './support.ts'

const broker = fileURLToPath(new URL('steward-child.ts', import.meta.url))

/** What is dead and not yet collected runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

async function ended(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && isRunning(pid); tries++) await wait(100)
  return !isRunning(pid)
}

test('a busy sandbox process does not outlive a broker that was killed', async () => {
  const child = spawn(process.execPath, ['--no-warnings', broker], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const pid = Number((await lines.next()).value)
  expect((await lines.next()).value).toBe('begun')
  expect(isRunning(pid)).toBe(true)
  child.kill('SIGKILL')
  expect(await ended(pid)).toBe(true)
}, 30_000)

test('closing a sandbox ends its steward', async () => {
  const before = shells()
  const home = await watchedSandbox()
  const [steward = 0] = shells().filter((pid) => !before.includes(pid))
  expect(isRunning(steward)).toBe(true)
  await home[Symbol.asyncDispose]()
  expect(await ended(steward)).toBe(true)
})

describe.runIf(process.platform === 'linux')('limit()', () => {
  test('sets both limits of a process, one after the other as they were asked for', async () => {
    const child = spawn('sleep', ['60'])
    const steward = openSteward()
    try {
      const limits = [{ nofile: 7 }, { fsize: 0, core: 0 }, { nofile: 5 }]
      await Promise.all(limits.map((each) => steward.limit(child.pid ?? 0, each)))
      const table = readFileSync(`/proc/${child.pid}/limits`, 'utf8')
      expect(table).toMatch(/^Max open files +5 +5 /m)
      expect(table).toMatch(/^Max file size +0 +0 /m)
    } finally {
      steward.close()
      child.kill()
    }
  })

  test('rejects for a process that is not there, and once it is closed', async () => {
    const steward = openSteward()
    await expect(steward.limit(2 ** 30, { core: 0 })).rejects.toThrow('status 1')
    steward.close()
    await expect(steward.limit(process.pid, { core: 0 })).rejects.toThrow('closed')
  })
})

test('a steward that is killed answers what it was asked, and another takes its place and its list', async () => {
  const before = shells()
  const watched = spawn('sleep', ['60'])
  const steward = openSteward()
  const shell = (): number => shells().find((pid) => !before.includes(pid)) ?? 0
  steward.watch(watched.pid ?? 0)
  const first = shell()
  process.kill(first, 'SIGSTOP')
  const asked = steward.limit(watched.pid ?? 0, { core: 0 })
  process.kill(first, 'SIGKILL')
  await expect(asked).rejects.toThrow('ended')
  await steward.limit(watched.pid ?? 0, { core: 0 })
  expect(shell()).not.toBe(first)
  expect(isRunning(watched.pid ?? 0)).toBe(true)
  steward.close()
  expect(await ended(watched.pid ?? 0)).toBe(true)
})
