import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { encodeFrame, type Frame } from '../frame.ts'
import type { StartHeader, ToChild } from '../protocol.ts'
import { createFrameReader } from './frame-reader.ts'
import { lowerPriority } from './priority.ts'
import type { Steward } from './steward.ts'
import { levelOf, type ProcessLimits, type StripLevel, stripProcess } from './strip.ts'

export type ProcessOptions = {
  readonly entry: string
  readonly prelude: string
  readonly jit: boolean
  readonly start: Omit<StartHeader, 'kind'>
  readonly limits: ProcessLimits
  /** How long it may take to get ready, in milliseconds. */
  readonly startMs: number
  readonly steward: Steward
}

/** How a process ended: by our hand (`by` says why), or by itself. */
export type Exit = {
  readonly by: string | null
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The last it wrote on its error output: what the engine says when it gives up. */
  readonly lastWords: string
}

/** A sandbox process that is ready for hooks. */
export type SandboxProcess = {
  readonly pid: number
  readonly level: StripLevel
  /** Names of the libraries that it has been told. */
  readonly libraries: Set<string>
  send(message: ToChild, texts: readonly string[]): void
  /**
   * Where its frames go from now on, and its end. One listener at a time: what waited for `exited`
   * instead would be kept for as long as the process lives.
   */
  listen(listener: Listener | null): void
  /** SIGKILL, never less: nothing else ends a process that a script keeps busy. */
  kill(why: string): void
  readonly exited: Promise<Exit>
}

export type Listener = {
  readonly onFrame: (frame: Frame) => void
  /** At once, one turn later, where the process is gone already. */
  readonly onExit: (exit: Exit) => void
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * Starts a sandbox process, strips it, and resolves when it waits for its first hook. With `isLow`
 * every other process goes first, from its start on.
 */
export async function startProcess(
  options: ProcessOptions,
  isLow = false,
): Promise<SandboxProcess> {
  const child = spawnChild(options)
  if (child.pid !== undefined) bindTo(options.steward, child, child.pid)
  if (isLow && child.pid !== undefined) lowerPriority(child.pid)
  const link = connect(child)
  const timer = setTimeout(() => link.kill('it did not get ready'), options.startMs)
  try {
    link.send({ kind: 'start', ...options.start }, [options.prelude])
    await link.next('loaded')
    const strip = await stripProcess(link.pid, options.limits, options.steward)
    link.send({ kind: 'strip' }, [])
    const { uid } = await link.next('ready')
    const level = levelOf(strip, typeof uid === 'number' ? uid : null, process.getuid?.() ?? null)
    return { ...link, level, libraries: new Set() }
  } catch (error) {
    link.kill('it did not start')
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/**
 * A collection that goes on in steps spares what is made meanwhile, and each hook makes a context:
 * used ones pile up to the heap's limit. One in one piece finds nearly nothing alive, and is done in
 * a millisecond; `README.md` has the measurement.
 */
const collector = ['--no-incremental-marking', '--single-threaded-gc']

/** No environment but the time zone, no folder, no group of ours: a Ctrl-C is not for it. */
function spawnChild({ entry, jit }: ProcessOptions): Child {
  const engine = jit ? '--no-turboshaft-loop-unrolling' : '--jitless'
  const child = spawn(process.execPath, ['--no-node-snapshot', ...collector, engine, entry], {
    cwd: '/',
    env: { TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  // An idle process must not keep the broker alive; a running hook does, by its deadline.
  hold(child, 'unref')
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => {})
  return child
}

function bindTo(steward: Steward, child: Child, pid: number): void {
  steward.watch(pid)
  child.once('exit', () => steward.forget(pid))
}

/** Says whether the broker waits for the process to end. Its pipes are sockets, and count too. */
function hold(child: Child, how: 'ref' | 'unref'): void {
  child[how]()
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as Socket)[how]()
}

function letGo({ stdin, stdout, stderr }: Child): void {
  for (const stream of [stdin, stdout, stderr]) stream.destroy()
}

function connect(child: Child) {
  let why: string | null = null
  let lastWords = ''
  let listener = nobody
  let gone: Exit | null = null

  const kill = (reason: string): void => {
    why ??= reason
    hold(child, 'ref')
    child.kill('SIGKILL')
  }
  const { promise: exited, resolve } = Promise.withResolvers<Exit>()
  const end = (exit: Exit): void => {
    if (gone !== null) return
    gone = exit
    resolve(exit)
    listener.onExit(exit)
  }
  child.once('error', (error) => end({ ...none, lastWords: error.message }))
  // A copy that intruders made of the process would hold its pipes open, and all who wait for its end.
  child.once('exit', () => void setTimeout(() => letGo(child), 1_000).unref())
  child.once('close', (code, signal) => end({ by: why, code, signal, lastWords }))
  const read = createFrameReader((frame) => listener.onFrame(frame))
  child.stdout.on('data', (chunk: Buffer) => {
    if (!read(chunk)) kill('it broke the protocol')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString('latin1')).slice(-2000)
  })

  return {
    pid: child.pid ?? 0,
    exited,
    kill,
    send: (message: ToChild, texts: readonly string[]) => {
      child.stdin.write(encodeFrame(message, texts))
    },
    listen: (next: Listener | null) => {
      listener = next ?? nobody
      const exit = gone
      if (exit !== null) queueMicrotask(() => listener.onExit(exit))
    },
    next: (kind: string) =>
      new Promise<Frame['header']>((resolve, reject) => {
        listener = {
          onFrame({ header }) {
            if (header.kind === kind) resolve(header)
            else reject(new Error(`the sandbox process said ${String(header.kind)}, not ${kind}`))
          },
          onExit({ lastWords: words, by }) {
            reject(new Error(`the sandbox process did not start: ${words || by}`))
          },
        }
        if (gone !== null) listener.onExit(gone)
      }),
  }
}

const nobody: Listener = { onFrame: () => {}, onExit: () => {} }

const none: Exit = { by: null, code: null, signal: null, lastWords: '' }
