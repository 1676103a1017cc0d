import { expect, test } from 'vitest'
import { benchSandbox, runHook, smallJson } from '../bench/sandbox/hooks.ts'
import { residentMb } from '../bench/sandbox/processes.ts'

const count = 20_000

test(`${count} hooks leave the memory of broker and sandbox flat`, async () => {
  await using home = await benchSandbox({ slots: 2 })
  const peaks: { readonly broker: number; readonly sandbox: number }[] = []
  for (let tenth = 0; tenth < 10; tenth++) peaks.push(await peakOver(home, count / 10))
  // The first tenth fills heaps and caches; after it, nothing may grow.
  const [, early, ...later] = peaks
  for (const peak of later) {
    expect(peak.broker - (early?.broker ?? 0)).toBeLessThan(24)
    expect(peak.sandbox).toBeLessThan(512)
  }
}, 1_200_000)

async function peakOver(home: Awaited<ReturnType<typeof benchSandbox>>, hooks: number) {
  let broker = 0
  let sandbox = 0
  let next = 0
  const lane = async (): Promise<void> => {
    while (next++ < hooks) {
      await runHook(home.sandbox, { json: smallJson, connection: `c${next % 10}` })
      if (next % 100 !== 0) continue
      broker = Math.max(broker, process.memoryUsage().rss / 1024 / 1024)
      sandbox = Math.max(sandbox, ...[...home.pids].map(residentMb))
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
  return { broker, sandbox }
}
