import { spawn } from 'node:child_process'
import { program } from './cli.ts'

export type Answered = {
  readonly env: Readonly<Record<string, string>>
  /** Each answer is typed when its question has come up. */
  readonly answers: readonly { readonly question: string; readonly answer: string }[]
}

/** Runs the command in a terminal of its own, which `script` (util-linux) plays. */
export function askInTerminal(
  words: readonly string[],
  { env, answers }: Answered,
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const quoted = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ')
  const open = [...answers]
  return new Promise((resolve, reject) => {
    const child = spawn(
      'script',
      ['--quiet', '--return', '--command', `stty columns 100; exec ${quoted}`, '/dev/null'],
      {
        env: { PATH: process.env.PATH, TERM: 'xterm', NO_COLOR: '1', ...env },
      },
    )
    let shown = ''
    child.stdout.on('data', (chunk: Buffer) => {
      shown += String(chunk)
      const [next] = open
      if (!next || !shown.includes(next.question)) return
      open.shift()
      child.stdin.write(next.answer)
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, shown }))
  })
}
