/**
 * Traces and metrics by the OpenTelemetry API alone: whoever has no SDK pays nothing, and whoever
 * has not even the API package gets none. Spans are made of the trail when a job was settled: it
 * holds every step with its length, and what happens in between costs nothing.
 */
import type * as Api from '@opentelemetry/api'
import type { Attempt, Outcome, Step } from '../model/call.ts'
import type { WorkerEvent } from './events.ts'
import { type MetricName, type MetricSink, metricFamilies } from './metrics.ts'

export type Telemetry = {
  /** The span in which the caller is, as `traceparent` (W3C Trace Context). */
  currentTrace(): string | null
  /** Makes the spans of a job that was settled. */
  observe(event: WorkerEvent): void
  /** Where a worker's numbers go as well. */
  readonly sink: MetricSink | null
}

const off: Telemetry = { currentTrace: () => null, observe: () => {}, sink: null }

export async function openTelemetry(): Promise<Telemetry> {
  const api = await import('@opentelemetry/api').catch(() => null)
  if (!api) return off
  return {
    currentTrace: () => {
      const span = api.trace.getActiveSpan()?.spanContext()
      if (!span || !api.isSpanContextValid(span)) return null
      return `00-${span.traceId}-${span.spanId}-0${span.traceFlags & 1}`
    },
    observe: (event) => {
      if (event.kind === 'settled') traceJob(api, event)
    },
    sink: meterSink(api),
  }
}

type Otel = typeof Api
type Place = { readonly tracer: Api.Tracer; readonly parent: Api.Context; readonly api: Otel }

function traceJob(api: Otel, event: Extract<WorkerEvent, { kind: 'settled' }>): void {
  const { job, settlement, outcome, ms } = event
  const { tenant, connector, method } = job.request
  const endedAt = Date.now()
  const place: Place = {
    api,
    tracer: api.trace.getTracer('hookline'),
    parent: parentOf(api, job.trace),
  }
  const span = spanOf(place, 'hookline.job', {
    startTime: endedAt - ms,
    kind: api.SpanKind.CONSUMER,
    attributes: {
      'hookline.tenant': tenant,
      'hookline.connector': connector,
      'hookline.method': method,
      'hookline.queue': job.queue,
      'hookline.job': job.id,
      'hookline.job.attempt': job.attempt,
      'hookline.job.state': settlement.state,
      'hookline.job.because': settlement.because,
    },
  })
  if (outcome) traceCall({ ...place, parent: api.trace.setSpan(place.parent, span) }, outcome)
  span.end(endedAt)
}

function parentOf(api: Otel, trace: string | null): Api.Context {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/.exec(trace ?? '') ?? []
  if (!traceId || !spanId) return api.ROOT_CONTEXT
  return api.trace.setSpanContext(api.ROOT_CONTEXT, {
    ...{ traceId, spanId, traceFlags: Number(flags), isRemote: true },
  })
}

function traceCall(place: Place, outcome: Outcome): void {
  const { trail } = outcome
  const startTime = trail.startedAt.getTime()
  const type = outcome.kind === 'failure' ? outcome.failure.type : null
  const span = spanOf(place, 'hookline.call', {
    startTime,
    attributes: {
      'hookline.call': outcome.call,
      'hookline.outcome': outcome.kind,
      ...(type === null ? {} : { 'error.type': type }),
    },
  })
  if (type !== null) span.setStatus({ code: place.api.SpanStatusCode.ERROR, message: type })
  const inner = { ...place, parent: place.api.trace.setSpan(place.parent, span) }
  for (const attempt of trail.attempts) traceAttempt(inner, attempt, startTime)
  span.end(startTime + trail.ms)
}

const attemptNames = {
  first: 'hookline.attempt',
  replay: 'hookline.replay',
  retry: 'hookline.retry',
} as const

function traceAttempt(place: Place, attempt: Attempt, callStart: number): void {
  const startTime = callStart + attempt.at
  const span = spanOf(place, attemptNames[attempt.cause], {
    startTime,
    attributes: {
      'hookline.attempt': attempt.number,
      'hookline.verdict': attempt.verdict,
      ...(attempt.page === undefined ? {} : { 'hookline.page': attempt.page }),
    },
  })
  const inner = { ...place, parent: place.api.trace.setSpan(place.parent, span) }
  traceSteps(inner, attempt.steps, startTime)
  span.end(startTime + attempt.ms)
}

/** Steps follow each other; the trail has their lengths. */
function traceSteps(place: Place, steps: readonly Step[], begin: number): void {
  let at = begin
  for (const step of steps) {
    if (!('ms' in step)) continue
    const [name, attributes] = describe(step)
    const span = spanOf(place, name, { startTime: at, attributes })
    if (step.kind === 'renewal' && step.steps) {
      traceSteps({ ...place, parent: place.api.trace.setSpan(place.parent, span) }, step.steps, at)
    }
    at += step.ms
    span.end(at)
  }
}

type TimedStep = Extract<Step, { readonly ms: number }>

function describe(step: TimedStep): [name: string, attributes: Api.Attributes] {
  switch (step.kind) {
    case 'hook':
      return ['hookline.hook', { 'hookline.event': step.event, 'hookline.result': step.result }]
    case 'request':
      return [
        'hookline.request',
        {
          'http.request.method': step.verb,
          ...(step.status === null ? {} : { 'http.response.status_code': step.status }),
          ...(step.failure === undefined ? {} : { 'error.type': step.failure }),
        },
      ]
    case 'renewal':
      // Somebody else was at it, or had done it: all this one did was to wait.
      return [
        step.result === 'adopted' ? 'hookline.renewal_wait' : 'hookline.renewal',
        { 'hookline.by': step.by, 'hookline.result': step.result },
      ]
    case 'wait':
      return ['hookline.wait', { 'hookline.because': step.because }]
  }
}

function spanOf({ tracer, parent }: Place, name: string, options: Api.SpanOptions): Api.Span {
  return tracer.startSpan(name, options, parent)
}

/** Instruments are made when they are first used, by whatever provider is there then. */
function meterSink(api: Otel): MetricSink {
  const counters = new Map<MetricName, Api.Counter>()
  const gauges = new Map<MetricName, Api.Gauge>()
  const histograms = new Map<MetricName, Api.Histogram>()
  const meter = () => api.metrics.getMeter('hookline')
  const optionsOf = (name: MetricName) => ({ description: metricFamilies[name][1] })
  return {
    add: (name, labels, by) => {
      const found = counters.get(name) ?? meter().createCounter(name, optionsOf(name))
      counters.set(name, found)
      found.add(by, labels)
    },
    set: (name, labels, value) => {
      const found = gauges.get(name) ?? meter().createGauge(name, optionsOf(name))
      gauges.set(name, found)
      found.record(value, labels)
    },
    record: (name, labels, value) => {
      const options = { ...optionsOf(name), unit: 's' }
      const found = histograms.get(name) ?? meter().createHistogram(name, options)
      histograms.set(name, found)
      found.record(value, labels)
    },
  }
}
