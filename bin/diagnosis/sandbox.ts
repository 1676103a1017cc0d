import { bundlePrelude } from '../../runtime/bundle/prelude.ts'
import { asConnectionId, asTenant } from '../../runtime/model/ids.ts'
import type { HookJob, Sandbox } from '../../runtime/model/ports.ts'
import { openSandbox } from '../../runtime/sandbox/host/pool.ts'
import { demandSandboxHolds } from '../../runtime/sandbox/host/self-test.ts'
import { duration } from '../print/duration.ts'
import { complaint, type Finding, finding } from './finding.ts'

/** Starts the real sandbox, runs a hook in it and attacks it: whatever could be missing shows. */
export async function diagnoseSandbox(): Promise<Finding> {
  try {
    await using sandbox = await openSandbox({ prelude: await bundlePrelude(), slots: 1 })
    const hookMs = await runHook(sandbox)
    await demandSandboxHolds(sandbox)
    const { nofile, uid, dataLimit, notes } = sandbox.level()
    const full = nofile && uid && dataLimit
    const detail = { works: true, hookMs, nofile, uid, dataLimit }
    const text = `runs hooks (${duration(hookMs)}), ${full ? 'fully stripped' : 'LESS THAN FULLY STRIPPED'}: ${levelText({ nofile, uid, dataLimit })}`
    return finding('sandbox', [full ? 'good' : 'less', text], { notes, detail })
  } catch (error) {
    const { text, notes } = complaint(error)
    const detail = { works: false }
    return finding('sandbox', ['bad', `no script can run: ${text}`], { notes, detail })
  }
}

function levelText(level: Readonly<Record<'nofile' | 'uid' | 'dataLimit', boolean>>): string {
  const yes = (has: boolean) => (has ? 'yes' : 'NO')
  return [
    `no files and sockets: ${yes(level.nofile)}`,
    `a user of its own: ${yes(level.uid)}`,
    `bounded memory: ${yes(level.dataLimit)}`,
  ].join(', ')
}

async function runHook(sandbox: Sandbox): Promise<number> {
  const job: HookJob = {
    connection: { tenant: asTenant('doctor'), id: asConnectionId('doctor') },
    event: 'before_action',
    scripts: [
      { source: 'function before_action() { return true }', file: 'doctor.js', level: 'connector' },
    ],
    globals: {},
    hookMs: 5_000,
    capability: async () => ({ ok: false, message: 'there is none here' }),
  }
  const began = performance.now()
  const { kind } = await sandbox.run(job, AbortSignal.timeout(10_000))
  if (kind !== 'returned') throw new Error(`a hook that returns true came back as ${kind}`)
  return Math.round((performance.now() - began) * 10) / 10
}
