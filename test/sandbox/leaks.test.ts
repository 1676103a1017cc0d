import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { global, useSandbox } from './support.ts'

const started: number[] = []
const { run } = useSandbox({
  slots: 1,
  log: (event) => {
    if (event.kind === 'started') started.push(event.pid)
  },
})

test.runIf(process.platform === 'linux')(
  'run() leaves the memory of a process flat over a thousand hooks',
  async () => {
    const hook = {
      connector: 'function after_action() { method_response.n++; console.log("x") }',
      globals: { method_response: global({ n: 1, text: 'x'.repeat(1000) }) },
    }
    const memoryAfter = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index++) {
        await run({ ...hook, connection: `c${index % 4}` })
      }
      const status = readFileSync(`/proc/${started[0]}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
    }
    const warm = await memoryAfter(400)
    expect((await memoryAfter(1000)) - warm).toBeLessThan(30)
    expect(started).toHaveLength(1)
  },
)
