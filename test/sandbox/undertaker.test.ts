import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { watchedSandbox } from './support.ts'

const broker = fileURLToPath(new URL('undertaker-child.ts', import.meta.url))

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

test('closing a sandbox ends its undertaker', async () => {
  const before = shells()
  const home = await watchedSandbox()
  const [undertaker = 0] = shells().filter((pid) => !before.includes(pid))
  expect(isRunning(undertaker)).toBe(true)
  await home[Symbol.asyncDispose]()
  expect(await ended(undertaker)).toBe(true)
})

/** The shells that this process has started. */
function shells(): readonly number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  return children
    .split(' ')
    .map(Number)
    .filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('/bin/sh'))
}
