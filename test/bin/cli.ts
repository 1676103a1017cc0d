import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '../../runtime/model/json.ts'

export type Finished = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export type Circumstances = {
  /** What it reads from stdin, which is never a terminal. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Modules of that text are loaded before the program. */
  readonly preload?: string
  /** Gets the process as soon as it runs. */
  readonly meanwhile?: (child: ChildProcess) => void
}

/** The command line in a home of its own, as processes of their own. */
export interface Cli extends Disposable {
  readonly home: string
  /** Holds a folder for each connector; `--connectors` names it already. */
  readonly connectors: string
  /** Everything that it has printed so far. */
  readonly printed: readonly string[]
  /** Adds a connector: its file, and its scripts by path. */
  connector(name: string, file: string, scripts?: Readonly<Record<string, string>>): void
  hookline(words: readonly string[], circumstances?: Circumstances): Promise<Finished>
  /** Runs with `--json`, and reads the object that must be all of stdout. */
  json(words: readonly string[], circumstances?: Circumstances): Promise<JsonObject>
}

export const program = fileURLToPath(new URL('../../bin/hookline.ts', import.meta.url))

export function openCli(): Cli {
  const folder = mkdtempSync(join(tmpdir(), 'hookline-cli-'))
  const [home, connectors] = [join(folder, 'home'), join(folder, 'connectors')]
  mkdirSync(connectors)
  const printed: string[] = []
  const env = {
    PATH: process.env.PATH,
    HOOKLINE_HOME: home,
    HOOKLINE_CONNECTORS: connectors,
    HOOKLINE_ALLOW_PRIVATE: '127.0.0.0/8',
  }
  const hookline: Cli['hookline'] = async (words, circumstances = {}) => {
    const finished = await play(words, { ...circumstances, env: { ...env, ...circumstances.env } })
    printed.push(finished.stdout, finished.stderr)
    return finished
  }
  return {
    home,
    connectors,
    printed,
    connector(name, file, scripts = {}) {
      for (const [path, text] of Object.entries({ 'connector.yaml': file, ...scripts })) {
        const place = join(connectors, name, path)
        mkdirSync(dirname(place), { recursive: true })
        writeFileSync(place, text)
      }
    },
    hookline,
    json: async (words, circumstances) =>
      JSON.parse((await hookline([...words, '--json'], circumstances)).stdout) as JsonObject,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

type Played = Omit<Circumstances, 'env'> & {
  readonly env: Readonly<Record<string, string | undefined>>
}

function play(words: readonly string[], played: Played): Promise<Finished> {
  const { input = '', env, preload, meanwhile } = played
  const preloaded =
    preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...preloaded, program, ...words], { env })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({
        code,
        stdout: String(Buffer.concat(stdout)),
        stderr: String(Buffer.concat(stderr)),
      })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    meanwhile?.(child)
  })
}
