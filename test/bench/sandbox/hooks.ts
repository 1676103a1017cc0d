import { bundlePrelude } from '../../../runtime/bundle/prelude.ts'
import { asConnectionId, asTenant } from '../../../runtime/model/ids.ts'
import type { HookJob } from '../../../runtime/model/ports.ts'
import {
  type OpenSandbox,
  openSandbox,
  type SandboxOptions,
} from '../../../runtime/sandbox/host/pool.ts'

/** A sandbox, and the processes that it has. */
export type BenchSandbox = AsyncDisposable & {
  readonly sandbox: OpenSandbox
  readonly pids: ReadonlySet<number>
}

export async function benchSandbox(
  options: Omit<SandboxOptions, 'prelude' | 'log'> = {},
): Promise<BenchSandbox> {
  const pids = new Set<number>()
  const sandbox = await openSandbox({
    ...options,
    prelude: await bundlePrelude(),
    log: ({ kind, pid }) => (kind === 'started' ? pids.add(pid) : pids.delete(pid)),
  })
  return { sandbox, pids, [Symbol.asyncDispose]: async () => sandbox[Symbol.asyncDispose]() }
}

export type BenchHook = {
  readonly tenant?: string
  readonly connection?: string
  readonly source?: string
  readonly json: string
  readonly hookMs?: number
}

export const touching = 'function after_action() { method_response.n++ }'
export const untouching = 'function after_action() { return true }'

/** About 1 KB, as an answer of an API that tells of one thing. */
export const smallJson = JSON.stringify({ n: 1, text: 'x'.repeat(980) })

export function runHook(sandbox: OpenSandbox, hook: BenchHook): Promise<unknown> {
  const { tenant = 'tenant', connection = 'connection', source = touching, hookMs = 5_000 } = hook
  const job: HookJob = {
    connection: { tenant: asTenant(tenant), id: asConnectionId(connection) },
    event: 'after_action',
    scripts: [{ level: 'connector', file: 'main.js', source }],
    globals: { method_response: { json: hook.json, writable: true, kind: 'body' } },
    hookMs,
    capability: async () => ({ ok: false, message: 'nothing is offered' }),
  }
  return sandbox.run(job, new AbortController().signal)
}
