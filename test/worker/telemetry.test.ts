import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Outcome } from '../../runtime/model/call.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import type { TakenJob } from '../../runtime/worker/job.ts'
import { WorkerMetrics } from '../../runtime/worker/metrics.ts'
import { openTelemetry } from '../../runtime/worker/telemetry.ts'

const spans = new InMemorySpanExporter()
const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter: exported })
const meters = new MeterProvider({ readers: [reader] })

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
  )
  metrics.setGlobalMeterProvider(meters)
})
afterAll(() => meters.shutdown())

const startedAt = new Date('2026-01-01T00:00:00Z')
const outcome: Outcome = {
  ...{ kind: 'success', content: null, status: 200, call: asCallId('c') },
  trail: {
    startedAt,
    ms: 100,
    attempts: [
      {
        ...{ number: 1, cause: 'first', at: 0, ms: 40, verdict: 'recover' },
        steps: [
          { kind: 'hook', event: 'before_action', ms: 5, result: 'returned' },
          { kind: 'request', verb: 'GET', url: '/x?token=no', ms: 20, status: 401, bytes: 3 },
          {
            ...{ kind: 'renewal', by: 'refresh', ms: 15, result: 'renewed', generation: 2 },
            because: 'x',
            steps: [{ kind: 'request', verb: 'POST', url: '/t', ms: 9, status: 200, bytes: 3 }],
          },
        ],
      },
      {
        ...{ number: 2, cause: 'replay', at: 40, ms: 30, verdict: 'reject' },
        steps: [
          {
            ...{ kind: 'renewal', by: 'session', ms: 7, result: 'adopted' },
            ...{ generation: 3, because: 'x' },
          },
        ],
      },
      { number: 3, cause: 'retry', at: 70, ms: 30, verdict: 'accept', steps: [] },
    ],
  },
}

test('a settled job is a trace of its caller’s, with a span for each thing that took time', async () => {
  const telemetry = await openTelemetry()
  const tracer = trace.getTracer('caller')
  const parent = tracer.startSpan('caller')
  const traceparent = context.with(trace.setSpan(context.active(), parent), () =>
    telemetry.currentTrace(),
  )
  parent.end()
  const job: TakenJob = {
    ...{ id: 'job-1', queue: 'default', attempt: 1, lost: 0, outcome: null, isRouted: false },
    request: { tenant: 'ann', connector: 'acme', method: 'get', input: { key: 'hunter2' } },
    ...{ trace: traceparent, createdAt: startedAt, dueAt: startedAt },
  }
  const settlement = { state: 'done', delayMs: 0, because: 'done' } as const
  telemetry.observe({ kind: 'settled', job, settlement, outcome, ms: 110 })

  const finished = spans.getFinishedSpans()
  const nameOf = new Map(finished.map((span) => [span.spanContext().spanId, span.name]))
  const tree = finished.map((span) => [
    span.name,
    nameOf.get(span.parentSpanContext?.spanId ?? '') ?? null,
  ])
  expect(tree.toSorted()).toEqual(
    [
      ['caller', null],
      ['hookline.job', 'caller'],
      ['hookline.call', 'hookline.job'],
      ['hookline.attempt', 'hookline.call'],
      ['hookline.hook', 'hookline.attempt'],
      ['hookline.request', 'hookline.attempt'],
      ['hookline.renewal', 'hookline.attempt'],
      ['hookline.request', 'hookline.renewal'],
      ['hookline.replay', 'hookline.call'],
      ['hookline.renewal_wait', 'hookline.replay'],
      ['hookline.retry', 'hookline.call'],
    ].toSorted(),
  )
  expect(new Set(finished.map((span) => span.spanContext().traceId)).size).toBe(1)
  const renewal = finished.find(({ name }) => name === 'hookline.renewal')
  const ms = ([s, ns]: readonly [number, number]) => s * 1000 + ns / 1e6
  expect(renewal && ms(renewal.startTime) - startedAt.getTime()).toBe(25)
  expect(renewal && ms(renewal.duration)).toBe(15)
  expect(JSON.stringify(finished.map(({ attributes }) => attributes))).not.toMatch(/hunter2|token/)
})

test('a worker’s numbers are also those of the meter', async () => {
  const { sink } = await openTelemetry()
  const worker = new WorkerMetrics(sink)
  worker.observe({ kind: 'reaped', count: 3 })
  worker.observe({ kind: 'reaped', count: 2 })
  await reader.forceFlush()
  const found = exported
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    .find(({ descriptor }) => descriptor.name === 'hookline_jobs_reaped_total')
  expect(found?.dataPoints[0]?.value).toBe(5)
})
