import { inspect } from 'node:util'

/** What the worker makes of a failure; it reads this and nothing else (decisions, section 2). */
export type WorkerAction = 'give-up' | 'retry-if-idempotent' | 'retry-later' | 'park'

export type Fault = 'vendor' | 'connection' | 'renewal' | 'network' | 'definition' | 'script'

/**
 * Every expected way for a call to fail: whose fault it is, and what a worker does. The names are
 * public: rules produce them, handlers select on them, people read them. Never rename one.
 */
export const failureTypes = {
  Default: { fault: 'vendor', worker: 'give-up' },
  HttpError: { fault: 'vendor', worker: 'retry-if-idempotent' },
  InvalidCredential: { fault: 'connection', worker: 'park' },
  ExpiredToken: { fault: 'connection', worker: 'park' },
  AuthRefreshFailed: { fault: 'renewal', worker: 'retry-later' },
  AuthSessionFailed: { fault: 'renewal', worker: 'retry-later' },
  RateLimited: { fault: 'vendor', worker: 'retry-later' },
  Timeout: { fault: 'network', worker: 'retry-if-idempotent' },
  ConnectionError: { fault: 'network', worker: 'retry-if-idempotent' },
  ResponseParseError: { fault: 'vendor', worker: 'give-up' },
  ResponseTooLarge: { fault: 'vendor', worker: 'give-up' },
  RequestForbidden: { fault: 'definition', worker: 'give-up' },
  ScriptError: { fault: 'script', worker: 'give-up' },
  ScriptTimeout: { fault: 'script', worker: 'give-up' },
  ScriptMemoryLimit: { fault: 'script', worker: 'give-up' },
  DefinitionInvalid: { fault: 'definition', worker: 'give-up' },
} as const satisfies Readonly<Record<string, { fault: Fault; worker: WorkerAction }>>

export type FailureType = keyof typeof failureTypes

/** Finer than the type, for a program to read: `rejected-again`, `returned-false`, `bad-return`, … */
export type FailureDetail = {
  readonly reason?: string
  readonly httpCode?: number
  /** RateLimited: when the vendor may be asked again. */
  readonly retryAt?: Date
  /** The rule that decided, counted from 0 in its own list. */
  readonly blockIndex?: number
  /** Where in the author's own file: `scripts/main.js:12:7`. */
  readonly position?: string
  /** Where it was thrown, if that is in a package that `position` called: `node_modules/a/b.js:3:1`. */
  readonly thrownIn?: string
  /** The author's line with its neighbours, for people. */
  readonly frame?: string
  readonly cause?: unknown
}

/**
 * An expected way to fail. Thrown inside, returned in the outcome. Its message is for a person and
 * holds no secret; what a program needs is in its fields. Anything else thrown is a bug of ours.
 */
export class CallFailure extends Error {
  override readonly name = 'CallFailure'
  readonly type: FailureType
  readonly reason: string | undefined
  readonly httpCode: number | undefined
  readonly retryAt: Date | undefined
  readonly blockIndex: number | undefined
  readonly position: string | undefined
  readonly thrownIn: string | undefined
  readonly frame: string | undefined

  constructor(type: FailureType, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.type = type
    this.reason = detail.reason
    this.httpCode = detail.httpCode
    this.retryAt = detail.retryAt
    this.blockIndex = detail.blockIndex
    this.position = detail.position
    this.thrownIn = detail.thrownIn
    this.frame = detail.frame
  }

  get fault(): Fault {
    return failureTypes[this.type].fault
  }

  toJSON(): FailureRecord {
    return recordOf(this)
  }

  [inspect.custom](): string {
    return `CallFailure ${JSON.stringify(recordOf(this))}`
  }
}

/** A failure as data: what `--json` prints and a worker stores. Absent fields are left out. */
export type FailureRecord = {
  readonly type: FailureType
  readonly message: string
  readonly fault: Fault
  readonly reason?: string
  readonly httpCode?: number
  readonly retryAt?: string
  readonly blockIndex?: number
  readonly position?: string
  readonly thrownIn?: string
  readonly frame?: string
  readonly cause?: FailureRecord | { readonly message: string }
}

function recordOf(failure: CallFailure): FailureRecord {
  const { type, message, fault, reason, httpCode, retryAt, blockIndex } = failure
  const { position, thrownIn, frame } = failure
  return {
    type,
    message,
    fault,
    ...(reason === undefined ? {} : { reason }),
    ...(httpCode === undefined ? {} : { httpCode }),
    ...(retryAt === undefined ? {} : { retryAt: retryAt.toISOString() }),
    ...(blockIndex === undefined ? {} : { blockIndex }),
    ...(position === undefined ? {} : { position }),
    ...(thrownIn === undefined ? {} : { thrownIn }),
    ...(frame === undefined ? {} : { frame }),
    ...causeOf(failure.cause),
  }
}

function causeOf(cause: unknown): Pick<FailureRecord, 'cause'> {
  if (cause instanceof CallFailure) return { cause: recordOf(cause) }
  if (cause instanceof Error) return { cause: { message: cause.message } }
  return {}
}

/** A status that says only that the vendor cannot answer now; it says nothing of the credential. */
export function isOutage(status: number): boolean {
  return status >= 500 || status === 408 || status === 423 || status === 425 || status === 429
}
