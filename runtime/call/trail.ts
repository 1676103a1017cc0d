import type { Attempt, Step, Trail } from '../model/call.ts'

type Open = { head: Pick<Attempt, 'cause' | 'page'>; at: number; steps: Step[] }

/** Writes down what happens, attempt by attempt. Every text passes through `redact` first. */
export class TrailRecorder {
  readonly #startedAt: Date
  readonly #began: number
  readonly #now: () => number
  readonly #redact: (text: string) => string
  readonly #attempts: Attempt[] = []
  #open: Open | null = null

  constructor(now: () => number, redact: (text: string) => string) {
    this.#now = now
    this.#redact = redact
    this.#startedAt = new Date()
    this.#began = now()
  }

  get startedAt(): Date {
    return this.#startedAt
  }

  /** `page`: where an answer may have several. */
  begin(cause: Attempt['cause'], page?: number): void {
    const head = page === undefined ? { cause } : { cause, page }
    this.#open = { head, at: this.#elapsed(), steps: [] }
  }

  /** A step outside any attempt, such as a renewal between two, belongs to the one before it. */
  add(step: Step): void {
    const safe = this.#safe(step)
    if (this.#open) this.#open.steps.push(safe)
    else this.#append(safe)
  }

  end(verdict: string): void {
    if (!this.#open) return
    const { head, at, steps } = this.#open
    const number = this.#attempts.length + 1
    this.#attempts.push({ number, ...head, at, ms: this.#elapsed() - at, verdict, steps })
    this.#open = null
  }

  trail(): Trail {
    return { startedAt: this.#startedAt, ms: this.#elapsed(), attempts: [...this.#attempts] }
  }

  #append(step: Step): void {
    const last = this.#attempts.pop()
    if (last) this.#attempts.push({ ...last, steps: [...last.steps, step] })
    else this.#open = { head: { cause: 'first' }, at: this.#elapsed(), steps: [step] }
  }

  #elapsed(): number {
    return round(this.#now() - this.#began)
  }

  #safe(step: Step): Step {
    const entries = Object.entries(step).map(([key, value]) => [
      key,
      typeof value === 'string'
        ? this.#redact(value)
        : key === 'ms'
          ? round(value as number)
          : value,
    ])
    return Object.fromEntries(entries) as Step
  }
}

/** Tenths of a millisecond are all that a person reads. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
