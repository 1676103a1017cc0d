/**
 * One process of the torture: makes calls by the real engine over a real store and real sockets, and
 * kills itself at the step it is told. Everything but its end is what the runtime composes, too.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { executeCall } from '../../runtime/call/execute.ts'
import { createPace } from '../../runtime/call/pace.ts'
import { resolveCall } from '../../runtime/call/resolve.ts'
import { parseConnector } from '../../runtime/definition/parse.ts'
import { createSend } from '../../runtime/http/send.ts'
import type { Ports, RunDates, Send } from '../../runtime/model/ports.ts'
import type { StoreBackend } from '../../runtime/store/backend.ts'
import { keysFromEnvironment } from '../../runtime/store/keys.ts'
import { openBackend } from '../../runtime/store/open-backend.ts'
import { openVaultOver } from '../../runtime/store/vault.ts'
import type { Death } from './deaths.ts'

export type ProcessOrders = {
  readonly store: string
  /** A connector's definition, as JSON. */
  readonly definition: string
  readonly marginMs: number
  readonly die: Death | null
}

/** What became of the call over a connection. */
export type CallReport = {
  readonly connection: string
  readonly failure: {
    readonly type: string
    readonly reason?: string
    readonly message: string
  } | null
}

export const tenant = 'acme-inc'

if (import.meta.main) await main(JSON.parse(process.argv[2] ?? '') as ProcessOrders)

async function main(orders: ProcessOrders): Promise<void> {
  const { connector } = parseConnector({
    text: orders.definition,
    file: 'connector.json',
    folderName: 'acme',
    readScript: () => '',
  })
  const backend = dying(await openBackend(orders.store), orders.die)
  const vault = await openVaultOver(backend, {
    keys: keysFromEnvironment(process.env),
    marginMs: orders.marginMs,
    coolDown: { firstMs: 50, mostMs: 200 },
  })
  const ports = portsOver(vault, sendUntil(orders.die))
  const catalogue = { find: async () => connector, names: async () => ['acme'] }
  process.on('message', async (connection: string) => {
    const request = { tenant, connector: 'acme', method: 'get', connection }
    const call = await resolveCall(request, { catalogue, connections: vault }, randomUUID)
    const outcome = await executeCall(call, ports, new AbortController().signal)
    const failure = outcome.kind === 'failure' ? outcome.failure.toJSON() : null
    process.send?.({ connection, failure } satisfies CallReport)
  })
  process.once('disconnect', () => process.exit())
  process.send?.('ready')
}

function portsOver(
  vault: Ports['vault'] & { readonly storage: Ports['storage']; readonly lastRuns: RunDates },
  send: Send,
): Ports {
  return {
    send,
    sandbox: { run: () => Promise.reject(new TypeError('no script is expected here')) },
    vault,
    storage: vault.storage,
    runDates: vault.lastRuns,
    pace: createPace(() => performance.now()),
    now: () => performance.now(),
    wait: (ms, signal) => delay(ms, undefined, { signal }),
    inBackground: (work) => void work().catch(() => {}),
    randomToken: () => randomUUID().replaceAll('-', ''),
    allowPrivate: ['127.0.0.0/8'],
  }
}

function dying(backend: StoreBackend, die: Death | null): StoreBackend {
  return {
    ...backend,
    write: async (change) => {
      killIf(die, 'before', change.step)
      const written = await backend.write(change)
      if (die && change.step === 'announce') process.send?.('at work')
      killIf(die, 'after', change.step)
      return written
    },
  }
}

/** The second request to the API is the replay. */
function sendUntil(die: Death | null): Send {
  const { send } = createSend()
  let calls = 0
  return async (request, policy, signal) => {
    const isToken = new URL(request.url).pathname === '/token'
    calls += isToken ? 0 : 1
    const at = isToken ? 'token request' : calls > 1 ? 'replay' : 'call'
    killIf(die, 'before', at)
    const reply = await send(request, policy, signal)
    killIf(die, 'after', at)
    return reply
  }
}

function killIf(die: Death | null, when: Death['when'], at: string): void {
  if (die?.when === when && die.at === at) process.kill(process.pid, 'SIGKILL')
}
