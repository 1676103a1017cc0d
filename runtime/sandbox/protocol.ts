/**
 * What crosses the border of the sandbox, and nothing else. A frame is a JSON header and texts;
 * `README.md` has its layout. Stands alone: all three worlds compile it.
 */

export type Level = 'connector' | 'method' | 'step'
export type GlobalKind = 'value' | 'body' | 'headers'

/** A global as the guest gets to know it; its JSON text travels beside the header, or later. */
export type GlobalHeader = {
  readonly name: string
  readonly writable: boolean
  readonly kind: GlobalKind
  /** True for a large one: its text is fetched when a script first touches it. */
  readonly deferred: boolean
}

export type ScriptHeader = { readonly level: Level; readonly file: string }

/** Broker → sandbox process. Texts: the sources of `scripts`, then the JSON of what is not deferred. */
export type HookHeader = {
  readonly kind: 'hook'
  /** Tells connections apart; means nothing to the sandbox process. */
  readonly connection: string
  readonly event: string
  readonly hookMs: number
  /** True if its scripts could leave something behind that runs after its record is delivered. */
  readonly mayLinger: boolean
  readonly scripts: readonly ScriptHeader[]
  /** Positions in `scripts`, in the order in which handlers are called. */
  readonly order: readonly number[]
  readonly globals: readonly GlobalHeader[]
  /** Names of libraries that its scripts mention; the process has been told their texts. */
  readonly libraries: readonly string[]
}

/** The first frame. Text: the prelude, an expression whose value is `install` of `guest/`. */
export type StartHeader = {
  readonly kind: 'start'
  /** Heap of one isolate. */
  readonly isolateMb: number
  /** Heap of all isolates that are kept between hooks. */
  readonly keptMb: number
  /** How many isolates are kept between hooks. */
  readonly keptIsolates: number
}

export type ToChild =
  | StartHeader
  /** The limits of the process are set: give up the rights of root. */
  | { readonly kind: 'strip' }
  /** Before the first hook that needs it. Text: a library, as an expression. */
  | { readonly kind: 'library'; readonly name: string }
  | HookHeader
  /** To an `ask`, with an answer, or to a `fetch`, with the JSON of a global. */
  | { readonly kind: 'answer' }

export type ToBroker =
  | { readonly kind: 'loaded' }
  /** Stripped, and waiting for hooks. `uid` is null where the system has none. */
  | { readonly kind: 'ready'; readonly uid: number | null }
  /** A capability is wanted. Text: its argument as JSON. */
  | { readonly kind: 'ask'; readonly name: string }
  /** A deferred global is wanted, by its position in `globals`; each one once. */
  | { readonly kind: 'fetch'; readonly global: number }
  /** Text: a `GuestRecord`. With `isIdle` no `idle` follows. */
  | { readonly kind: 'result'; readonly isIdle: boolean }
  /** No record will come of this hook. */
  | { readonly kind: 'failed'; readonly reason: 'timeout' | 'memory' | 'broken' }
  /** The leftovers of the hook are gone; another one may come. */
  | { readonly kind: 'idle' }

/** What a capability came to, as the guest reads it. */
export type GuestAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string }

/**
 * Guest → broker: what became of one hook. The broker parses it, and does not believe it: the type
 * is for those who read both sides.
 *
 * @public
 */
export type GuestRecord = {
  readonly globals: Readonly<Record<string, string>>
  readonly log: readonly { readonly level: string; readonly text: string }[]
  readonly warnings: readonly string[]
} & (
  | { readonly kind: 'absent' }
  | { readonly kind: 'returned'; readonly value: boolean; readonly falseAt: Level | null }
  | {
      readonly kind: 'threw'
      readonly level: Level
      readonly signal: 'refresh' | 'session' | null
      readonly name: string
      readonly message: string
      readonly positions: readonly string[]
    }
  /** What came back is no data: a promise, a cycle, more than fits. `level`: whose handler, if known. */
  | { readonly kind: 'refused'; readonly level: Level | null; readonly message: string }
)

/** What a script threw while it loaded, as far as the engine tells: texts only. */
export type LoadFailure = {
  readonly script: number
  readonly name: string
  readonly message: string
  readonly stack: string
}

export const limits = {
  /** Of all globals that a hook changed, in bytes. */
  readBack: 4_194_304,
  /** Of a record, in UTF-16 units: the globals, the log, and the quotes around them. */
  record: 12_582_912,
  /** Of the argument of a capability, in UTF-16 units. */
  argument: 4_194_304,
  /** Of a name or a message of an error, in UTF-16 units. */
  errorText: 8_192,
  logText: 65_536,
  logLines: 1_000,
  warnings: 20,
  /** How deep the data of a global may nest. */
  depth: 64,
  /** Uses of capabilities in one hook. */
  asks: 100,
  /** Frames of a stack that are kept. */
  positions: 32,
  /** Of any frame from the sandbox process, in bytes. */
  frame: 16_777_216,
} as const
