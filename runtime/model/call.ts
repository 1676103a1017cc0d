import type { Connection } from './connection.ts'
import type { Connector, Method, ResponseFormat, Script, Verb } from './connector.ts'
import type { CallFailure, FailureType } from './failure.ts'
import type { CallId } from './ids.ts'
import type { Json, JsonObject } from './json.ts'
import type { Recovery } from './verdict.ts'

/** One use of one connector method through one connection. Never mutated, so it can be replayed. */
export type Call = {
  readonly id: CallId
  readonly connector: Connector
  readonly method: Method
  readonly connection: Connection
  readonly input: JsonObject
  /** The step's own script, the third level of the dialect. */
  readonly step: Script | null
  /** What the cycle around the call lets scripts read. */
  readonly cycle: Cycle
  /** The same in every attempt of this call, new for every call. */
  readonly idempotencyKey: string
  /** How often a passing failure may be tried again, where the verb allows it. */
  readonly retries: number
  readonly context: ScriptContext
  /** Those of the method's response fields that somebody wants; scripts may fetch no more. */
  readonly fieldsInUse: readonly string[]
  /** Mappings that make the method's input of `input`; null where it is the input already. */
  readonly fields: Readonly<Record<string, Json>> | null
}

/** Where scripts find themselves: the dialect's `script_execution_context`. */
export type ScriptContext = 'RUNNING_TRANSACTION' | 'CONNECTOR_TESTING' | 'STEP_TESTING'

/** One call to make. `tenant` is required: the runtime serves many, and never guesses which. */
export type CallRequest = {
  readonly tenant: string
  /** By name, or `name@version`. */
  readonly connector: string
  readonly method: string
  /** May be left out only where the connector's auth is `none`. */
  readonly connection?: string
  readonly input?: JsonObject
  /**
   * Field mappings: the method gets these instead of `input`, which they are made of. A text that
   * begins with `=` is an expression, evaluated in the sandbox; `[Name]` in a text is replaced by
   * that member of `input`, as text. Anything else is a value.
   */
  readonly fields?: Readonly<Record<string, Json>>
  /** The response fields that are used later; all that the method declares unless said. */
  readonly fieldsInUse?: readonly string[]
  /** A test reads the last run's date and leaves it. `RUNNING_TRANSACTION` unless said. */
  readonly context?: ScriptContext
  /** A step's own script, the third level of the dialect. */
  readonly step?: Script
  readonly cycle?: Partial<Cycle>
  /** Sent where the method declares one; the runtime makes one up for each call otherwise. */
  readonly idempotencyKey?: string
  /** How often a passing failure may be tried again, where the verb or a key allows it. 0. */
  readonly retries?: number
  /** Whose error handlers take a failure of this call. None unless said. */
  readonly app?: string
  /** The step's name, by which handlers select it; `connector.method` unless said. */
  readonly source?: string
}

/** The dialect's `cycle_*` globals (dialect section 3.2). */
export type Cycle = {
  readonly id: string
  readonly stepId: string
  readonly variables: JsonObject
  /** Where the platform around the call is reached; scripts put it into links. */
  readonly serviceDomain: string
}

/** Which part of an answer a request asks for, and which part of a list it sends. */
export type PagePosition = {
  /** From 1. */
  readonly number: number
  readonly size: number | null
  /** Where the vendor said that this page is. */
  readonly nextUrl: string | null
  /** Suffix → token, of those that the page before this one had. */
  readonly tokens: Readonly<Record<string, string>>
  /** The piece of the body's list to send; null where the whole body is sent. */
  readonly piece: readonly Json[] | null
}

/** One page of an answer, as `after_action` left it. */
export type Page = { readonly content: Json; readonly number: number }

/** A request as hooks see it, before the credential is added and the body encoded. */
export type Request = {
  readonly verb: Verb
  /** With its `{{mergefields}}` still in it. */
  readonly endpoint: string
  readonly mergefields: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json
}

/** A request as it goes on the wire. Its secrets are in it: never log one. */
export type WireRequest = {
  readonly verb: Verb
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | null
  /** Names of the headers that carry a credential; dropped when a redirect changes the origin. */
  readonly credentialHeaders: readonly string[]
}

/** What came back, with any status. The body's bytes are decoded (gzip, br, deflate) and bounded. */
export type Reply = {
  readonly status: number
  readonly reason: string
  /** Lower-case names; the values of a repeated header are joined by `, ` (RFC 9110 section 5.3). */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Where the last redirect led. */
  readonly url: string
}

/** A reply's body, read by its format. `text` is what a script gets; `content` is parsed when asked. */
export type ReplyContent = {
  readonly format: Exclude<ResponseFormat, 'auto'>
  readonly text: string
  readonly content: Json
  /** Why the body is not what its type says; the content is then the text. */
  readonly warning: string | null
}

/** The events of a trail, in the order in which they happened. They hold no secret. */
export type Step =
  | {
      readonly kind: 'hook'
      readonly event: string
      readonly ms: number
      /** `failed`: nothing came of it, for the reason that `failure` tells. */
      readonly result: 'returned' | 'stopped' | 'threw' | 'failed'
      readonly failure?: FailureType
      /** The class or name of what was thrown, and its text. */
      readonly thrown?: string
      readonly level?: ScriptLevel
    }
  | {
      readonly kind: 'request'
      readonly verb: Verb
      readonly url: string
      readonly ms: number
      /** Null where no response came. */
      readonly status: number | null
      readonly bytes: number
      readonly failure?: FailureType
    }
  | {
      readonly kind: 'rule'
      readonly type: FailureType
      readonly level: 'method' | 'connector'
      readonly index: number
      readonly message: string
    }
  | {
      readonly kind: 'renewal'
      readonly by: Recovery
      readonly ms: number
      /** `adopted`: somebody else had already renewed it, or was about to. */
      readonly result: 'renewed' | 'adopted' | 'failed'
      readonly generation: number | null
      readonly because: string
      readonly message?: string
      /** What the lookup method did, as it is a call of its own. */
      readonly steps?: readonly Step[]
    }
  | { readonly kind: 'wait'; readonly ms: number; readonly because: string }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string }

export type ScriptLevel = 'connector' | 'method' | 'step'
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One trip through before → send → judge. */
export type Attempt = {
  readonly number: number
  /** Only where there may be several. */
  readonly page?: number
  readonly cause: 'first' | 'replay' | 'retry'
  /** Milliseconds since the call began. */
  readonly at: number
  readonly ms: number
  readonly verdict: string
  readonly steps: readonly Step[]
}

/** What happened, attempt by attempt: what people read, what telemetry reads. */
export type Trail = {
  readonly startedAt: Date
  readonly ms: number
  readonly attempts: readonly Attempt[]
}

/** What a call came to. */
export type Outcome = { readonly call: CallId; readonly trail: Trail } & (
  | {
      readonly kind: 'success'
      readonly content: Json
      readonly status: number
      /** What `action_condition` said; absent where no script defines it. */
      readonly exit?: boolean
    }
  | {
      readonly kind: 'warning'
      readonly content: Json
      readonly message: string
      readonly status: number | null
    }
  /** A `before_action` hook asked for the call to stop; nothing was sent in that attempt. */
  | { readonly kind: 'stopped'; readonly message: string }
  | { readonly kind: 'failure'; readonly failure: CallFailure; readonly handled?: Handled }
)

/** A failure that an error handler took: which one, and what its Flow gave back. */
export type Handled = {
  readonly index: number
  readonly componentId: string
  readonly output: Json
}
