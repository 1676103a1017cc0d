import type { Call } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'

/** The time that a call may take. It stands still while a page is in its reader's hands. */
export class CallClock implements Disposable {
  readonly #call: Call
  readonly #now: () => number
  readonly #deadline = new AbortController()
  #left: number
  #runningSince = 0
  #timer: NodeJS.Timeout | null = null

  constructor(call: Call, now: () => number) {
    this.#call = call
    this.#now = now
    this.#left = call.connector.limits.callMs
    this.resume()
  }

  /** Aborts at the deadline, with a `CallFailure` as its reason. */
  get signal(): AbortSignal {
    return this.#deadline.signal
  }

  /** Milliseconds that are left of the call. */
  left(): number {
    return this.#timer === null ? this.#left : this.#left - (this.#now() - this.#runningSince)
  }

  pause(): void {
    this.#left = this.left()
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  resume(): void {
    this.#runningSince = this.#now()
    this.#timer = setTimeout(() => this.#deadline.abort(pastDeadline(this.#call)), this.#left)
  }

  [Symbol.dispose](): void {
    this.pause()
  }
}

function pastDeadline(call: Call): CallFailure {
  const { connector, method } = call
  return new CallFailure(
    'Timeout',
    `${connector.name} ${method.name} did not end within ${connector.limits.callMs} ms`,
    { reason: 'call-deadline' },
  )
}
