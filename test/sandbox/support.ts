import { readFileSync } from 'node:fs'
import { afterAll, beforeAll } from 'vitest'
import { bundlePrelude } from '../../runtime/bundle/prelude.ts'
import { asConnectionId, asTenant } from '../../runtime/model/ids.ts'
import type { HookEvent, HookGlobal, HookJob, HookResult } from '../../runtime/model/ports.ts'
import {
  type OpenSandbox,
  openSandbox,
  type SandboxEvent,
  type SandboxOptions,
} from '../../runtime/sandbox/host/pool.ts'

/** What a test says of a hook; the rest is as plain as can be. */
export type Hook = {
  readonly event?: HookEvent
  readonly connector?: string
  readonly method?: string
  readonly step?: string
  readonly globals?: Readonly<Record<string, HookGlobal>>
  readonly hookMs?: number
  readonly tenant?: string
  readonly connection?: string
  readonly urgent?: boolean
  readonly discard?: boolean
  readonly capability?: HookJob['capability']
}

export type SandboxOfTest = {
  opened(): OpenSandbox
  run(hook: Hook, signal?: AbortSignal): Promise<HookResult>
}

/** One sandbox for all tests of a file. */
export function useSandbox(options: Omit<SandboxOptions, 'prelude'> = {}): SandboxOfTest {
  let sandbox: OpenSandbox | null = null
  beforeAll(async () => {
    sandbox = await openSandbox({ slots: 2, ...options, prelude: await bundlePrelude() })
  })
  afterAll(() => sandbox?.[Symbol.asyncDispose]())

  const opened = (): OpenSandbox => {
    if (sandbox === null) throw new Error('the sandbox is opened before the first test')
    return sandbox
  }
  return {
    opened,
    run: (hook, signal = new AbortController().signal) => opened().run(jobOf(hook), signal),
  }
}

export function jobOf(hook: Hook): HookJob {
  const levels = ['connector', 'method', 'step'] as const
  return {
    connection: {
      tenant: asTenant(hook.tenant ?? 'tenant'),
      id: asConnectionId(hook.connection ?? 'connection'),
    },
    event: hook.event ?? 'after_action',
    scripts: levels.flatMap((level) => {
      const source = hook[level]
      return source === undefined ? [] : [{ level, source, file: `scripts/${level}.js` }]
    }),
    globals: hook.globals ?? {},
    hookMs: hook.hookMs ?? 1_000,
    ...(hook.urgent === undefined ? {} : { urgent: hook.urgent }),
    ...(hook.discard === undefined ? {} : { discard: hook.discard }),
    capability: hook.capability ?? (async () => ({ ok: false, message: 'nothing is offered' })),
  }
}

export function global(value: unknown, kind: HookGlobal['kind'] = 'value'): HookGlobal {
  return { json: JSON.stringify(value), writable: true, kind }
}

export function readOnly(value: unknown): HookGlobal {
  return { json: JSON.stringify(value), writable: false, kind: 'value' }
}

/** The texts of a result's globals, parsed. */
export function changes({ globals }: HookResult): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(globals).map(([name, text]) => [name, JSON.parse(text) as unknown]),
  )
}

/** A sandbox of one test, with what it told its operator. */
export type WatchedSandbox = AsyncDisposable & {
  readonly sandbox: OpenSandbox
  readonly events: readonly SandboxEvent[]
  pids(kind: SandboxEvent['kind']): number[]
  run(hook: Hook, signal?: AbortSignal): Promise<HookResult>
}

/** Opens a sandbox of one slot unless told otherwise. */
export async function watchedSandbox(
  options: Omit<SandboxOptions, 'prelude' | 'log'> = {},
): Promise<WatchedSandbox> {
  const events: SandboxEvent[] = []
  const sandbox = await openSandbox({
    slots: 1,
    ...options,
    prelude: await bundlePrelude(),
    log: (event) => events.push(event),
  })
  return {
    sandbox,
    events,
    pids: (kind) => events.filter((event) => event.kind === kind).map(({ pid }) => pid),
    run: (hook, signal = new AbortController().signal) => sandbox.run(jobOf(hook), signal),
    [Symbol.asyncDispose]: () => Promise.resolve(sandbox[Symbol.asyncDispose]()),
  }
}

/** The shells that this process has started, and that run. */
export function shells(): readonly number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
  return children
    .split(' ')
    .map(Number)
    .filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('/bin/sh'))
}

/** A capability that says when it was asked, and answers when it is told to. */
export function pendingCapability() {
  const asked = Promise.withResolvers<AbortSignal>()
  const answered = Promise.withResolvers<{ ok: true; value: number }>()
  return {
    asked: asked.promise,
    answer: () => answered.resolve({ ok: true, value: 1 }),
    capability: (_name: string, _argument: unknown, signal: AbortSignal) => {
      asked.resolve(signal)
      return answered.promise
    },
  }
}
