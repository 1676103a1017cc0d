/** What a worker counts, and its text for Prometheus (exposition format 0.0.4). No label names a tenant. */
import type { Outcome } from '../model/call.ts'
import { CallFailure } from '../model/failure.ts'
import type { WorkerEvent } from './events.ts'

const counter = 'counter'
const gauge = 'gauge'
const histogram = 'histogram'

export const metricFamilies = {
  hookline_jobs_begun_total: [counter, 'Jobs begun, by queue.'],
  hookline_jobs_settled_total: [counter, 'Jobs by what became of them, and why.'],
  hookline_jobs_running: [gauge, 'Jobs at work in this worker.'],
  hookline_job_seconds: [histogram, 'From when a job was begun until its outcome was stored.'],
  hookline_job_pickup_seconds: [histogram, 'From when a job was due until it was begun.'],
  hookline_jobs_overtaken_total: [
    counter,
    'Outcomes that came after the job was given to another.',
  ],
  hookline_jobs_reaped_total: [counter, 'Jobs taken from workers that vanished.'],
  hookline_queue_jobs: [gauge, 'Jobs that have not ended, by queue and state.'],
  hookline_queue_oldest_seconds: [gauge, 'How long the oldest ready job of a queue has been due.'],
  hookline_calls_total: [counter, 'Calls, by what they came to.'],
  hookline_call_seconds_total: [counter, 'Time that calls took.'],
  hookline_attempts_total: [counter, 'Attempts of calls, by why they were made.'],
  hookline_renewals_total: [counter, 'Renewals of credentials, by how they ended.'],
  hookline_hook_kills_total: [counter, 'Hooks that were ended for their time or memory.'],
  hookline_handled_total: [counter, 'Failures that an error handler took.'],
  hookline_deliveries_total: [counter, 'Tries to deliver an outcome, by how they ended.'],
  hookline_store_failures_total: [counter, 'Times that the store could not be used.'],
  hookline_bugs_total: [counter, 'Faults in Hookline itself. Report them.'],
} as const satisfies Readonly<Record<string, readonly [type: string, help: string]>>

export type MetricName = keyof typeof metricFamilies
export type Labels = Readonly<Record<string, string>>

/** Hears of each number as it changes: a second way out, beside Prometheus. */
export type MetricSink = {
  readonly add: (name: MetricName, labels: Labels, by: number) => void
  readonly set: (name: MetricName, labels: Labels, value: number) => void
  readonly record: (name: MetricName, labels: Labels, value: number) => void
}

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

type Histogram = { readonly buckets: number[]; sum: number; count: number }

export class WorkerMetrics {
  readonly #sink: MetricSink | null
  readonly #values = new Map<MetricName, Map<string, number>>()
  readonly #histograms = new Map<MetricName, Map<string, Histogram>>()

  constructor(sink: MetricSink | null = null) {
    this.#sink = sink
  }

  observe(event: WorkerEvent): void {
    switch (event.kind) {
      case 'began':
        this.#began(event.job)
        break
      case 'settled':
        this.#settled(event)
        break
      case 'overtaken':
        this.#finished()
        this.#add('hookline_jobs_overtaken_total')
        break
      case 'reaped':
        this.#add('hookline_jobs_reaped_total', {}, event.count)
        break
      case 'delivered':
        this.#add('hookline_deliveries_total', { result: 'delivered' })
        break
      case 'undelivered':
        this.#add('hookline_deliveries_total', {
          result: event.final ? 'given-up' : 'failed',
        })
        break
      case 'depth':
        this.#depth(event.depths)
        break
      case 'store-failed':
        this.#add('hookline_store_failures_total')
        break
      case 'bug':
        this.#add('hookline_bugs_total')
        break
    }
  }

  text(): string {
    const lines: string[] = []
    for (const [name, [type, help]] of Object.entries(metricFamilies)) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
      for (const [labels, value] of this.#values.get(name as MetricName) ?? []) {
        lines.push(`${name}${labels === '' ? '' : `{${labels}}`} ${value}`)
      }
      for (const [labels, found] of this.#histograms.get(name as MetricName) ?? []) {
        lines.push(...histogramLines(name, labels, found))
      }
    }
    return `${lines.join('\n')}\n`
  }

  #began({ queue, dueAt }: Extract<WorkerEvent, { kind: 'began' }>['job']): void {
    this.#add('hookline_jobs_begun_total', { queue })
    this.#set('hookline_jobs_running', {}, this.#value('hookline_jobs_running') + 1)
    const waited = Math.max(0, (Date.now() - dueAt.getTime()) / 1000)
    this.#record('hookline_job_pickup_seconds', { queue }, waited)
  }

  #settled({ job, settlement, outcome, ms }: Extract<WorkerEvent, { kind: 'settled' }>): void {
    const { queue } = job
    const { state, because } = settlement
    this.#finished()
    this.#add('hookline_jobs_settled_total', { queue, state, because })
    this.#record('hookline_job_seconds', { queue }, ms / 1000)
    if (outcome) this.#call(outcome)
  }

  #finished(): void {
    const running = this.#value('hookline_jobs_running')
    this.#set('hookline_jobs_running', {}, Math.max(0, running - 1))
  }

  #call(outcome: Outcome): void {
    const type = outcome.kind === 'failure' ? outcome.failure.type : ''
    this.#add('hookline_calls_total', { outcome: outcome.kind, type })
    this.#add('hookline_call_seconds_total', {}, outcome.trail.ms / 1000)
    for (const { cause, steps } of outcome.trail.attempts) {
      this.#add('hookline_attempts_total', { cause })
      for (const step of steps) {
        if (step.kind !== 'renewal') continue
        this.#add('hookline_renewals_total', { by: step.by, result: step.result })
      }
    }
    if (outcome.kind !== 'failure') return
    if (outcome.handled) this.#add('hookline_handled_total')
    const reason = killIn(outcome.failure)
    if (reason !== null) this.#add('hookline_hook_kills_total', { reason })
  }

  /** A state that nothing is in any more is 0, not what it was. */
  #depth(depths: Extract<WorkerEvent, { kind: 'depth' }>['depths']): void {
    const now = new Set<string>()
    for (const { queue, state, count, oldest } of depths) {
      this.#set('hookline_queue_jobs', { queue, state }, count)
      now.add(labelText({ queue, state }))
      if (state === 'ready') this.#set('hookline_queue_oldest_seconds', { queue }, oldest)
    }
    for (const [labels] of this.#values.get('hookline_queue_jobs') ?? []) {
      if (now.has(labels)) continue
      const { queue = '', state = '' } = labelsOf(labels)
      this.#set('hookline_queue_jobs', { queue, state }, 0)
      if (state === 'ready') this.#set('hookline_queue_oldest_seconds', { queue }, 0)
    }
  }

  #value(name: MetricName): number {
    return this.#values.get(name)?.get('') ?? 0
  }

  #add(name: MetricName, labels: Labels = {}, by = 1): void {
    const values = childOf(this.#values, name)
    const key = labelText(labels)
    values.set(key, (values.get(key) ?? 0) + by)
    this.#sink?.add(name, labels, by)
  }

  #set(name: MetricName, labels: Labels, value: number): void {
    childOf(this.#values, name).set(labelText(labels), value)
    this.#sink?.set(name, labels, value)
  }

  #record(name: MetricName, labels: Labels, value: number): void {
    const family = this.#histograms.get(name) ?? new Map<string, Histogram>()
    this.#histograms.set(name, family)
    const key = labelText(labels)
    const found = family.get(key) ?? { buckets: bounds.map(() => 0), sum: 0, count: 0 }
    family.set(key, found)
    const place = bounds.findIndex((bound) => value <= bound)
    if (place >= 0) found.buckets[place] = (found.buckets[place] ?? 0) + 1
    found.sum += value
    found.count += 1
    this.#sink?.record(name, labels, value)
  }
}

function childOf(values: Map<MetricName, Map<string, number>>, name: MetricName) {
  const child = values.get(name) ?? new Map<string, number>()
  values.set(name, child)
  return child
}

function histogramLines(name: string, labels: string, { buckets, sum, count }: Histogram) {
  const before = labels === '' ? '' : `${labels},`
  const own = labels === '' ? '' : `{${labels}}`
  let total = 0
  const lines = bounds.map((bound, index) => {
    total += buckets[index] ?? 0
    return `${name}_bucket{${before}le="${bound}"} ${total}`
  })
  return [
    ...lines,
    `${name}_bucket{${before}le="+Inf"} ${count}`,
    `${name}_sum${own} ${sum}`,
    `${name}_count${own} ${count}`,
  ]
}

/** Values are names of ours, or of queues: neither holds a quote. */
function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')
}

function labelsOf(text: string): Labels {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

/** A renewal's hook may have been killed too: its failure is then the cause of the call's. */
function killIn(failure: unknown): string | null {
  if (!(failure instanceof CallFailure)) return null
  const { type, cause } = failure
  return type === 'ScriptTimeout' || type === 'ScriptMemoryLimit' ? type : killIn(cause)
}
