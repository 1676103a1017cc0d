/** What a whole call costs over the HTTP client alone. */
import { Agent, request } from 'undici'
import { createRuntime, type Runtime } from '../../../runtime/runtime.ts'
import { temporaryHome } from '../../sandbox/home.ts'
import type { Bench } from '../metric.ts'
import { type BenchVendor, startBenchVendor } from './processes.ts'
import { rate } from './sample.ts'

export const overhead: Bench = async function* ({ effort }) {
  const [calls, alone] = await ratesAt(20, Math.ceil(2000 * effort))
  yield {
    ...{ name: 'call.overhead', value: calls / alone, unit: 'x', target: { atLeast: 0.9 } },
    note: `${calls.toFixed(0)}/s over ${alone.toFixed(0)}/s of undici, vendor takes 20 ms, 50 at a time`,
  }
}

export const loopback: Bench = async function* ({ effort }) {
  const [calls, alone] = await ratesAt(0, Math.ceil(3000 * effort))
  yield {
    ...{ name: 'call.loopback', value: calls / alone, unit: 'x', target: { atLeast: 0.12 } },
    note: `${calls.toFixed(0)}/s over ${alone.toFixed(0)}/s of undici, vendor takes no time`,
  }
}

async function ratesAt(delayMs: number, count: number): Promise<readonly [number, number]> {
  using vendor = await startBenchVendor(delayMs)
  using home = temporaryHome()
  await using runtime = createRuntime({ ...home.options, connectors: connectorAt(vendor) })
  await using agent = disposable(new Agent({ connections: 50 }))
  const alone = async (): Promise<void> => {
    const { body } = await request(`${vendor.origin}/`, { dispatcher: agent.agent })
    await body.json()
  }
  const call = () => callOnce(runtime)
  await rate(200, 50, alone)
  await rate(200, 50, call)
  const first = await rate(count, 50, alone)
  const calls = await rate(count, 50, call)
  return [calls, (first + (await rate(count, 50, alone))) / 2]
}

async function callOnce(runtime: Runtime): Promise<void> {
  const { kind } = await runtime.call({ tenant: 't', connector: 'bench', method: 'get' })
  if (kind !== 'success') throw new Error(`a call ended as ${kind}`)
}

function connectorAt({ origin }: BenchVendor) {
  return {
    definition: {
      name: 'bench',
      base_url: origin,
      script: 'main.js',
      methods: { get: { path: '/' } },
    },
    scripts: { 'main.js': 'function after_action() { method_response.n++ }' },
  }
}

function disposable(agent: Agent) {
  return { agent, [Symbol.asyncDispose]: () => agent.close() }
}
