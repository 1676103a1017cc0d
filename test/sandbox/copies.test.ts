/** Intruders may `fork` a sandbox process: its copies hold the pipes, and must not hold its broker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { sandboxEntry } from '../../runtime/sandbox/host/entry.ts'
import { startProcess } from '../../runtime/sandbox/host/process.ts'
import { openSteward } from '../../runtime/sandbox/host/steward.ts'

/** Makes its copy before it is stripped, since JavaScript has no means to do so afterwards. */
const forking = (child: string): string => `
import { spawn } from 'node:child_process'
import { openChannel } from ${JSON.stringify(`${child}/channel.js`)}
import { awaitLockdown } from ${JSON.stringify(`${child}/lockdown.js`)}
const copy = spawn('sleep', ['20'], { stdio: 'inherit' })
const channel = openChannel()
channel.receive()
const uid = awaitLockdown(channel)
channel.send({ kind: 'ready', uid, copy: copy.pid })
channel.receive()
`

test('exited settles although a copy of the process holds its pipes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-copies-'))
  const entry = join(folder, 'entry.mjs')
  writeFileSync(entry, forking(pathToFileURL(dirname(await sandboxEntry())).href))
  const steward = openSteward()
  const began = performance.now()
  try {
    const process = await startProcess({
      ...{ entry, prelude: '', jit: false, startMs: 20_000, steward },
      start: { isolateMb: 8, keptMb: 8, keptIsolates: 1 },
      limits: { dataMb: null, cpuSeconds: 60 },
    })
    process.kill('it is over')
    expect(await process.exited).toMatchObject({ by: 'it is over', signal: 'SIGKILL' })
    expect(performance.now() - began).toBeLessThan(15_000)
  } finally {
    steward.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
