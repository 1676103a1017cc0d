import { type ExitCode, exitCodes } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { outliveClosedPipes } from './streams.ts'

/** Runs one command line, without the names of program and script. Resolves to its exit code. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  const json = words.includes('--json')
  outliveClosedPipes()
  process.once('uncaughtException', (error) => {
    void report(error, json).then((code) => process.exit(code))
  })
  let exitCode: ExitCode = exitCodes.success
  const program = createProgram((code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, json)
  }
}

async function report(error: unknown, json: boolean): Promise<ExitCode> {
  const { reportTrouble } = await import('./trouble.ts')
  return reportTrouble(error, { json })
}
