import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { global, useSandbox } from './support.ts'

const started: number[] = []
const gone: number[] = []
const { run } = useSandbox({
  slots: 1,
  log: (event) => {
    if (event.kind === 'started') started.push(event.pid)
    else gone.push(event.pid)
  },
})

test.runIf(process.platform === 'linux')(
  'run() leaves the memory of a process flat over a thousand hooks',
  async () => {
    const hook = {
      connector: 'function after_action() { method_response.n++; console.log("x") }',
      globals: { method_response: global({ n: 1, text: 'x'.repeat(1000) }) },
    }
    const resident = (): number => {
      const status = readFileSync(`/proc/${started[0]}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
    }
    // The heap fills and is emptied again and again: what counts is that its peak does not rise.
    const peakOver = async (count: number): Promise<number> => {
      let peak = 0
      for (let index = 0; index < count; index++) {
        await run(hook)
        peak = Math.max(peak, resident())
      }
      return peak
    }
    const first = await peakOver(700)
    expect((await peakOver(700)) - first).toBeLessThan(25)
    expect(first).toBeLessThan(180)
    expect(gone).not.toContain(started[0])
  },
)
