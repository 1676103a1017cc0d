/** What a well-behaved tenant notices of four hostile ones. */
import type { Bench } from '../metric.ts'
import { benchSandbox, runHook, smallJson } from './hooks.ts'
import { paced, quantile } from './sample.ts'

/** One of each kind: time, time that V8 does not interrupt, memory, output. */
const hostile = [
  'for (;;);',
  'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)',
  'var a = []; for (;;) a.push(new Array(1000).fill({}))',
  'for (;;) console.log("x".repeat(1000))',
]

export const neighbours: Bench = async function* ({ effort }) {
  await using home = await benchSandbox()
  const count = Math.ceil(2000 * effort)
  const good = () => runHook(home.sandbox, { json: smallJson, tenant: 'good' })
  await paced(100, 5, good)
  const alone = await paced(count, 5, good)
  const stop = new AbortController()
  const attackers = hostile.map(async (body, index) => {
    const source = `function after_action() { ${body} }`
    while (!stop.signal.aborted) {
      const hook = { json: smallJson, tenant: `bad${index}`, source, hookMs: 1_000 }
      await runHook(home.sandbox, hook).catch(() => {})
    }
  })
  // Every call has to succeed: one that does not rejects here.
  const beside = await paced(count, 5, good)
  stop.abort()
  await Promise.all(attackers)
  const [p99, p99Alone] = [quantile(beside, 0.99), quantile(alone, 0.99)]
  yield {
    ...{ name: 'hostile.p99', value: p99 / p99Alone, unit: 'x', target: { atMost: 3 } },
    note: `p99 ${p99.toFixed(1)} ms beside four hostile tenants over ${p99Alone.toFixed(1)} ms alone, all calls succeed`,
  }
}
