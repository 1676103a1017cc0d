/** The same hook by other means, and what `--jitless` costs. */
import type { Bench } from '../metric.ts'
import { benchSandbox, runHook, smallJson } from './hooks.ts'
import { floor, forkOnce, peer } from './processes.ts'
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

/** The same hook by other sandboxes, in this run and with this payload; `hook.latency` has ours. */
export const peers: Bench = async function* (options) {
  const count = Math.ceil(1000 * options.effort)
  const row = (name: string, ms: number, note: string) =>
    ({ name: `peer.${name}`, value: ms * 1000, unit: 'µs', target: null, note }) as const
  for (const [name, note] of Object.entries(engines)) {
    const { p50 } = await floor(name.split('.').at(-1) ?? '', count, smallJson)
    yield row(name, p50, note)
  }
  for (const [name, note] of Object.entries(others)) {
    const p50 = await peer(name, count, smallJson)
    if (p50 !== null) yield row(name, p50, note)
  }
  const forks = await paced(Math.ceil(20 * options.effort), 0, () => forkOnce(smallJson))
  yield row('fork', median(forks), 'a process for each call')
}

const engines = {
  'ivm.reused': 'isolated-vm in-process, one context for all: state bleeds, nothing can be killed',
  'ivm.context': 'isolated-vm in-process, a context for each',
  vm: 'node:vm, a context for each: no boundary at all',
}

const others = {
  quickjs: 'quickjs-emscripten in-process, a runtime for each',
  vm2: 'vm2 in-process, a VM for each',
}
