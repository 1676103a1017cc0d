import type { Frame } from '../frame.ts'
import type { StartHeader } from '../protocol.ts'
import type { Channel } from './channel.ts'
import { type Context, createIsolate, type GuestPorts, type Isolate } from './isolate.ts'

/** An isolate with a fresh context in it. It belongs to one connection once a hook has run in it. */
export type Room = {
  readonly isolate: Isolate
  context: Context
  /** Heap after its last hook. */
  bytes: number
  /** The hook in it: where its texts go, and how long it has waited for the broker. */
  hook: HookState
}

export type HookState = { delivered: boolean; waitedMs: number }

/** The isolates that are kept: one blank one, and those of the connections used last. */
export type Stock = {
  take(connection: string): Room
  /** Ends a hook's context; forgets the isolate too unless it is fit for another hook. */
  giveBack(connection: string, room: Room, fit: boolean): void
  /** Makes contexts ahead of need: for the connection that ran last, and a blank one. */
  prepare(): void
}

export function createStock(channel: Channel, { header, texts }: Frame): Stock {
  const { isolateMb, keptMb, keptIsolates } = header as unknown as StartHeader
  const prelude = texts[0] ?? ''
  /** Least recently used first; a room without a context gets one in `prepare`. */
  const rooms = new Map<string, Room>()
  const spent = new Set<Room>()
  let blank: Room | null = null

  function build(): Room {
    const isolate = createIsolate(prelude, isolateMb)
    const hook = { delivered: false, waitedMs: 0 }
    return { isolate, hook, bytes: 0, context: isolate.createContext(portsOf(channel, hook)) }
  }

  function renew(room: Room): void {
    room.hook = { delivered: false, waitedMs: 0 }
    room.context = room.isolate.createContext(portsOf(channel, room.hook))
    spent.delete(room)
  }

  function forget(connection: string, room: Room): void {
    rooms.delete(connection)
    spent.delete(room)
    room.isolate.dispose()
  }

  function isTooMuch(): boolean {
    const bytes = [...rooms.values()].reduce((sum, room) => sum + room.bytes, 0)
    return rooms.size > keptIsolates || bytes > keptMb * 1024 * 1024
  }

  return {
    take(connection) {
      const kept = rooms.get(connection)
      if (kept !== undefined) {
        rooms.delete(connection)
        if (spent.has(kept)) renew(kept)
        return kept
      }
      const room = blank ?? build()
      blank = null
      return room
    },
    giveBack(connection, room, fit) {
      if (!fit || room.isolate.isDead()) return forget(connection, room)
      room.context.release()
      room.bytes = room.isolate.heapBytes()
      spent.add(room)
      rooms.set(connection, room)
    },
    prepare() {
      blank ??= build()
      for (const [connection, room] of rooms) {
        if (!isTooMuch()) break
        forget(connection, room)
      }
      for (const room of spent) renew(room)
    },
  }
}

function portsOf(channel: Channel, hook: HookState): GuestPorts {
  return {
    deliver(record) {
      if (hook.delivered) return
      hook.delivered = true
      channel.send({ kind: 'result' }, [record])
    },
    ask(name, argument) {
      if (hook.delivered) return JSON.stringify({ ok: false, message: 'the hook is over' })
      const since = performance.now()
      channel.send({ kind: 'ask', name }, [argument])
      const { texts } = channel.receive()
      hook.waitedMs += performance.now() - since
      return texts[0] ?? 'null'
    },
  }
}
