import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Runs `hookline` as a process of its own, as a person does in a terminal. */
export type CommandLine = (
  words: readonly string[],
  options?: { readonly input?: string },
) => Promise<Finished>

type Finished = {
  readonly code: number | null
  /** What it printed on both streams, in the order in which a terminal would show it. */
  readonly output: string
}

/** The settings of the demo's command line, as one would export them in a shell. */
export type Settings = Readonly<Record<`HOOKLINE_${string}`, string>>

const program = fileURLToPath(new URL('../../bin/hookline.ts', import.meta.url))

/** Opens a command line; it keeps what its processes print in `folder` until they have ended. */
export function commandLine(folder: string, settings: Settings): CommandLine {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
  const env = { ...process.env, ...colours, ...settings }
  let count = 0
  return (words, options = {}) =>
    new Promise((resolve, reject) => {
      // One file for both streams: over two pipes, nobody knows which of two lines came first.
      const file = join(folder, `output-${++count}`)
      const output = openSync(file, 'a')
      const child = spawn(process.execPath, [program, ...words], {
        env,
        stdio: ['pipe', output, output],
        timeout: 60_000,
      })
      closeSync(output)
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, output: readFileSync(file, 'utf8').trimEnd() }))
      child.stdin?.end(options.input ?? '')
    })
}
