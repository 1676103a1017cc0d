/** What a call needs from outside. Declared here, implemented one floor up, wired by `runtime.ts`. */
import type { LogLevel, Reply, ScriptLevel, WireRequest } from './call.ts'
import type {
  AuthValue,
  Connection,
  ConnectionKey,
  ConnectionState,
  Credential,
  Renewed,
} from './connection.ts'
import type { AllowedOrigin, Connector, RateLimit, Script } from './connector.ts'
import type { ConnectorName } from './ids.ts'
import type { Json } from './json.ts'
import type { Secret } from './secret.ts'
import type { Recovery } from './verdict.ts'

/** What one request may reach, and how much it may cost (decisions, sections 4 and 8). */
export type EgressPolicy = {
  readonly origins: readonly AllowedOrigin[]
  /** Networks in CIDR notation which the operator allows although they are not public. */
  readonly allowPrivate: readonly string[]
  /** With all its redirects, in milliseconds. */
  readonly requestMs: number
  /** Decoded bytes of the response. */
  readonly responseBytes: number
  /** How many redirects are followed, 5 unless said. At 0 a redirect is a reply like any other. */
  readonly redirects?: number
}

/**
 * Puts one request on the wire and follows its redirects. Every HTTP status is a reply. Rejects
 * with `CallFailure` of type RequestForbidden, Timeout, ConnectionError, ResponseTooLarge or
 * ResponseParseError (a body that does not decompress), or with the reason of the aborted signal.
 */
export type Send = (
  request: WireRequest,
  policy: EgressPolicy,
  signal: AbortSignal,
) => Promise<Reply>

/** The events of the dialect (section 2); a handler is a global function of that name. */
export type HookEvent =
  | 'before_webhook'
  | 'after_webhook'
  | 'webhook_condition'
  | 'before_action'
  | 'after_action'
  | 'after_action_paging'
  | 'after_error'
  | 'action_condition'
  | 'before_oauth2_authorise'
  | 'before_oauth2_token'
  | 'after_oauth2_token'
  | 'before_oauth2_refresh'
  | 'after_oauth2_refresh'
  | 'after_oauth2_refresh_error'

/**
 * A global as it enters the guest: its JSON text, parsed when the script first touches it. `body`
 * is a response's text, which may turn out not to be JSON and is then a string; `headers` are read
 * whatever the case of the name.
 */
export type HookGlobal = {
  readonly json: string
  readonly writable: boolean
  readonly kind: 'value' | 'body' | 'headers'
}

/** One event, all levels. Scripts are listed in loading order: connector, method, step. */
export type HookJob = {
  readonly connection: ConnectionKey
  readonly event: HookEvent
  readonly scripts: readonly LeveledScript[]
  readonly globals: Readonly<Record<string, HookGlobal>>
  /** Wall clock, in milliseconds. It stands still while a capability is at work. */
  readonly hookMs: number
  /** True for the hooks of a renewal: a slot is kept free for them, as calls wait for it. */
  readonly urgent?: boolean
  /** True where the hook sees in clear what may be a secret: its process never runs another one. */
  readonly discard?: boolean
  /** What the script may ask the host for. Never rejects: a refusal is an answer. */
  readonly capability: Capability
}

export type LeveledScript = Script & { readonly level: ScriptLevel }

export type Capability = (name: string, argument: Json, signal: AbortSignal) => Promise<Answer>

export type Answer =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly message: string }

export type LogLine = { readonly level: LogLevel; readonly text: string }

export type HookResult = {
  /** JSON texts of the writable globals that the script changed, by name. */
  readonly globals: Readonly<Record<string, string>>
  readonly log: readonly LogLine[]
  readonly warnings: readonly string[]
} & (
  | { readonly kind: 'absent' }
  /** `falseAt`: the level whose handler returned strict `false`, at which the others were not run. */
  | { readonly kind: 'returned'; readonly value: boolean; readonly falseAt: ScriptLevel | null }
  | {
      readonly kind: 'threw'
      readonly level: ScriptLevel
      /** Which auth exception it was, if it was one. */
      readonly signal: Recovery | null
      readonly name: string
      readonly message: string
      /**
       * `file:line:column` of the scripts as they ran, from where it was thrown outwards; of the
       * handler alone where what was thrown has no stack.
       */
      readonly positions: readonly string[]
    }
)

export interface Sandbox extends AsyncDisposable {
  /**
   * Runs the handlers of one event in a fresh context. Rejects with `CallFailure` of type
   * ScriptTimeout, ScriptMemoryLimit or ScriptError (reason `bad-return`: what came back is not
   * data), whose `position` is that of the handler where only one can be meant, or with the reason of
   * the aborted signal.
   */
  run(job: HookJob, signal: AbortSignal): Promise<HookResult>
}

/** One way of getting a newer credential. The vault says when; this says how. */
export type Renewal = {
  readonly by: Recovery
  /** True where asking twice is harmless: a login, a machine grant. A refresh token may rotate. */
  readonly repeatable: boolean
  /** Longer than the request itself may take; the lease outlasts it. Milliseconds. */
  readonly timeoutMs: number
  /** Asks the vendor. Resolves to the raw answer, whatever its status, as text that can be stored. */
  send(current: Credential, signal: AbortSignal): Promise<string>
  /**
   * Reads a raw answer, maybe one that a crashed process left behind. Rejects with `CallFailure`:
   * InvalidCredential (reason `invalid_grant`) when only a new login helps, else AuthRefreshFailed
   * or AuthSessionFailed.
   */
  read(answer: string, current: Credential): Promise<Renewed>
}

/** How a caller came by its newer credential. */
export type RenewalResult = { readonly credential: Credential; readonly adopted: boolean }

export interface Vault {
  /** Rejects with `UsageError` (`sessionMissing`) where this tenant has no such connection. */
  current(key: ConnectionKey): Promise<Credential>

  /**
   * Returns a credential newer than `stale`, already stored. Concurrent callers share one renewal,
   * also over processes; who comes late gets the stored one. Rejects with the failure of the
   * renewal, or with the reason of `signal`, which stops only this caller's waiting.
   */
  replace(
    key: ConnectionKey,
    stale: Credential,
    renewal: Renewal,
    signal: AbortSignal,
  ): Promise<RenewalResult>

  /**
   * Says where a connection stands now, and why. With `seen`, only if its credential is still that
   * one: what was found out about an old credential says nothing of a newer one.
   */
  mark(
    key: ConnectionKey,
    standing: { readonly state: ConnectionState; readonly reason: string | null },
    seen?: Pick<Credential, 'generation'>,
  ): Promise<void>
}

export type NewConnection = ConnectionKey & {
  readonly connector: ConnectorName
  readonly auth: AuthValue
  readonly properties: Readonly<Record<string, Secret>>
  readonly state: ConnectionState
  readonly reason: string | null
}

/** The life of connections, beside the renewing of their credentials. */
export interface Connections {
  /** Rejects with `UsageError` (`entityInvalid`) where that id is taken, unless `replace`. */
  create(connection: NewConnection, options?: { readonly replace?: boolean }): Promise<Connection>
  get(key: ConnectionKey): Promise<Connection | null>
  list(tenant: ConnectionKey['tenant']): Promise<readonly Connection[]>
  /** Its secrets are gone with it. Resolves to false where there was none. */
  remove(key: ConnectionKey): Promise<boolean>
}

/** Where connectors are found. */
export interface Catalogue {
  /**
   * By name, or `name@version`; without a version the newest. Null where there is none. Rejects with
   * the faults of a definition that cannot be read.
   */
  find(name: string): Promise<Connector | null>
  /** All names, sorted, for the message that suggests the nearest one. */
  names(): Promise<readonly string[]>
}

/** Whose values scripts see: those of one connector, or of one cycle of it (null: of all cycles). */
export type StorageScope = {
  readonly tenant: ConnectionKey['tenant']
  readonly connector: ConnectorName
  readonly cycle: string | null
}

/**
 * What scripts keep between calls: the dialect's `cyclr_storage_*` and `cycle_storage_*`. Values are
 * text, as its authors read them (`+storage_get('page') + 1`). Every change is atomic among all
 * processes. Rejects with `UsageError`: `entityInvalid` for what is too much, or no number.
 */
export interface ScriptStorage {
  /** By key. */
  list(scope: StorageScope): Promise<readonly { readonly key: string; readonly value: string }[]>
  get(scope: StorageScope, key: string): Promise<string | null>
  set(scope: StorageScope, key: string, value: string): Promise<void>
  /** Puts the text behind what is there; resolves to the whole. */
  append(scope: StorageScope, key: string, value: string): Promise<string>
  /** Adds to a number, 0 where there is none; resolves to the sum. A decrement adds less than 0. */
  increment(scope: StorageScope, key: string, amount: number): Promise<number>
  /** Resolves to false where there was none. */
  delete(scope: StorageScope, key: string): Promise<boolean>
  deleteAll(scope: StorageScope): Promise<void>
}

/** When a method last ran well over a connection (dialect section 3.3). */
export interface RunDates {
  /** Null where it never did. */
  get(key: RunKey): Promise<Date | null>
  set(key: RunKey, at: Date): Promise<void>
}

export type RunKey = ConnectionKey & { readonly method: string }

/** Keeps the requests of one queue to a rate (dialect section 9.3). */
export interface Pace {
  /** Milliseconds to wait for a turn, which is then taken; null, and none is, past `atMost`. */
  reserve(queue: string, limit: RateLimit, atMost: number): number | null
}

/** Everything a call needs from outside. */
export type Ports = {
  readonly send: Send
  readonly sandbox: Pick<Sandbox, 'run'>
  readonly vault: Vault
  readonly storage: ScriptStorage
  readonly runDates: RunDates
  readonly pace: Pace
  /** Milliseconds that only ever grow. */
  readonly now: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Begins work that no call waits for; the runtime ends after it. Its failure is dropped. */
  readonly inBackground: (work: () => Promise<void>) => void
  readonly randomToken: () => string
  readonly allowPrivate: readonly string[]
}
