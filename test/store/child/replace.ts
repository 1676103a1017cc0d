/**
 * One process of many: opens the vault, replaces the credential by asking a token endpoint, and
 * prints what came of it. It can kill itself before or after a named change of the store.
 */

import type { Renewal } from '../../../runtime/model/ports.ts'
import type { Change, StepName, StoreBackend } from '../../../runtime/store/backend.ts'
import { keysFromEnvironment } from '../../../runtime/store/keys.ts'
import { openBackend } from '../../../runtime/store/open-backend.ts'
import { openVaultOver } from '../../../runtime/store/vault.ts'
import { accessTokenOf, acme, never, readAnswer } from '../support.ts'
import { fetchToken } from '../token-endpoint.ts'

export type Orders = {
  readonly store: string
  readonly endpoint: string
  readonly callers: number
  readonly timeoutMs: number
  readonly marginMs: number
  readonly die: { readonly when: 'before' | 'after'; readonly step: StepName } | null
  /** Waits for a line on standard input before it replaces, so that many begin at once. */
  readonly waits: boolean
}

export type Report = {
  readonly tokens: readonly (string | undefined)[]
  readonly adopted: number
  readonly failure: {
    readonly type: string
    readonly reason?: string
    readonly message: string
  } | null
}

if (process.argv[2]) await main(JSON.parse(process.argv[2]) as Orders)

async function main(orders: Orders): Promise<void> {
  const backend = dying(await openBackend(orders.store), orders.die)
  const keys = keysFromEnvironment(process.env)
  await using vault = await openVaultOver(backend, { keys, marginMs: orders.marginMs })
  const stale = await vault.current(acme)
  if (orders.waits) await firstLine()

  const renewal: Renewal = {
    by: 'refresh',
    repeatable: false,
    timeoutMs: orders.timeoutMs,
    send: (current, signal) => fetchToken(orders.endpoint, current, signal),
    read: async (answer) => ({ by: 'refresh', auth: readAnswer(answer) }),
  }
  const results = await Promise.allSettled(
    Array.from({ length: orders.callers }, () => vault.replace(acme, stale, renewal, never())),
  )
  const good = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value)
  const bad = results.find((result) => result.status === 'rejected')
  const report: Report = {
    tokens: good.map(({ credential }) => accessTokenOf(credential)),
    adopted: good.filter(({ adopted }) => adopted).length,
    failure: bad ? pickFailure(bad.reason) : null,
  }
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

function pickFailure({ type, reason, message }: NonNullable<Report['failure']>) {
  return { type, message, ...(reason === undefined ? {} : { reason }) }
}

function dying(backend: StoreBackend, die: Orders['die']): StoreBackend {
  const kill = (when: string, { step }: Change) => {
    if (die?.when === when && die.step === step) process.kill(process.pid, 'SIGKILL')
  }
  return {
    ...backend,
    write: async (change) => {
      kill('before', change)
      const written = await backend.write(change)
      kill('after', change)
      return written
    },
  }
}

/** Says that it is ready, and waits to be told. */
async function firstLine(): Promise<void> {
  process.stdout.write('ready\n')
  for await (const _ of process.stdin) break
}
