import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Outcome, Step } from '../../runtime/model/call.ts'
import { CallFailure } from '../../runtime/model/failure.ts'
import { asCallId } from '../../runtime/model/ids.ts'
import type { WorkerEvent } from '../../runtime/worker/events.ts'
import type { TakenJob } from '../../runtime/worker/job.ts'
import { logRecordOf } from '../../runtime/worker/log.ts'
import { metricFamilies, WorkerMetrics } from '../../runtime/worker/metrics.ts'
import { serveMetrics } from '../../runtime/worker/metrics-server.ts'

const job: TakenJob = {
  ...{ id: 'job-1', queue: 'default', attempt: 1, lost: 0, outcome: null, isRouted: false },
  request: { tenant: 'ann', connector: 'acme', method: 'get', input: { secret: 'hunter2' } },
  ...{ trace: null, createdAt: new Date(), dueAt: new Date(Date.now() - 2_000) },
}
const renewal: Step = {
  ...{ kind: 'renewal', by: 'refresh', ms: 5, result: 'renewed' },
  ...{ generation: 2, because: 'x' },
}
const killed = new CallFailure('ScriptTimeout', 'hunter2')
const outcome: Outcome = {
  kind: 'failure',
  failure: killed,
  handled: { index: 0, componentId: 'c', output: null },
  call: asCallId('c'),
  trail: {
    startedAt: new Date(),
    ms: 30,
    attempts: [{ number: 1, cause: 'replay', at: 0, ms: 30, verdict: 'reject', steps: [renewal] }],
  },
}
const settlement = { state: 'dead', delayMs: 0, because: 'given-up' } as const

/** One of each that counts. */
const events: readonly WorkerEvent[] = [
  { kind: 'began', job },
  { kind: 'settled', job, settlement, outcome, ms: 40 },
  { kind: 'overtaken', job },
  { kind: 'reaped', count: 3 },
  { kind: 'delivered', id: 'job-1', tries: 1 },
  { kind: 'undelivered', id: 'job-1', tries: 24, message: 'no', final: true },
  { kind: 'depth', depths: [{ queue: 'default', state: 'ready', count: 5, oldest: 7 }] },
  { kind: 'store-failed', error: new Error('away') },
  { kind: 'bug', job, error: new Error('fault') },
]

function measured(): WorkerMetrics {
  const metrics = new WorkerMetrics()
  for (const event of events) metrics.observe(event)
  return metrics
}

describe('WorkerMetrics', () => {
  test('has every family that it promises, and nothing of a job’s data', () => {
    const text = measured().text()
    for (const [name, [type]] of Object.entries(metricFamilies)) {
      expect(text).toContain(`# TYPE ${name} ${type}\n`)
      expect(text).toMatch(new RegExp(`^${name}(_count)?({[^}]*})? [\\d.e+-]+$`, 'm'))
    }
    expect(text).not.toMatch(/hunter2|ann|acme/)
  })

  test('counts in buckets that include the smaller ones', () => {
    const text = measured().text()
    expect(text).toContain('hookline_job_seconds_bucket{queue="default",le="0.025"} 0')
    expect(text).toContain('hookline_job_seconds_bucket{queue="default",le="0.05"} 1')
    expect(text).toContain('hookline_job_seconds_bucket{queue="default",le="+Inf"} 1')
    expect(text).toContain('hookline_job_seconds_sum{queue="default"} 0.04')
    expect(text).toContain('hookline_job_pickup_seconds_bucket{queue="default",le="2.5"} 1')
  })

  test('tells 0 of a state that nothing is in any more', () => {
    const metrics = measured()
    metrics.observe({ kind: 'depth', depths: [] })
    expect(metrics.text()).toContain('hookline_queue_jobs{queue="default",state="ready"} 0')
    expect(metrics.text()).toContain('hookline_queue_oldest_seconds{queue="default"} 0')
  })
})

describe('dashboard.json', () => {
  const file = new URL('../../runtime/worker/dashboard.json', import.meta.url)
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as {
    panels: { title: string; targets: { expr: string; legendFormat: string }[] }[]
  }
  const targets = panels.flatMap((panel) => panel.targets)
  const emitted = new Map<string, Set<string>>()
  for (const line of measured().text().split('\n')) {
    const [, name = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? []
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)
    if (name !== '') emitted.set(name, new Set(names))
  }

  test.each(targets)('asks for what is emitted: $expr', ({ expr, legendFormat }) => {
    const names = [...expr.matchAll(/hookline_[a-z_]+/g)].map(([name]) => name)
    expect(names).not.toEqual([])
    const known = new Set(names.flatMap((name) => [...(emitted.get(name) ?? [])]))
    for (const name of names) expect([...emitted.keys()]).toContain(name)
    const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(', '),
    )
    const chosen = [...expr.matchAll(/(\w+)="/g)].map(([, label = '']) => label)
    const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
    for (const label of [...grouped, ...chosen]) expect([...known]).toContain(label)
    for (const label of shown) expect([...known, 'instance']).toContain(label)
  })

  test('shows every family', () => {
    const text = targets.map(({ expr }) => expr).join('\n')
    expect(Object.keys(metricFamilies).filter((name) => !text.includes(name))).toEqual([])
  })
})

describe('serveMetrics()', () => {
  test('answers Prometheus, and tells of its health', async () => {
    let healthy = true
    await using serving = await serveMetrics({
      port: 0,
      text: () => 'a 1\n',
      healthy: () => healthy,
    })
    const ask = (path: string) => fetch(`http://127.0.0.1:${serving.port}${path}`)
    const answer = await ask('/metrics')
    expect(answer.headers.get('content-type')).toContain('version=0.0.4')
    expect(await answer.text()).toBe('a 1\n')
    expect((await ask('/healthz')).status).toBe(200)
    healthy = false
    expect((await ask('/healthz')).status).toBe(503)
    expect((await ask('/')).status).toBe(404)
  })
})

describe('logRecordOf()', () => {
  test('is one flat record, without input, outcome or message of a failure', () => {
    const records = events.map((event) => logRecordOf(event))
    expect(records[1]).toMatchObject({
      ...{ event: 'settled', level: 'warn', job: 'job-1', tenant: 'ann', type: 'ScriptTimeout' },
      ...{ state: 'dead', because: 'given-up', ms: 40 },
    })
    expect(JSON.stringify(records)).not.toContain('hunter2')
    for (const record of records) {
      for (const value of Object.values(record ?? {})) {
        expect(value === null || typeof value !== 'object').toBe(true)
      }
    }
  })
})
