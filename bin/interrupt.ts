import { type ExitCode, exitCodes } from './exit-codes.ts'

/** Somebody asked the program to end: Ctrl-C, or whoever started it. */
export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode) {
    super('interrupted')
    this.exitCode = exitCode
  }
}

/** A signal that aborts with an `Interruption` at the first SIGINT or SIGTERM; the second one kills. */
export function interruption(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const interrupt = () => controller.abort(new Interruption(exitCodes.interrupted))
  const terminate = () => controller.abort(new Interruption(exitCodes.terminated))
  process.once('SIGINT', interrupt)
  process.once('SIGTERM', terminate)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', terminate)
    },
  }
}
