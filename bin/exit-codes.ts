import type { Outcome } from '../runtime/model/call.ts'

/** What the shell gets. 1, 3 and 4 are outcomes of a call; 2 means that no call was made. */
export const exitCodes = {
  /** Also where the outcome is a warning. */
  success: 0,
  failure: 1,
  /** Wrong usage, or a definition with faults. */
  usage: 2,
  /** The call failed, and an error handler took the failure. */
  handled: 3,
  /** A `before_action` hook asked for the call to stop. */
  stopped: 4,
  /** Our own bug; EX_SOFTWARE of sysexits. */
  bug: 70,
  /** 128 and the number of the signal, as shells have it. */
  interrupted: 130,
  terminated: 143,
} as const satisfies Readonly<Record<string, number>>

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

export function exitCodeOf(outcome: Outcome): ExitCode {
  if (outcome.kind === 'stopped') return exitCodes.stopped
  if (outcome.kind !== 'failure') return exitCodes.success
  if (outcome.handled) return exitCodes.handled
  const { type, reason } = outcome.failure
  const misused = type === 'DefinitionInvalid' || reason === 'sessionMissing'
  return misused ? exitCodes.usage : exitCodes.failure
}
