import type { Attempt, Step, Trail } from '../model/call.ts'

type Open = { head: Pick<Attempt, 'cause' | 'page'>; at: number; steps: Step[] }

/**
 * How much a trail tells, in UTF-16 units and so much for each step: a hook may log 64 KiB, a call
 * may have ten thousand pages, and all of it is kept and stored. Beyond it requests, hooks and
 * renewals are told in short, and logs and warnings no more.
 */
const room = 2 * 1024 * 1024
const stepRoom = 50
const shortText = 100

/** Writes down what happens, attempt by attempt. Every text passes through `redact` first. */
export class TrailRecorder {
  readonly #startedAt: Date
  readonly #began: number
  readonly #now: () => number
  readonly #redact: (text: string) => string
  readonly #attempts: Attempt[] = []
  #open: Open | null = null
  #told = 0
  #leavesOut = false

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
    const { at = this.#elapsed(), steps = [] } = this.#open ?? {}
    this.#open = { head, at, steps }
  }

  /**
   * A step outside any attempt, such as a renewal between two, belongs to the one before it; and to
   * the first, where none has begun.
   */
  add(step: Step): void {
    const safe = this.#bounded(this.#safe(step))
    if (safe === null) return
    if (this.#open) this.#open.steps.push(safe)
    else this.#append(safe)
  }

  end(verdict: string): void {
    if (!this.#open) return
    this.#attempts.push(this.#closed(this.#open, verdict))
    this.#open = null
  }

  /** The attempt that ended last. */
  last(): Pick<Attempt, 'steps'> {
    return this.#attempts.at(-1) ?? { steps: [] }
  }

  /** With what was begun and never ended: a call may fail before its first attempt. */
  trail(): Trail {
    const open = this.#open?.steps.length ? [this.#closed(this.#open, 'failure')] : []
    const attempts = [...this.#attempts, ...open]
    return { startedAt: this.#startedAt, ms: this.#elapsed(), attempts }
  }

  #closed({ head, at, steps }: Open, verdict: string): Attempt {
    const number = this.#attempts.length + 1
    return { number, ...head, at, ms: round(this.#elapsed() - at), verdict, steps: [...steps] }
  }

  /** Null for what is left out, the first of which says so. */
  #bounded(step: Step): Step | null {
    this.#told += stepRoom + sizeOf(step)
    if (this.#told <= room) return step
    if (step.kind !== 'log' && step.kind !== 'warning') return shortened(step)
    const isFirst = !this.#leavesOut
    this.#leavesOut = true
    return isFirst
      ? { kind: 'warning', message: 'too much was logged; the rest is left out' }
      : null
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

function sizeOf(step: Step): number {
  const texts = Object.values(step).filter((value) => typeof value === 'string')
  return texts.reduce((size, text) => size + text.length, 0)
}

function shortened(step: Step): Step {
  const entries = Object.entries(step).map(([key, value]) => [
    key,
    typeof value === 'string' ? value.slice(0, shortText) : value,
  ])
  return Object.fromEntries(entries) as Step
}

/** Tenths of a millisecond are all that a person reads. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
