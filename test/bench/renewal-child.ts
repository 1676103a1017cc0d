/** One process of a storm: at each word from its parent, all its callers need a newer credential. */
import type { Renewal } from '../../runtime/model/ports.ts'
import { keysFromEnvironment } from '../../runtime/store/keys.ts'
import { openVault } from '../../runtime/store/vault.ts'
import { acme, never, readAnswer } from '../store/support.ts'
import { fetchToken } from '../store/token-endpoint.ts'
import { plainLock } from './plain-lock.ts'

export type StormOrders = {
  /** A store's place; or the port of a plain lock. */
  readonly over:
    | { readonly store: string }
    | { readonly lockPort: number; readonly leaseMs: number }
  readonly endpoint: string
  readonly callers: number
}

/** What each of its callers came to: how long it waited, in milliseconds, or that it failed. */
export type StormReport = { readonly waits: readonly number[]; readonly failures: number }

/** Makes one caller's wait for a credential newer than the one that all of this process hold. */
type Round = () => Promise<() => Promise<void>>

const orders = JSON.parse(process.argv[2] ?? '{}') as StormOrders
const { round, close } = 'store' in orders.over ? await overVault(orders.over.store) : overLock()
process.send?.('ready')
let need: () => Promise<void> = () => Promise.reject(new Error('nothing is held yet'))
process.on('message', async (word) => {
  if (word === 'hold') {
    need = await round()
    process.send?.('held')
  } else if (word === 'go') {
    process.send?.(await storm(need))
  } else {
    await close()
    process.disconnect()
  }
})

async function storm(need: () => Promise<void>): Promise<StormReport> {
  const results = await Promise.allSettled(
    Array.from({ length: orders.callers }, async () => {
      const began = performance.now()
      await need()
      return performance.now() - began
    }),
  )
  const waits = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  return { waits, failures: results.length - waits.length }
}

async function overVault(store: string): Promise<{ round: Round; close: () => Promise<void> }> {
  const vault = await openVault({ store, keys: keysFromEnvironment(process.env) })
  const renewal: Renewal = {
    by: 'refresh',
    repeatable: false,
    timeoutMs: 30_000,
    send: (current, signal) => fetchToken(orders.endpoint, current, signal),
    read: async (answer) => ({ by: 'refresh', auth: readAnswer(answer) }),
  }
  return {
    round: async () => {
      const stale = await vault.current(acme)
      return async () => {
        await vault.replace(acme, stale, renewal, never())
      }
    },
    close: async () => {
      await vault[Symbol.asyncDispose]()
    },
  }
}

/** The usual recipe: look, lock with a lease, look again, ask, store, unlock. */
function overLock(): { round: Round; close: () => Promise<void> } {
  if (!('lockPort' in orders.over)) throw new TypeError('no lock was named')
  const { lockPort, leaseMs } = orders.over
  const lock = plainLock(lockPort)
  const renew = async (stale: string) => {
    for (;;) {
      if (((await lock.get('token')) ?? '0') !== stale) return
      if (await lock.setIfAbsent('lock', String(process.pid), leaseMs)) break
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 20))
    }
    if (((await lock.get('token')) ?? '0') !== stale) return lock.remove('lock')
    const response = await fetch(orders.endpoint, { method: 'POST', body: `refresh-${stale}` })
    const answer = await response.text()
    if (!response.ok) throw new Error(answer)
    await lock.set('token', answer)
    await lock.remove('lock')
  }
  return {
    round: async () => {
      const stale = (await lock.get('token')) ?? '0'
      const flight = { current: null as Promise<void> | null }
      return () => {
        flight.current ??= renew(stale)
        return flight.current
      }
    },
    close: async () => {
      lock.close()
    },
  }
}
