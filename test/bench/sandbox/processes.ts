import { type ChildProcess, execFile, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { encodeFrame } from '../../../runtime/sandbox/frame.ts'
import { createFrameReader } from '../../../runtime/sandbox/host/frame-reader.ts'

const run = promisify(execFile)

/** The flags of a sandbox process, for its floors. */
const flags = [
  '--no-node-snapshot',
  '--no-incremental-marking',
  '--single-threaded-gc',
  '--jitless',
]

export type Floor = { readonly p50: number; readonly perSecond: number; readonly cpuUs: number }

/** Measures the bare engine in a process of its own. */
export async function floor(what: string, count: number, payload: string): Promise<Floor> {
  const file = await compiled('floors.ts')
  const { stdout } = await run(process.execPath, [...flags, file, what, String(count), payload])
  return JSON.parse(stdout) as Floor
}

/** Median of another sandbox in milliseconds, with the flags that Node has by itself; null without it. */
export async function peer(what: string, count: number, payload: string): Promise<number | null> {
  const { stdout } = await run(process.execPath, [
    '--no-warnings',
    ...[pathOf('peers.ts'), what, String(count), payload],
  ])
  return (JSON.parse(stdout) as { readonly p50: number } | null)?.p50 ?? null
}

export type Echo = Disposable & { readonly ask: (text: string) => Promise<void> }

/** The bare transport: two pipes, and a process that sends back what it is sent. */
export async function startEcho(): Promise<Echo> {
  const child = spawn(process.execPath, [...flags, await compiled('echo.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let arrived = (): void => {}
  child.stdout.on(
    'data',
    createFrameReader(() => arrived()),
  )
  return {
    ask: (text) =>
      new Promise((resolve) => {
        arrived = resolve
        child.stdin.write(encodeFrame({ kind: 'hook' }, [text]))
      }),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

export type BenchVendor = Disposable & { readonly origin: string }

export async function startBenchVendor(delayMs: number): Promise<BenchVendor> {
  const child = spawn(process.execPath, [pathOf('vendor.ts'), String(delayMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = (await once(child.stdout, 'data')) as [Buffer]
  return {
    origin: `http://127.0.0.1:${String(port).trim()}`,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

/** One call in a process of its own, from start to end. */
export async function forkOnce(text: string): Promise<void> {
  const child: ChildProcess = fork(pathOf('forked.ts'), { execArgv: [] })
  child.send(text)
  await once(child, 'message')
  await once(child, 'exit')
}

/** 0 once it is gone. */
export function residentMb(pid: number): number {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(line?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** CPU time of another process so far, in microseconds; the system counts in hundredths of a second. */
export function cpuUsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Without types: `--jitless` leaves Node no type stripper. */
async function compiled(file: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'hookline-bench-')), 'child.cjs')
  const engine = createRequire(import.meta.url).resolve('isolated-vm')
  const settings = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' } as const
  const outside = { alias: { 'isolated-vm': engine }, external: [engine] }
  await build({ entryPoints: [pathOf(file)], outfile, ...outside, ...settings })
  return outfile
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(`../child/${file}`, import.meta.url))
}
