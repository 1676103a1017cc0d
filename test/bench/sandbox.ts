/** The price of the sandbox: each figure beside the floor that it stands on. */
import type { Bench } from './metric.ts'
import { loopback, overhead } from './sandbox/calls.ts'
import { neighbours } from './sandbox/hostile.ts'
import { jitless, peers } from './sandbox/peers.ts'
import { cold, cpu, latency, memory, throughput, untouched } from './sandbox/price.ts'

const parts = [
  latency,
  untouched,
  cpu,
  throughput,
  cold,
  overhead,
  loopback,
  memory,
  neighbours,
  jitless,
  peers,
]

export const bench: Bench = async function* (options) {
  for (const part of parts) yield* part(options)
}
