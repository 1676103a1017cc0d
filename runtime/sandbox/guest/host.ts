import type { GuestAnswer } from '../protocol.ts'
import { ErrorConstructor, parse, stringify } from './intrinsics.ts'
import { limits } from './limits.ts'

/** Asks the host for something and waits. Throws an `Error` with a plain text where it refuses. */
export type CallHost = (name: string, argument: unknown) => unknown

/** The one way from the guest to its host: two texts in, one out. No script ever holds it. */
export type Ask = (name: string, argument: string) => string

/** Gets the text of a deferred global, by its position. */
export type Fetch = (global: number) => string

export function connectHost(ask: Ask): CallHost {
  return function callHost(name, argument) {
    const text = (stringify(argument) as string | undefined) ?? 'null'
    if (text.length > limits.argument) {
      throw new ErrorConstructor(`${name}: the argument is larger than 4 MiB`)
    }
    const answer = parse(ask(name, text)) as GuestAnswer
    if (!answer.ok) throw new ErrorConstructor(answer.message)
    return answer.value
  }
}
