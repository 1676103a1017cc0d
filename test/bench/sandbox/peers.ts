/** The same hook by other means, and what `--jitless` costs. */
import type { Bench } from '../metric.ts'
import { benchSandbox, runHook, smallJson } from './hooks.ts'
import { floor, forkOnce } from './processes.ts'
import { median, paced } from './sample.ts'

export const jitless: Bench = async function* ({ effort }) {
  const list = Array.from({ length: 300 }, (_, id) => ({
    id,
    name: `n${id}`,
    text: 'x'.repeat(300),
  }))
  const json = JSON.stringify({ list })
  const hooks = {
    'jitless.json': 'function after_action() { method_response.list.reverse() }',
    'jitless.loop':
      'function after_action() { let s = 0; for (let i = 0; i < 3e5; i++) s += i % 7; method_response = s }',
  }
  for (const [name, source] of Object.entries(hooks)) {
    const times: number[] = []
    for (const jit of [false, true]) {
      await using home = await benchSandbox({ slots: 1, jit })
      const count = Math.ceil(100 * effort)
      await paced(count, 0, () => runHook(home.sandbox, { json, source }))
      times.push(median(await paced(count, 5, () => runHook(home.sandbox, { json, source }))))
    }
    const [without = 0, withJit = 1] = times
    yield {
      ...{ name, value: without / withJit, unit: 'x', target: null },
      note: `p50 ${without.toFixed(2)} ms without the JIT over ${withJit.toFixed(2)} ms with it`,
    }
  }
}

/** quickjs-emscripten is measured where somebody has installed it: it is no dependency of ours. */
export const peers: Bench = async function* ({ effort }) {
  const count = Math.ceil(1000 * effort)
  const bare = {
    'peer.ivm.reused':
      'isolated-vm in-process, one context for all: state bleeds, nothing can be killed',
    'peer.ivm.context': 'isolated-vm in-process, a context for each',
    'peer.vm': 'node:vm, a context for each: no boundary at all',
  }
  for (const [name, note] of Object.entries(bare)) {
    const what = name.split('.').at(-1) ?? ''
    const { p50 } = await floor(what, count, smallJson)
    yield { name, value: p50 * 1000, unit: 'µs', target: null, note }
  }
  const forks = await paced(Math.ceil(20 * effort), 0, () => forkOnce(smallJson))
  yield {
    ...{ name: 'peer.fork', value: median(forks) * 1000, unit: 'µs', target: null },
    note: 'a process for each call',
  }
}
