import type { Frame } from '../frame.ts'
import type { StartHeader, ToBroker } from '../protocol.ts'
import type { Channel } from './channel.ts'
import {
  type Context,
  createIsolate,
  type GuestPorts,
  type Isolate,
  type Snapshot,
  takeSnapshot,
} from './isolate.ts'

/** An isolate with a fresh context in it. It belongs to one connection once a hook has run in it. */
export type Room = {
  readonly isolate: Isolate
  context: Context
  /** Heap after its last hook. */
  bytes: number
  /** The hook in it: where its texts go, and how long it has waited for the broker. */
  hook: HookState
}

export type HookState = { record: string | null; mayLinger: boolean; waitedMs: number }

/** The isolates that are kept: one blank one, and those of the connections used last. */
export type Stock = {
  /** Keeps the text of a library, for the contexts that will need it. */
  learn(library: string, source: string): void
  take(connection: string): Room
  /** Ends a hook's context; forgets the isolate too unless it is fit for another hook. */
  giveBack(connection: string, room: Room, fit: boolean): void
  /** Makes contexts ahead of need: for the connection that ran last, and a blank one. */
  prepare(): void
}

export function createStock(channel: Channel, { header, texts }: Frame): Stock {
  return new IsolateStock(channel, texts[0] ?? '', header as unknown as StartHeader)
}

class IsolateStock implements Stock {
  readonly #channel: Channel
  readonly #snapshot: Snapshot
  readonly #limits: StartHeader
  readonly #libraries = new Map<string, string>()
  /** Least recently used first. */
  readonly #rooms = new Map<string, Room>()
  /** The room whose context the last hook used up. */
  #spent: readonly [string, Room] | null = null
  #blank: Room | null = null

  constructor(channel: Channel, prelude: string, limits: StartHeader) {
    this.#channel = channel
    this.#snapshot = takeSnapshot(prelude)
    this.#limits = limits
  }

  learn(library: string, source: string): void {
    this.#libraries.set(library, source)
  }

  take(connection: string): Room {
    const kept = this.#rooms.get(connection)
    const room = kept ?? this.#blank ?? this.#build()
    if (kept === undefined) this.#blank = null
    else this.#rooms.delete(connection)
    return room
  }

  giveBack(connection: string, room: Room, fit: boolean): void {
    if (fit && !room.isolate.isDead() && this.#isWorthKeeping(room)) {
      this.#rooms.set(connection, room)
      this.#spent = [connection, room]
    } else room.isolate.dispose()
  }

  prepare(): void {
    this.#blank ??= this.#build()
    for (const [connection, room] of this.#rooms) {
      if (!this.#isTooMuch()) break
      this.#forget(connection, room)
    }
    if (this.#spent !== null) this.#renew(...this.#spent)
    this.#spent = null
  }

  /** V8 lets used contexts lie until the heap is nearly full; a new isolate is cheaper than that. */
  #isWorthKeeping(room: Room): boolean {
    room.context.release()
    room.bytes = room.isolate.heapBytes()
    return room.bytes * 2 <= this.#limits.keptMb * 1024 * 1024
  }

  #isTooMuch(): boolean {
    const { keptIsolates, keptMb } = this.#limits
    const bytes = [...this.#rooms.values()].reduce((sum, room) => sum + room.bytes, 0)
    return this.#rooms.size > keptIsolates || bytes > keptMb * 1024 * 1024
  }

  #build(): Room {
    const isolate = createIsolate(this.#snapshot, this.#libraries, this.#limits.isolateMb)
    const hook = newHook()
    const context = isolate.createContext(portsOf(this.#channel, hook))
    return { isolate, context, hook, bytes: 0 }
  }

  /**
   * What the last hook needed, the connection's next one most likely needs, too. An isolate that has
   * no memory left for another context is forgotten instead.
   */
  #renew(connection: string, room: Room): void {
    if (this.#rooms.get(connection) !== room) return
    try {
      room.hook = newHook()
      const { installed } = room.context
      room.context = room.isolate.createContext(portsOf(this.#channel, room.hook))
      for (const library of installed) room.context.install(library)
    } catch {
      this.#forget(connection, room)
    }
  }

  #forget(connection: string, room: Room): void {
    this.#rooms.delete(connection)
    room.isolate.dispose()
  }
}

function newHook(): HookState {
  return { record: null, mayLinger: true, waitedMs: 0 }
}

function portsOf(channel: Channel, hook: HookState): GuestPorts {
  /** Blocks until the broker has answered; the hook's clock stands still meanwhile. */
  function exchange(message: ToBroker, given: readonly string[] = []): string {
    const since = performance.now()
    channel.send(message, given)
    const { texts } = channel.receive()
    hook.waitedMs += performance.now() - since
    return texts[0] ?? 'null'
  }

  return {
    deliver(record) {
      if (hook.record !== null) return
      hook.record = record
      if (hook.mayLinger) channel.send({ kind: 'result', isIdle: false }, [record])
    },
    ask(name, argument) {
      if (hook.record !== null) return JSON.stringify({ ok: false, message: 'the hook is over' })
      return exchange({ kind: 'ask', name }, [argument])
    },
    fetch(global) {
      return hook.record !== null ? 'null' : exchange({ kind: 'fetch', global })
    },
  }
}
