/** What a hook costs over what its transport and its engine cost alone. */
import { availableParallelism } from 'node:os'
import type { Bench, Metric } from '../metric.ts'
import { benchSandbox, runHook, smallJson, touching, untouching } from './hooks.ts'
import { cpuUsOf, floor, residentMb, startEcho } from './processes.ts'
import { interleaved, median, paced, rate } from './sample.ts'

const us = (ms: number): string => `${Math.round(ms * 1000)} µs`

export const latency: Bench = async function* ({ effort }) {
  await using home = await benchSandbox({ slots: 1 })
  using echo = await startEcho()
  const count = Math.ceil(200 * effort)
  const hook = () => runHook(home.sandbox, { json: smallJson })
  await paced(count, 0, hook)
  const saturated = await paced(count, 0, hook)
  // Half of what one connection could do: each hook begins two mean times after the one before.
  const pace = (2 * saturated.reduce((sum, ms) => sum + ms, 0)) / saturated.length
  const [hooks, echoes] = await interleaved(
    5,
    () => paced(count, pace, hook),
    () => paced(count, pace, () => echo.ask(smallJson)),
  )
  yield ratio('hook.latency', median(hooks) / median(echoes), {
    target: { atMost: 2 },
    note: `p50 ${us(median(hooks))} over ${us(median(echoes))} of an echo, one each ${pace.toFixed(1)} ms`,
  })
}

export const untouched: Bench = async function* ({ effort }) {
  await using home = await benchSandbox({ slots: 1 })
  const { sandbox } = home
  const count = Math.ceil(100 * effort)
  const pace = 8
  const large = JSON.stringify({ n: 1, list: Array(1000).fill('x'.repeat(1000)) })
  const [big, small] = await interleaved(
    3,
    () => paced(count, pace, () => runHook(sandbox, { json: large, source: untouching })),
    () => paced(count, pace, () => runHook(sandbox, { json: smallJson, source: untouching })),
  )
  yield ratio('hook.untouched', median(big) / median(small), {
    target: { atMost: 3 },
    note: `p50 ${us(median(big))} with 1 MB over ${us(median(small))} with 1 KB`,
  })
}

export const cpu: Bench = async function* ({ effort }) {
  await using home = await benchSandbox({ slots: 1 })
  const count = Math.ceil(3000 * effort)
  const hook = () => runHook(home.sandbox, { json: smallJson })
  for (let index = 0; index < 100; index++) await hook()
  const [pid = 0] = home.pids
  const before = cpuUsOf(pid)
  const own = process.cpuUsage()
  for (let index = 0; index < count; index++) await hook()
  const { user, system } = process.cpuUsage(own)
  const sandbox = (cpuUsOf(pid) - before) / count
  const broker = (user + system) / count
  const bare = await floor('context', count, smallJson)
  yield ratio('hook.cpu', (sandbox + broker) / bare.cpuUs, {
    target: { atMost: 1.6 },
    note: `${sandbox.toFixed(0)} + ${broker.toFixed(0)} µs (sandbox + broker) over ${bare.cpuUs.toFixed(0)} µs of a bare context`,
  })
}

export const throughput: Bench = async function* ({ effort }) {
  const slots = availableParallelism()
  await using home = await benchSandbox({ slots })
  const hook = (index: number) =>
    runHook(home.sandbox, { json: smallJson, tenant: `t${index % 4}`, source: touching })
  await rate(Math.ceil(300 * effort), slots * 2, hook)
  const perSecond = await rate(Math.ceil(4000 * effort), slots * 2, hook)
  const bare = await floor('context', Math.ceil(2000 * effort), smallJson)
  yield ratio('hook.throughput', perSecond / bare.perSecond, {
    target: { atLeast: 1.2 },
    note: `${perSecond.toFixed(0)}/s on ${slots} cores over ${bare.perSecond.toFixed(0)}/s bare on one`,
  })
}

export const cold: Bench = async function* ({ effort }) {
  await using home = await benchSandbox({ slots: 1 })
  let connection = 0
  const count = Math.ceil(200 * effort)
  const hook = () => runHook(home.sandbox, { json: smallJson, connection: `c${connection++}` })
  const times = await paced(count, 12, hook)
  const bare = await floor('isolate', count, smallJson)
  yield ratio('hook.cold', median(times) / bare.p50, {
    target: { atMost: 2 },
    note: `p50 ${us(median(times))} over ${us(bare.p50)} of a bare isolate`,
  })
}

export const memory: Bench = async function* ({ effort }) {
  await using home = await benchSandbox({ slots: 1 })
  const [first = 0] = home.pids
  yield {
    ...{ name: 'memory.idle', value: residentMb(first), unit: 'MB', target: { atMost: 75 } },
    note: 'one idle sandbox process',
  }
  const count = Math.ceil(1000 * effort)
  const round = async (): Promise<number> => {
    let most = 0
    for (let index = 0; index < count; index++) {
      await runHook(home.sandbox, { json: smallJson, connection: `c${index}` })
      most = Math.max(
        most,
        [...home.pids].reduce((sum, pid) => sum + residentMb(pid), 0),
      )
    }
    return most
  }
  const peak = await round()
  yield {
    ...{ name: 'memory.connections', value: peak, unit: 'MB', target: { atMost: 600 } },
    note: `${count} connections in turn`,
  }
  yield ratio('memory.secondRound', (await round()) / peak, {
    target: { atMost: 1.2 },
    note: 'the same connections once more',
  })
}

function ratio(name: string, value: number, rest: Pick<Metric, 'target' | 'note'>): Metric {
  return { name, value, unit: 'x', ...rest }
}
