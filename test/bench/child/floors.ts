/**
 * What the engine itself costs, with nothing of ours around it: `floors.ts <what> <count> <json>`
 * prints the times as JSON. Run with the flags of a sandbox process.
 */
import { runInNewContext } from 'node:vm'
import ivm from 'isolated-vm'

const [, , what = '', count = '0', payload = '{}'] = process.argv
const source =
  'function after_action(text) { const v = JSON.parse(text); v.n++; return JSON.stringify(v) }'

const kept = new ivm.Isolate({ memoryLimit: 128 })
const reused = kept.createContextSync()
const handler: ivm.Reference = kept
  .compileScriptSync(`${source}; after_action`)
  .runSync(reused, { reference: true })

const acts: Readonly<Record<string, () => unknown>> = {
  context: () => inFreshContext(kept),
  isolate() {
    const isolate = new ivm.Isolate({ memoryLimit: 128 })
    inFreshContext(isolate)
    isolate.dispose()
  },
  reused: () => handler.applySync(undefined, [payload], { timeout: 5000 }),
  vm: () => runInNewContext(`${source}; after_action(text)`, { text: payload }, { timeout: 5000 }),
}

function inFreshContext(isolate: ivm.Isolate): void {
  const context = isolate.createContextSync()
  const script = isolate.compileScriptSync(`${source}; after_action`)
  const run: ivm.Reference = script.runSync(context, { reference: true })
  run.applySync(undefined, [payload], { timeout: 5000 })
  run.release()
  script.release()
  context.release()
}

const act = acts[what]
if (act === undefined) throw new Error(`there is no ${what}`)
for (let index = 0; index < 50; index++) act()
const times: number[] = []
const cpu = process.cpuUsage()
const began = performance.now()
for (let index = 0; index < Number(count); index++) {
  const start = performance.now()
  act()
  times.push(performance.now() - start)
}
const perSecond = (Number(count) * 1000) / (performance.now() - began)
const { user, system } = process.cpuUsage(cpu)
const cpuUs = (user + system) / Number(count)
times.sort((one, other) => one - other)
process.stdout.write(JSON.stringify({ p50: times[times.length >> 1], perSecond, cpuUs }))
