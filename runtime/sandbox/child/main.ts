/**
 * The sandbox process: owns isolated-vm and nothing else. It takes one hook at a time from a pipe
 * and writes one record to another, for as long as the broker lets it live.
 */
import type { HookHeader } from '../protocol.ts'
import { openChannel } from './channel.ts'
import { runHook } from './hook.ts'
import { awaitLockdown } from './lockdown.ts'
import { createStock } from './stock.ts'

const channel = openChannel()
const stock = createStock(channel, channel.receive())
stock.prepare()
const uid = awaitLockdown(channel)
channel.send({ kind: 'ready', uid })

for (;;) {
  const { header, texts } = channel.receive()
  if (header.kind === 'library') {
    stock.learn(String(header.name), texts[0] ?? '')
    continue
  }
  const hook = header as unknown as HookHeader
  const room = stock.take(hook.connection)
  const fit = runHook(channel, room, hook, texts)
  stock.giveBack(hook.connection, room, fit)
  if (hook.mayLinger || !fit) channel.send({ kind: 'idle' })
  stock.prepare()
}
