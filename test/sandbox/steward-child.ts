/** A broker whose sandbox is busy with what the engine cannot interrupt; prints the process of it. */
import { bundlePrelude } from '../../runtime/bundle/prelude.ts'
import { openSandbox } from '../../runtime/sandbox/host/pool.ts'
import { jobOf } from './support.ts'

const sandbox = await openSandbox({
  slots: 1,
  prelude: await bundlePrelude(),
  log: ({ kind, pid }) => {
    if (kind === 'started') process.stdout.write(`${pid}\n`)
  },
})
const busy = '[].indexOf.call({ length: 2 ** 53 - 1 }, 1)'
const job = jobOf({
  connector: `function after_action() { try { http_request({}) } catch {} ${busy} }`,
  hookMs: 60_000,
  capability: async () => {
    // Not before the script has its answer: what waits for its broker notices that it is gone.
    setTimeout(() => process.stdout.write('begun\n'), 300)
    return { ok: false, message: 'no' }
  },
})
await sandbox.run(job, new AbortController().signal)
