/**
 * The same hook by other sandboxes, as their pages say that they are used: `peers.ts <what> <count>
 * <json>` prints the median as JSON, or null where the package is not installed.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { getQuickJS, shouldInterruptAfterDeadline } from 'quickjs-emscripten'

const [, , what = '', count = '0', payload = '{}'] = process.argv
const source =
  'function after_action(text) { const v = JSON.parse(text); v.n++; return JSON.stringify(v) }'

const act = what === 'quickjs' ? await quickjs() : vm2()
process.stdout.write(JSON.stringify(act === null ? null : { p50: medianOf(act) }))

/** A runtime for each hook: it shares nothing with the last one. */
async function quickjs(): Promise<() => unknown> {
  const engine = await getQuickJS()
  return () => {
    const runtime = engine.newRuntime()
    runtime.setMemoryLimit(128 * 1024 * 1024)
    runtime.setInterruptHandler(shouldInterruptAfterDeadline(Date.now() + 5_000))
    const context = runtime.newContext()
    const result = context.evalCode(`${source}; after_action(${JSON.stringify(payload)})`)
    context.unwrapResult(result).consume((handle) => context.getString(handle))
    context.dispose()
    runtime.dispose()
  }
}

type Vm2 = {
  readonly VM: new (options: object) => { readonly run: (source: string) => unknown }
}

/** No dependency of ours, for its escapes: found where somebody has installed it. */
function vm2(): (() => unknown) | null {
  try {
    const { VM } = createRequire(join(process.cwd(), 'here'))('vm2') as Vm2
    return () => {
      const vm = new VM({ timeout: 5_000, sandbox: { text: payload } })
      return vm.run(`${source}; after_action(text)`)
    }
  } catch {
    return null
  }
}

function medianOf(run: () => unknown): number {
  for (let index = 0; index < 50; index++) run()
  const times = Array.from({ length: Number(count) }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  })
  times.sort((one, other) => one - other)
  return times[times.length >> 1] ?? 0
}
