import { confirm, isCancel, password, text } from '@clack/prompts'
import { exitCodes } from './exit-codes.ts'
import { Interruption } from './interrupt.ts'

/** Questions are for people: they go to stderr, so that stdout stays data. */
const output = process.stderr

export type Question = {
  readonly label: string
  /** Not shown while it is typed, not even its length. */
  readonly secret: boolean
  readonly optional: boolean
}

/** Asks in the terminal. An optional question may be answered by nothing. Throws `Interruption`. */
export async function ask({ label, secret, optional }: Question): Promise<string> {
  const message = optional ? `${label} (may be left empty)` : label
  const validate = (value: string | undefined) =>
    optional || value ? undefined : 'This one is needed.'
  const answer = secret
    ? await password({ message, mask: '', validate, output })
    : await text({ message, validate, output })
  return isCancel(answer) ? cancel() : answer
}

export async function agree(message: string): Promise<boolean> {
  const answer = await confirm({ message, initialValue: false, output })
  return isCancel(answer) ? cancel() : answer
}

function cancel(): never {
  throw new Interruption(exitCodes.interrupted)
}
