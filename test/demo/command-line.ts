import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs `hookline` as a process of its own, as a person does in a terminal. */
export type CommandLine = (
  words: readonly string[],
  options?: { readonly input?: string },
) => Promise<Finished>

export type Finished = {
  readonly code: number | null
  /** What it printed, on either stream, in the order in which it came. */
  readonly output: string
}

const program = fileURLToPath(new URL('../../bin/hookline.ts', import.meta.url))

/** A command line with a home of its own, so that the demo touches nothing of the person's. */
export function commandLine(home: string, connectors: string): CommandLine {
  const shared = ['--connectors', connectors]
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
  const env = { ...process.env, ...colours, HOOKLINE_HOME: home }
  return (words, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [program, ...words, ...shared], {
        env,
        timeout: 60_000,
      })
      const chunks: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
      child.on('error', reject)
      child.on('close', (code) => {
        resolve({ code, output: Buffer.concat(chunks).toString('utf8').trimEnd() })
      })
      child.stdin.end(options.input ?? '')
    })
}
