import { spawn } from 'node:child_process'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeFrame, type Frame } from '../../runtime/sandbox/frame.ts'
import { createFrameReader } from '../../runtime/sandbox/host/frame-reader.ts'
import { openSteward } from '../../runtime/sandbox/host/steward.ts'
import { isWeaker, levelOf, stripProcess } from '../../runtime/sandbox/host/strip.ts'
import { shells, useSandbox, watchedSandbox } from './support.ts'

const isRoot = process.getuid?.() === 0
const probe = fileURLToPath(new URL('probe-child.ts', import.meta.url))

/** Starts the probe, strips it like a sandbox process, and returns what it could do. */
async function findings(port: number): Promise<Record<string, unknown>> {
  const child = spawn(process.execPath, ['--no-warnings', probe, String(port), probe], {
    cwd: '/',
    env: { TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const steward = openSteward()
  try {
    const frames: Frame[] = []
    let arrived = (): void => {}
    const read = createFrameReader((frame) => {
      frames.push(frame)
      arrived()
    })
    child.stdout.on('data', read)
    const next = async (): Promise<Frame> => {
      for (;;) {
        const frame = frames.shift()
        if (frame !== undefined) return frame
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
    }
    expect((await next()).header.kind).toBe('loaded')
    await stripProcess(child.pid ?? 0, { dataMb: null, cpuSeconds: 60 }, steward)
    child.stdin.write(encodeFrame({ kind: 'strip' }, []))
    return JSON.parse((await next()).texts[0] ?? '') as Record<string, unknown>
  } finally {
    child.kill('SIGKILL')
    steward.close()
  }
}

describe.runIf(process.platform === 'linux' && isRoot)('a stripped process', () => {
  test('can open no file and no socket, start no process, and become nobody else', async () => {
    let reached = 0
    const server = createServer(() => {
      reached++
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      expect(await findings((server.address() as AddressInfo).port)).toEqual({
        uid: 65_534,
        environment: ['TZ'],
        folder: '/',
        readFile: 'EMFILE',
        readProc: 'EMFILE',
        writeFile: 'EMFILE',
        openDevice: 'EMFILE',
        process: 'EMFILE',
        becomeRoot: 'EPERM',
        signalParent: 'EPERM',
        connect: 'EMFILE',
        listen: 'EMFILE',
        thread: expect.not.stringMatching('done'),
      })
      expect(reached).toBe(0)
    } finally {
      server.close()
    }
  })
})

describe('level()', () => {
  const { opened } = useSandbox({ slots: 1 })

  test.runIf(process.platform === 'linux' && isRoot)('is full on Linux, for root', () => {
    expect(opened().level()).toEqual({ nofile: true, uid: true, dataLimit: true, notes: [] })
  })
})

describe('stripProcess()', () => {
  test('says what it could not do, and how to mend it', async () => {
    const steward = openSteward()
    const level = await stripProcess(2 ** 30, { dataMb: 100, cpuSeconds: 60 }, steward)
    steward.close()
    expect(level).toMatchObject({ nofile: false, dataLimit: false })
    expect(level.notes).toEqual([expect.stringContaining('prlimit')])
  })
})

describe('levelOf()', () => {
  const strip = { nofile: true, dataLimit: true, notes: [] }

  test.each([
    [65_534, 0, true],
    [65_534, 1_000, true],
    [1_000, 1_000, false],
    [0, 0, false],
    [null, null, false],
  ])('of user %s under user %s is apart: %s', (uid, own, apart) => {
    const level = levelOf(strip, uid, own)
    expect(level.uid).toBe(apart)
    expect(level.notes).toHaveLength(apart ? 0 : 1)
  })
})

describe('isWeaker()', () => {
  const full = { nofile: true, uid: true, dataLimit: true, notes: [] }

  test.each(['nofile', 'uid', 'dataLimit'] as const)('is one that lacks %s', (kind) => {
    expect(isWeaker({ ...full, [kind]: false }, full)).toBe(true)
    expect(isWeaker(full, { ...full, [kind]: false })).toBe(false)
    expect(isWeaker({ ...full, [kind]: false }, { ...full, [kind]: false })).toBe(false)
  })
})

describe.runIf(process.platform === 'linux' && isRoot)('a sandbox', () => {
  const path = process.env.PATH ?? ''
  afterEach(() => {
    process.env.PATH = path
  })

  test('runs no hook in a process that could not be stripped as the first was', async () => {
    const before = shells()
    await using home = await watchedSandbox()
    const hook = { connector: 'function after_action() { return true }' }
    const killSteward = async (): Promise<void> => {
      const own = shells().filter((pid) => !before.includes(pid))
      for (const pid of own) process.kill(pid, 'SIGKILL')
      await vi.waitFor(() => expect(shells().filter((pid) => own.includes(pid))).toEqual([]))
    }
    process.env.PATH = '/nowhere'
    await killSteward()
    for (const pid of home.pids('started')) process.kill(pid, 'SIGKILL')
    await expect(home.run(hook)).rejects.toThrow(/could not be stripped/)
    process.env.PATH = path
    await killSteward()
    await expect(home.run(hook)).resolves.toMatchObject({ kind: 'returned' })
  })
})
