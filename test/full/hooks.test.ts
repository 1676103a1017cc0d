import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { benchSandbox, runHook, smallJson } from '../bench/sandbox/hooks.ts'
import { residentMb } from '../bench/sandbox/processes.ts'

const count = 200_000

/**
 * The broker is judged by what it keeps: how much the engine holds for what comes next grows with its
 * young generation, in steps of some 30 MB, to a bound that has nothing to do with hooks.
 */
test(`${count} hooks leave the memory of broker and sandbox flat`, async () => {
  await using home = await benchSandbox({ slots: 2 })
  const tenths: Tenth[] = []
  for (let tenth = 0; tenth < 10; tenth++) tenths.push(await memoryOver(home, count / 10))
  // The first tenth fills heaps and caches; after it, nothing may grow.
  const [first, ...later] = tenths
  for (const tenth of later) {
    expect(tenth.kept - (first?.kept ?? 0)).toBeLessThan(8)
    expect(tenth.resident - (first?.resident ?? 0)).toBeLessThan(128)
    expect(tenth.sandbox).toBeLessThan(512)
  }
}, 1_800_000)

/** In MiB: what the broker keeps at its end, the most that it holds, the most of a sandbox process. */
type Tenth = { readonly kept: number; readonly resident: number; readonly sandbox: number }

async function memoryOver(
  home: Awaited<ReturnType<typeof benchSandbox>>,
  hooks: number,
): Promise<Tenth> {
  let resident = 0
  let sandbox = 0
  let next = 0
  const lane = async (): Promise<void> => {
    while (next++ < hooks) {
      await runHook(home.sandbox, { json: smallJson, connection: `c${next % 10}` })
      if (next % 100 !== 0) continue
      resident = Math.max(resident, process.memoryUsage().rss / 1024 / 1024)
      sandbox = Math.max(sandbox, ...[...home.pids].map(residentMb))
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return { kept: (heapUsed + external) / 1024 / 1024, resident, sandbox }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
